package org.securemed.card.backend;

import java.util.List;

/**
 * SMART scopes that a feature needs of the bridge's own client.
 *
 * @param scopes such as {@code system/AuditEvent.c}
 */
public record ClientScopes(List<String> scopes) {
    public ClientScopes {
        scopes = List.copyOf(scopes);
    }
}
