package org.securemed.fhir.smart;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Another SMART authorization server whose access tokens are accepted here, if they are for this FHIR server.
 *
 * @param issuer {@code iss} of its tokens; null if there is none
 * @param jwksUri where its keys are
 */
@ConfigurationProperties("securemed.smart.trusted-server")
public record TrustedServer(@Nullable URI issuer, @Nullable URI jwksUri) {
    public TrustedServer {
        if ((issuer == null) != (jwksUri == null)) {
            throw new IllegalArgumentException("securemed.smart.trusted-server needs issuer and jwks-uri");
        }
    }
}
