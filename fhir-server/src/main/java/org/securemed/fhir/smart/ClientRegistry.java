package org.securemed.fhir.smart;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Registers apps and machine clients, and lets none of them in any more; each act with its record, in one transaction.
 * Thread-safe.
 */
final class ClientRegistry {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int MOST = 500;

    private final JdbcClient database;
    private final TransactionTemplate transactions;
    private final Clients clients;
    private final Revocations revocations;
    private final PasswordEncoder encoder;
    private final SmartProperties properties;

    ClientRegistry(
            SmartStore store,
            Clients clients,
            Revocations revocations,
            PasswordEncoder encoder,
            SmartProperties properties) {
        this.database = store.client();
        this.transactions = store.transactions();
        this.clients = clients;
        this.revocations = revocations;
        this.encoder = encoder;
        this.properties = properties;
    }

    /**
     * A client in the list.
     *
     * @param methods how it proves itself
     * @param enabled whether it is let in
     */
    record Listed(String clientId, String name, String methods, String scopes, boolean verified, boolean enabled) {}

    /**
     * What was registered.
     *
     * @param secret to be shown once; empty if it has none
     */
    record Registered(String clientId, Optional<String> secret) {}

    /** All clients, by name. */
    List<Listed> all() {
        return database.sql("select client_id, client_name, client_authentication_methods, scopes,"
                        + " client_settings like '%\"" + Clients.Setting.VERIFIED + "\":\"yes\"%', enabled"
                        + " from smart.oauth2_registered_client order by client_name, client_id limit " + MOST)
                .query((row, number) -> new Listed(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4).replace(',', ' '),
                        row.getBoolean(5),
                        row.getBoolean(6)))
                .list();
    }

    /**
     * Registers what {@link ClientForm#faults} has nothing against.
     *
     * @param record writes the record of it, in the transaction; is given the client id
     */
    Registered register(ClientForm form, java.util.function.Consumer<String> record) {
        byte[] bytes = new byte[8];
        RANDOM.nextBytes(bytes);
        String id = "client-" + HexFormat.of().formatHex(bytes);
        Optional<String> secret =
                form.kindOf().orElseThrow() == ClientForm.Kind.SECRET ? Optional.of(secret()) : Optional.empty();
        RegisteredClient client = client(id, form, secret);
        transactions.executeWithoutResult(status -> {
            clients.save(client);
            record.accept(id);
        });
        return new Registered(id, secret);
    }

    /**
     * Lets a client in, or no more; in the latter case its tokens end with the very next request.
     *
     * @return whether there is such a client
     */
    boolean enable(String clientId, boolean enabled, Runnable record) {
        return Boolean.TRUE.equals(transactions.execute(status -> {
            int rows = database.sql(
                            "update smart.oauth2_registered_client set enabled = :enabled where client_id = :client")
                    .param("enabled", enabled)
                    .param("client", clientId)
                    .update();
            if (rows == 0) {
                return false;
            }
            if (!enabled) {
                revocations.revoke(Revocations.Kind.CLIENT, clientId);
            }
            record.run();
            return true;
        }));
    }

    private static String secret() {
        byte[] bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private RegisteredClient client(String id, ClientForm form, Optional<String> secret) {
        ClientForm.Kind kind = form.kindOf().orElseThrow();
        ClientSettings.Builder settings =
                ClientSettings.builder().requireProofKey(true).requireAuthorizationConsent(kind.isApp());
        if (!form.publisher().isEmpty()) {
            settings.setting(Clients.Setting.PUBLISHER, form.publisher());
        }
        if (form.isVerified()) {
            settings.setting(Clients.Setting.VERIFIED, "yes");
        }
        if (!form.study().isEmpty()) {
            settings.setting(Clients.Setting.STUDY, form.study());
        }
        if (kind.hasKeys()) {
            settings.tokenEndpointAuthenticationSigningAlgorithm(SignatureAlgorithm.RS384);
            if (form.jwksUri().isEmpty()) {
                settings.setting(ClientKeys.INLINE, form.jwks());
            } else {
                settings.jwkSetUrl(form.jwksUri());
            }
        }
        if (!kind.isApp()) {
            settings.setting(Clients.Setting.ROLE, form.roleOf().orElseThrow().code());
            settings.setting(
                    Clients.Setting.PURPOSES,
                    String.join(" ", form.purposesOfUse().stream().sorted().toList()));
        }
        RegisteredClient.Builder client = RegisteredClient.withId(id)
                .clientId(id)
                .clientName(form.name())
                .clientAuthenticationMethod(method(kind))
                .scopes(scopes -> scopes.addAll(form.scopeTexts()))
                .clientSettings(settings.build())
                .tokenSettings(DemoClients.tokens(
                        properties,
                        kind.isApp() ? properties.accessTokenLifetime() : properties.backendTokenLifetime()));
        secret.ifPresent(text -> client.clientSecret(encoder.encode(text))
                .clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_POST));
        if (kind.isApp()) {
            client.redirectUris(uris -> uris.addAll(form.redirects()))
                    .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
                    .authorizationGrantType(AuthorizationGrantType.REFRESH_TOKEN);
        } else {
            client.authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS);
        }
        return client.build();
    }

    private static ClientAuthenticationMethod method(ClientForm.Kind kind) {
        return switch (kind) {
            case PUBLIC -> ClientAuthenticationMethod.NONE;
            case SECRET -> ClientAuthenticationMethod.CLIENT_SECRET_BASIC;
            case KEY, BACKEND -> ClientAuthenticationMethod.PRIVATE_KEY_JWT;
        };
    }
}
