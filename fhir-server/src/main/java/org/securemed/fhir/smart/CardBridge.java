package org.securemed.fhir.smart;

import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;

/**
 * Settings of the smart card bridge, keys {@code securemed.smart.card-bridge.*}: who judges cards for this server.
 * There is no log-in by card, and none of its consents, unless {@code keys} is set; then the bridge is a machine client
 * of this server, role system, with just these keys.
 *
 * @param clientId the bridge's client id
 * @param keys file with its public keys, a JWK Set (EC P-384)
 * @param reader address of the reader agent on each workstation
 * @param certificates file with the certificates by which the bridge proves itself in TLS, PEM; absent: its tokens
 *     count on any connection
 * @param withoutPin whether a card alone, without its PIN, logs its owner in (never strongly)
 */
@ConfigurationProperties("securemed.smart.card-bridge")
public record CardBridge(
        @DefaultValue("card-bridge") String clientId,
        @Nullable Path keys,
        @DefaultValue("http://127.0.0.1:8095") URI reader,
        @Nullable Path certificates,
        @DefaultValue("false") boolean withoutPin) {
    private static final List<String> SCOPES = List.of(
            "system/Device.cruds",
            "system/Patient.rus",
            "system/Practitioner.rus",
            "system/RelatedPerson.rus",
            "system/AuditEvent.c");

    public CardBridge {
        if (clientId.isBlank()) {
            throw new IllegalArgumentException("securemed.smart.card-bridge.client-id is not empty");
        }
        boolean local = "127.0.0.1".equals(reader.getHost()) || "localhost".equals(reader.getHost());
        if (!"http".equals(reader.getScheme())
                || !local
                || reader.getRawQuery() != null
                || !reader.getRawPath().isEmpty()) {
            throw new IllegalArgumentException(
                    "securemed.smart.card-bridge.reader is http://127.0.0.1 or http://localhost, with a port");
        }
    }

    /** Whether there is a bridge. */
    public boolean present() {
        return keys != null;
    }

    /**
     * The bridge as a client.
     *
     * @throws IllegalStateException if the file does not hold public keys
     */
    RegisteredClient client(SmartProperties properties) {
        return RegisteredClient.withId(clientId)
                .clientId(clientId)
                .clientName("Smart card bridge")
                .clientAuthenticationMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT)
                .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
                .scopes(scopes -> scopes.addAll(SCOPES))
                .clientSettings(ClientSettings.builder()
                        .requireProofKey(true)
                        .tokenEndpointAuthenticationSigningAlgorithm(SignatureAlgorithm.ES384)
                        .setting(ClientKeys.INLINE, publicKeys().toString())
                        .setting(Clients.Setting.ROLE, Role.SYSTEM.code())
                        .setting(Clients.Setting.PURPOSES, "HOPERAT TREAT")
                        .build())
                .tokenSettings(DemoClients.tokens(properties, properties.backendTokenLifetime()))
                .build();
    }

    private JWKSet publicKeys() {
        try {
            JWKSet set = JWKSet.parse(Files.readString(java.util.Objects.requireNonNull(keys)));
            boolean secret = set.getKeys().stream().anyMatch(key -> key.isPrivate());
            if (!set.isEmpty() && !secret) {
                return set;
            }
        } catch (IOException | ParseException e) {
            // Said below, without what the file holds.
        }
        throw new IllegalStateException(
                "securemed.smart.card-bridge.keys is a file with a JWK Set of public keys, and no private one");
    }
}
