package org.securemed.fhir.research;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of what research sees.
 *
 * @param pseudonymSecret base64 of 32 random bytes that all studies' pseudonyms are made with, for good; absent: a
 *     public constant, and nothing for research under the profile {@code production}
 */
@ConfigurationProperties("securemed.research")
public record ResearchProperties(@Nullable String pseudonymSecret) {
    /** Without the secret. */
    @Override
    public String toString() {
        return "ResearchProperties[]";
    }
}
