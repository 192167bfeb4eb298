package org.securemed.card.backend;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * As which client the bridge speaks for itself, keys {@code securemed.bridge.client.*}.
 *
 * @param id as registered with the authorization server, with role {@code system}
 * @param key file with a private JWK, P-384; its public part is registered
 */
@Validated
@ConfigurationProperties("securemed.bridge.client")
public record ClientProperties(
        @Nullable String id, @Nullable Path key) {
    public ClientProperties {
        if ((id == null) != (key == null)) {
            throw new IllegalArgumentException("securemed.bridge.client.id and .key belong together");
        }
    }
}
