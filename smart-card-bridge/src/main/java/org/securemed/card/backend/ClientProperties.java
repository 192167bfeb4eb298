package org.securemed.card.backend;

import jakarta.validation.constraints.NotBlank;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.TlsFiles;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * As which client the bridge speaks for itself, keys {@code securemed.bridge.client.*}.
 *
 * @param id as registered with the authorization server, with role {@code system}
 * @param key file with a private JWK, P-384, with {@code kid}; its public part is registered. Absent: the bridge has no
 *     client, can record nothing, and so hands nothing out
 * @param tls the certificate that the bridge shows to the FHIR server, and the CAs that it believes; absent: none, and
 *     the Java platform's
 */
@Validated
@ConfigurationProperties("securemed.bridge.client")
public record ClientProperties(
        @DefaultValue("card-bridge") @NotBlank String id,
        @Nullable Path key,
        @Nullable TlsFiles tls) {
    /** How the bridge speaks to the FHIR server, with or without a client of its own. */
    public TlsFiles connection() {
        return tls == null ? TlsFiles.NONE : tls;
    }
}
