package org.securemed.card.server;

import java.util.List;

/**
 * Addresses that answer without an access token, because what they do is authorized otherwise or open to all.
 *
 * @param patterns Spring MVC path patterns, such as {@code /.well-known/jwks.json}
 */
public record OpenPaths(List<String> patterns) {
    public OpenPaths {
        patterns = List.copyOf(patterns);
        for (String pattern : patterns) {
            if (!pattern.startsWith("/") || pattern.startsWith("/*")) {
                throw new IllegalArgumentException("not a path of one feature: " + pattern);
            }
        }
    }
}
