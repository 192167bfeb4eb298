package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;

class BackendClientIT {
    private static final SmartServer server = SmartServer.shared();
    private static final RSAKey rsa = rsa("rsa");
    private static final ECKey elliptic = elliptic("ec");
    private static final String inline = register(settings -> settings.setting(
            ClientKeys.INLINE, new JWKSet(java.util.List.of(rsa.toPublicJWK(), elliptic.toPublicJWK())).toString()));
    private final Http http = new Http();

    private static RSAKey rsa(String kid) {
        try {
            return new RSAKeyGenerator(2048).keyID(kid).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ECKey elliptic(String kid) {
        try {
            return new ECKeyGenerator(Curve.P_384).keyID(kid).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String register(UnaryOperator<ClientSettings.Builder> keys) {
        String id = "backend-" + UUID.randomUUID();
        server.bean(Clients.class)
                .save(RegisteredClient.withId(id)
                        .clientId(id)
                        .clientName("Back end")
                        .clientAuthenticationMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT)
                        .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
                        .scope("system/Observation.rs")
                        .clientSettings(keys.apply(ClientSettings.builder()
                                        .requireProofKey(true)
                                        .tokenEndpointAuthenticationSigningAlgorithm(SignatureAlgorithm.RS384)
                                        .setting(Clients.Setting.ROLE, Role.SYSTEM.code()))
                                .build())
                        .tokenSettings(DemoClients.tokens(
                                server.bean(SmartProperties.class),
                                server.bean(SmartProperties.class).backendTokenLifetime()))
                        .build());
        return id;
    }

    private static JWTClaimsSet.Builder claims(String client) {
        return new JWTClaimsSet.Builder()
                .issuer(client)
                .subject(client)
                .audience(server.at("/oauth2/token").toString())
                .expirationTime(Date.from(Instant.now().plusSeconds(240)))
                .jwtID(UUID.randomUUID().toString());
    }

    private static JWSHeader.Builder rs384() {
        return new JWSHeader.Builder(JWSAlgorithm.RS384).keyID("rsa");
    }

    private HttpResponse<String> ask(String assertion) {
        return ask(assertion, "system/Observation.rs");
    }

    private HttpResponse<String> ask(String assertion, @Nullable String scope) {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("grant_type", "client_credentials");
        form.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        form.put("client_assertion", assertion);
        if (scope != null) {
            form.put("scope", scope);
        }
        return http.post(server.at("/oauth2/token"), form);
    }

    @Test
    void an_assertion_by_rs384_is_accepted_once() {
        String assertion = Forger.sign(rs384().build(), claims(inline).build(), rsa);

        HttpResponse<String> first = ask(assertion);

        assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
        JsonNode json = SmartApp.json(first);
        assertThat(json.path("expires_in").asInt()).isBetween(1, 300);
        assertThat(json.path("scope").asText()).isEqualTo("system/Observation.rs");
        assertThat(json.has("refresh_token")).isFalse();
        assertThat(http.get(
                                server.at("/fhir/x"),
                                "Authorization",
                                Http.bearer(json.path("access_token").asText()))
                        .body())
                .contains("roles=[SYSTEM]");
        refused(ask(assertion));
    }

    @Test
    void an_assertion_by_es384_is_accepted() throws JOSEException {
        JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.ES384).keyID("ec").build();

        assertThat(ask(Forger.sign(header, claims(inline).build(), new ECDSASigner(elliptic)))
                        .statusCode())
                .isEqualTo(200);
    }

    static Stream<Arguments> bad_assertions() throws JOSEException {
        String good = Forger.sign(rs384().build(), claims(inline).build(), rsa);
        return Stream.of(
                Arguments.of("no JWT", "rubbish"),
                Arguments.of("unsigned", new PlainJWT(claims(inline).build()).serialize()),
                Arguments.of("cut short", good.substring(0, good.length() - 8)),
                Arguments.of(
                        "by a stranger under the same kid",
                        Forger.sign(rs384().build(), claims(inline).build(), rsa("rsa"))),
                Arguments.of(
                        "by an unknown kid",
                        Forger.sign(rs384().keyID("x").build(), claims(inline).build(), rsa)),
                Arguments.of(
                        "without a kid",
                        Forger.sign(rs384().keyID(null).build(), claims(inline).build(), rsa)),
                Arguments.of(
                        "with the kid of a key of another type",
                        Forger.sign(rs384().keyID("ec").build(), claims(inline).build(), rsa)),
                Arguments.of(
                        "RS256",
                        Forger.sign(
                                new JWSHeader.Builder(JWSAlgorithm.RS256)
                                        .keyID("rsa")
                                        .build(),
                                claims(inline).build(),
                                rsa)),
                Arguments.of(
                        "HS384 by the public key",
                        Forger.sign(
                                new JWSHeader.Builder(JWSAlgorithm.HS384)
                                        .keyID("rsa")
                                        .build(),
                                claims(inline).build(),
                                (JWSSigner) new MACSigner(rsa.toRSAPublicKey().getEncoded()))),
                Arguments.of(
                        "with a jku that is not registered",
                        Forger.sign(
                                rs384().jwkURL(URI.create("https://evil.example/jwks"))
                                        .build(),
                                claims(inline).build(),
                                rsa)),
                bad("of another issuer", claims -> claims.issuer("other")),
                bad("for another subject", claims -> claims.subject("other")),
                bad("for another audience", claims -> claims.audience("https://other.example/token")),
                bad(
                        "for the issuer instead of the token endpoint",
                        claims -> claims.audience(server.at("").toString())),
                bad("expired", claims -> claims.expirationTime(in(-30))),
                bad("too long", claims -> claims.expirationTime(in(600))),
                bad("without an end", claims -> claims.expirationTime(null)),
                bad("without an id", claims -> claims.jwtID(null)),
                bad("with a blank id", claims -> claims.jwtID(" ")),
                bad("oversize", claims -> claims.claim("x", "x".repeat(9000))),
                bad("with an oversize id", claims -> claims.jwtID("x".repeat(300))),
                bad("not yet valid", claims -> claims.notBeforeTime(in(120))),
                bad("from the future", claims -> claims.issueTime(in(120))));
    }

    private static Arguments bad(String what, UnaryOperator<JWTClaimsSet.Builder> change) throws JOSEException {
        return Arguments.of(
                what,
                Forger.sign(rs384().build(), change.apply(claims(inline)).build(), (JWSSigner) new RSASSASigner(rsa)));
    }

    private static Date in(long seconds) {
        return Date.from(Instant.now().plusSeconds(seconds));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad_assertions")
    void a_bad_assertion_is_an_invalid_client(String what, String assertion) {
        refused(ask(assertion));
    }

    @Test
    void keys_that_are_weak_or_for_encryption_prove_nothing() throws JOSEException {
        RSAKey weak = new RSAKeyGenerator(1024, true).keyID("rsa").generate();
        String short1 =
                register(settings -> settings.setting(ClientKeys.INLINE, new JWKSet(weak.toPublicJWK()).toString()));
        refused(ask(Forger.sign(
                rs384().build(), claims(short1).build(), (JWSSigner) new RSASSASigner(weak.toRSAPrivateKey(), true))));

        RSAKey sealing = new RSAKey.Builder(rsa).keyUse(KeyUse.ENCRYPTION).build();
        String other =
                register(settings -> settings.setting(ClientKeys.INLINE, new JWKSet(sealing.toPublicJWK()).toString()));
        refused(ask(Forger.sign(rs384().build(), claims(other).build(), rsa)));
    }

    @Test
    void an_assertion_is_sent_under_its_type_in_the_body_and_with_no_other_name() {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("grant_type", "client_credentials");
        form.put("scope", "system/Observation.rs");
        form.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer");
        form.put("client_assertion", Forger.sign(rs384().build(), claims(inline).build(), rsa));
        HttpResponse<String> type = http.post(server.at("/oauth2/token"), form);
        assertThat(type.statusCode()).isEqualTo(400);
        assertThat(SmartApp.json(type).path("error").asText()).isEqualTo("invalid_request");

        form.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        form.put("client_id", DemoClients.BACKEND);
        refused(http.post(server.at("/oauth2/token"), form));

        form.remove("client_id");
        String proof = Http.form(Map.of(
                "client_assertion_type", form.remove("client_assertion_type"),
                "client_assertion", form.remove("client_assertion")));
        HttpResponse<String> address = http.post(server.at("/oauth2/token?" + proof), form);
        assertThat(address.statusCode()).as(address.body()).isEqualTo(400);
        assertThat(SmartApp.json(address).has("access_token")).isFalse();
    }

    @Test
    void a_machine_gets_system_scopes_only_even_if_others_are_registered() {
        String client = "backend-" + UUID.randomUUID();
        server.bean(Clients.class)
                .save(RegisteredClient.from(Objects.requireNonNull(
                                server.bean(Clients.class).findByClientId(inline)))
                        .id(client)
                        .clientId(client)
                        .scope("user/Observation.rs")
                        .scope("openid")
                        .build());
        for (String scope : new String[] {"user/Observation.rs", "openid", "system/Observation.rs openid"}) {
            assertThat(SmartApp.json(ask(
                                    Forger.sign(rs384().build(), claims(client).build(), rsa), scope))
                            .path("error")
                            .asText())
                    .as(scope)
                    .isEqualTo("invalid_scope");
        }
    }

    private static void refused(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(401);
        assertThat(SmartApp.json(answer).path("error").asText()).isEqualTo("invalid_client");
        assertThat(SmartApp.json(answer).has("access_token")).isFalse();
    }

    @Test
    void two_keys_of_one_name_and_type_are_no_key() {
        String client = register(settings -> settings.setting(
                ClientKeys.INLINE,
                new JWKSet(java.util.List.of(rsa.toPublicJWK(), rsa("rsa").toPublicJWK())).toString()));

        refused(ask(Forger.sign(rs384().build(), claims(client).build(), rsa)));
    }

    @Test
    void a_client_gets_no_scope_that_it_did_not_register_and_none_at_all_without_asking() {
        for (String scope : new String[] {"system/*.rs", "system/Observation.cruds", "user/Observation.rs", "openid"}) {
            HttpResponse<String> answer =
                    ask(Forger.sign(rs384().build(), claims(inline).build(), rsa), scope);
            assertThat(SmartApp.json(answer).path("error").asText()).as(scope).isEqualTo("invalid_scope");
        }
        assertThat(SmartApp.json(ask(Forger.sign(rs384().build(), claims(inline).build(), rsa), null))
                        .path("error")
                        .asText())
                .isEqualTo("invalid_scope");
        assertThat(SmartApp.json(ask(
                                Forger.sign(rs384().build(), claims(inline).build(), rsa),
                                "system/Observation.rs?category=laboratory"))
                        .path("scope")
                        .asText())
                .isEqualTo("system/Observation.rs?category=laboratory");
    }

    @Test
    void keys_by_address_are_fetched_once_remembered_and_never_by_redirect() throws IOException {
        AtomicInteger fetches = new AtomicInteger();
        HttpServer keys = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] set = new JWKSet(rsa.toPublicJWK()).toString().getBytes(StandardCharsets.UTF_8);
        keys.createContext("/jwks", exchange -> {
            fetches.incrementAndGet();
            exchange.sendResponseHeaders(200, set.length);
            exchange.getResponseBody().write(set);
            exchange.close();
        });
        keys.createContext("/moved", exchange -> {
            exchange.getResponseHeaders().add("Location", "/jwks");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        keys.createContext("/large", exchange -> {
            // Good but for its size.
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(set);
            exchange.getResponseBody().write(" ".repeat(100_000).getBytes(StandardCharsets.UTF_8));
            exchange.close();
        });
        keys.start();
        try {
            String base = "http://127.0.0.1:" + keys.getAddress().getPort();
            String good = register(settings -> settings.jwkSetUrl(base + "/jwks"));
            for (int i = 0; i < 3; i++) {
                assertThat(ask(Forger.sign(
                                        rs384().jwkURL(URI.create(base + "/jwks"))
                                                .build(),
                                        claims(good).build(),
                                        rsa))
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(fetches).hasValue(1);
            for (int i = 0; i < 3; i++) {
                refused(ask(Forger.sign(
                        rs384().keyID("unknown").build(), claims(good).build(), rsa)));
            }
            assertThat(fetches).hasValue(1);
            for (String path : new String[] {"/moved", "/large", "/nothing"}) {
                String bad = register(settings -> settings.jwkSetUrl(base + path));
                refused(ask(Forger.sign(rs384().build(), claims(bad).build(), rsa)));
            }
            assertThat(fetches).hasValue(1);
        } finally {
            keys.stop(0);
        }
    }

    @Test
    void a_wrong_secret_an_unknown_client_and_a_wrong_grant_are_refused() {
        Map<String, String> form = Map.of("grant_type", "client_credentials", "scope", "system/*.rs");
        refused(http.post(
                server.at("/oauth2/token"), form, "Authorization", SmartApp.basic(DemoClients.BACKEND, "wrong")));
        refused(http.post(server.at("/oauth2/token"), form, "Authorization", SmartApp.basic("nobody", "x")));
        assertThat(http.post(server.at("/oauth2/token"), form).statusCode()).isEqualTo(401);
        HttpResponse<String> password = http.post(
                server.at("/oauth2/token"),
                Map.of("grant_type", "password", "username", "patient", "password", "patient-password"),
                "Authorization",
                SmartApp.basic(DemoClients.BACKEND, DemoClients.BACKEND + DemoClients.SECRET_SUFFIX));
        assertThat(password.statusCode()).isEqualTo(400);
    }

    @Test
    void introspection_tells_a_client_or_a_bearer_and_of_dead_tokens_nothing() {
        TokenMint mint = server.bean(TokenMint.class);
        String token = mint.forPerson("patient", "patient/*.rs launch/patient");
        String own = mint.forPerson("physician", "user/*.rs");
        String basic = SmartApp.basic(DemoClients.BACKEND, DemoClients.BACKEND + DemoClients.SECRET_SUFFIX);
        for (String authorization : new String[] {basic, Http.bearer(own)}) {
            JsonNode json = SmartApp.json(
                    http.post(server.at("/oauth2/introspect"), Map.of("token", token), "Authorization", authorization));
            assertThat(json.path("active").asBoolean()).as(json.toString()).isTrue();
            assertThat(json.path("scope").asText().split(" "))
                    .containsExactlyInAnyOrder("patient/*.rs", "launch/patient");
            assertThat(json.path("patient").asText()).isEqualTo("patient");
            assertThat(json.path("sub").asText()).isEqualTo("patient");
            assertThat(json.path("client_id").asText()).isEqualTo(DemoClients.APP);
            assertThat(json.path("fhirUser").asText()).endsWith("/fhir/Patient/patient");
            assertThat(json.path("exp").isNumber()).isTrue();
        }
        assertThat(http.post(server.at("/oauth2/introspect"), Map.of("token", token))
                        .statusCode())
                .isEqualTo(401);
        assertThat(http.post(server.at("/oauth2/introspect"), Map.of("token", token), "Authorization", "Bearer rubbish")
                        .statusCode())
                .isEqualTo(401);
        server.bean(Revocations.class)
                .revoke(
                        Revocations.Kind.AUTHORIZATION,
                        SmartApp.claims(token).path("sid").asText());
        for (String dead : new String[] {token, "unknown"}) {
            assertThat(http.post(server.at("/oauth2/introspect"), Map.of("token", dead), "Authorization", basic)
                            .body())
                    .isEqualTo("{\"active\":false}");
        }
    }

    @Test
    void metadata_promises_only_what_is_offered() {
        for (String path :
                new String[] {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}) {
            JsonNode json = SmartApp.json(http.get(server.at(path)));
            assertThat(json.has("device_authorization_endpoint")).isFalse();
            assertThat(json.path("grant_types_supported")).hasSize(3);
            assertThat(json.path("issuer").asText()).isEqualTo(server.at("").toString());
        }
    }
}
