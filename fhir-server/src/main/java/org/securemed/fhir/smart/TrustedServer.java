package org.securemed.fhir.smart;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Another SMART authorization server whose access tokens are accepted here, if they are for this FHIR server.
 *
 * @param issuer {@code iss} of its tokens; null if there is none
 * @param jwksUri where its keys are; null if its tokens are no JWTs
 * @param introspectionUri where it tells what an opaque token is (RFC 7662); null if its tokens are JWTs
 * @param clientId under which this server is registered there, to introspect
 * @param clientSecret for it
 */
@ConfigurationProperties("securemed.smart.trusted-server")
public record TrustedServer(
        @Nullable URI issuer,
        @Nullable URI jwksUri,
        @Nullable URI introspectionUri,
        @Nullable String clientId,
        @Nullable String clientSecret) {
    public TrustedServer {
        if ((issuer == null) != (jwksUri == null && introspectionUri == null)) {
            throw new IllegalArgumentException(
                    "securemed.smart.trusted-server needs issuer, and jwks-uri or introspection-uri or both");
        }
        if ((introspectionUri == null) != (clientId == null) || (clientId == null) != (clientSecret == null)) {
            throw new IllegalArgumentException(
                    "securemed.smart.trusted-server needs introspection-uri, client-id and client-secret together");
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "TrustedServer[issuer=" + issuer + "]";
    }
}
