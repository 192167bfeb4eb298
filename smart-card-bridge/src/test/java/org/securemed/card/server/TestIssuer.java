package org.securemed.card.server;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** An authorization server that publishes a key and signs what it is told to; any client gets a token. */
public final class TestIssuer implements AutoCloseable {
    private static final String TOKEN_PATH = "/oauth2/token";

    private final RSAKey key;
    private final HttpServer server;

    /** By plain HTTP. */
    public TestIssuer() {
        this(null);
    }

    /** @param tls by which it proves itself, and whose clients alone it answers; null: plain HTTP */
    public TestIssuer(@Nullable SSLContext tls) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try {
            key = new RSAKeyGenerator(2048).keyID("test").generate();
            if (tls == null) {
                server = HttpServer.create(address, 0);
            } else {
                HttpsServer secured = HttpsServer.create(address, 0);
                secured.setHttpsConfigurator(new HttpsConfigurator(tls) {
                    @Override
                    public void configure(HttpsParameters parameters) {
                        SSLParameters wanted = tls.getDefaultSSLParameters();
                        wanted.setNeedClientAuth(true);
                        parameters.setSSLParameters(wanted);
                    }
                });
                server = secured;
            }
        } catch (JOSEException | IOException e) {
            throw new IllegalStateException(e);
        }
        byte[] keys = new JWKSet(key.toPublicJWK()).toString().getBytes(StandardCharsets.UTF_8);
        server.createContext("/oauth2/jwks", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, keys.length);
            try (exchange) {
                exchange.getResponseBody().write(keys);
            }
        });
        server.createContext(TOKEN_PATH, exchange -> {
            byte[] answer = "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":300}"
                    .formatted(token("Device/bridge", "system"))
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            try (exchange) {
                exchange.getResponseBody().write(answer);
            }
        });
        server.start();
    }

    /** Answers more of its addresses, or one of them in another way. */
    public void serve(String path, HttpHandler handler) {
        if (path.equals(TOKEN_PATH)) {
            server.removeContext(TOKEN_PATH);
        }
        server.createContext(path, handler);
    }

    /** {@code iss} of its tokens. */
    public String url() {
        return (server instanceof HttpsServer ? "https" : "http") + "://localhost:"
                + server.getAddress().getPort();
    }

    /**
     * An access token for a person.
     *
     * @param fhirUser relative reference
     * @param role code of our code system
     */
    public String token(String fhirUser, String role) {
        return token(fhirUser, role, claims -> claims);
    }

    /** The same with claims added or replaced. */
    public String token(String fhirUser, String role, UnaryOperator<JWTClaimsSet.Builder> change) {
        Instant now = Instant.now();
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(url())
                .audience(url() + "/fhir")
                .subject(role)
                .issueTime(Date.from(now))
                .notBeforeTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(300)))
                .claim("client_id", "test-app")
                .claim("scope", "user/*.cruds")
                .claim("fhirUser", url() + "/fhir/" + fhirUser)
                .claim("acr", "urn:securemed:acr:password")
                .claim(
                        "extensions",
                        Map.of(
                                "ihe_iua",
                                Map.of(
                                        "subject_role",
                                        List.of(Map.of(
                                                "system",
                                                "https://securemed.org/fhir/CodeSystem/role",
                                                "code",
                                                role)))));
        return sign("at+jwt", change.apply(claims).build());
    }

    /** A token of any type and claims. */
    public String sign(String type, JWTClaimsSet claims) {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.RS256)
                        .type(new JOSEObjectType(type))
                        .keyID(key.getKeyID())
                        .build(),
                claims);
        try {
            token.sign(new RSASSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        return token.serialize();
    }

    /** A token under another algorithm; under one with a secret, the secret is the public key. */
    public String sign(JWSAlgorithm algorithm, JWTClaimsSet claims) {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(algorithm)
                        .type(new JOSEObjectType("at+jwt"))
                        .keyID(key.getKeyID())
                        .build(),
                claims);
        try {
            token.sign(
                    JWSAlgorithm.Family.HMAC_SHA.contains(algorithm)
                            ? new MACSigner(key.toRSAPublicKey().getEncoded())
                            : new RSASSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        return token.serialize();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
