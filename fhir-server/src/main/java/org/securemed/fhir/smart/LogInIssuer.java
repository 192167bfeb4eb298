package org.securemed.fhir.smart;

import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Another OpenID Connect issuer by which people may log in here.
 *
 * @param issuer its identifier, where its discovery document is; null if there is none
 * @param clientId under which this server is registered there
 * @param clientSecret for it
 * @param name as people know it
 * @see <a href="https://openid.net/specs/openid-connect-core-1_0.html">OpenID Connect Core 1.0</a>
 */
@ConfigurationProperties("securemed.smart.log-in-issuer")
public record LogInIssuer(
        @Nullable URI issuer,
        @Nullable String clientId,
        @Nullable String clientSecret,
        @DefaultValue("your organization") String name) {
    public LogInIssuer {
        if (issuer != null && (clientId == null || clientSecret == null)) {
            throw new IllegalArgumentException(
                    "securemed.smart.log-in-issuer needs issuer, client-id and client-secret");
        }
    }

    /** The issuer, if people may log in by one. */
    Optional<String> configured() {
        return Optional.ofNullable(issuer).map(URI::toString);
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "LogInIssuer[issuer=" + issuer + "]";
    }
}
