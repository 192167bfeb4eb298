package org.securemed.card.backend;

import jakarta.validation.constraints.NotBlank;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * As which client the bridge speaks for itself, keys {@code securemed.bridge.client.*}.
 *
 * @param id as registered with the authorization server, with role {@code system}
 * @param key file with a private JWK, P-384, with {@code kid}; its public part is registered. Absent: the bridge has no
 *     client, can record nothing, and so hands nothing out
 */
@Validated
@ConfigurationProperties("securemed.bridge.client")
public record ClientProperties(
        @DefaultValue("card-bridge") @NotBlank String id,
        @Nullable Path key) {}
