package org.securemed.fhir.smart;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.server.TestServer;

/** The authorization server of another organization, which test servers trust. */
public final class TestIssuer {
    private static final String FHIR_BASE = "http://localhost:8080/fhir";
    private static final RSAKey KEY = key();
    private static final HttpServer SERVER = start();

    private TestIssuer() {}

    /** Its name, and where it is. */
    public static String name() {
        return "http://127.0.0.1:" + SERVER.getAddress().getPort();
    }

    /** Where its keys are. */
    public static String keys() {
        return name() + "/jwks";
    }

    /**
     * A token for the person who has this account here.
     *
     * @param pcf the claim {@code extensions.ihe_pcf}; null if the token says nothing of privacy consents
     */
    public static String token(TestServer server, String username, String scope, @Nullable Object pcf) {
        return tokenSaying(
                server, username, scope, pcf == null ? Map.of() : Map.of("extensions", Map.of("ihe_pcf", pcf)));
    }

    /** A token with these claims beside those that each has. */
    public static String tokenSaying(TestServer server, String username, String scope, Map<String, Object> more) {
        server.bean(Accounts.class).link(name(), "theirs-" + username, username);
        Instant now = Instant.now();
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(name())
                .subject("theirs-" + username)
                .audience(FHIR_BASE)
                .jwtID(UUID.randomUUID().toString())
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(3600)))
                .claim("auth_time", now.getEpochSecond())
                .claim("acr", LogIn.Method.PASSKEY.acr())
                .claim("client_id", "their-app")
                .claim("scope", scope);
        more.forEach(claims::claim);
        return Forger.sign(
                new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(KEY.getKeyID()).build(), claims.build(), KEY);
    }

    /** Gives a person an account with a role that no page gives anybody. */
    public static void system(TestServer server, String username) {
        server.bean(Accounts.class)
                .put(
                        new Account(
                                username,
                                "{noop}none",
                                username,
                                Set.of(Role.SYSTEM),
                                null,
                                null,
                                null,
                                Set.of("HOPERAT"),
                                Map.of(),
                                true),
                        true);
    }

    private static RSAKey key() {
        try {
            return new RSAKeyGenerator(2048).keyID("test-issuer").generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static HttpServer start() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            byte[] keys = new JWKSet(KEY.toPublicJWK()).toString().getBytes(StandardCharsets.UTF_8);
            server.createContext("/jwks", exchange -> {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, keys.length);
                exchange.getResponseBody().write(keys);
                exchange.close();
            });
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
