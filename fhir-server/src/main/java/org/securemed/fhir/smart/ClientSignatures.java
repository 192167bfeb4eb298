package org.securemed.fhir.smart;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/** What machine clients sign: RS384 or ES384, each {@code jti} once across all instances. Thread-safe. */
final class ClientSignatures {
    private static final int LEAST_RSA_BITS = 2048;

    private final JdbcClient database;
    private final ClientKeys keys;

    ClientSignatures(JdbcClient database, ClientKeys keys) {
        this.database = database;
        this.keys = keys;
    }

    /** Whether exactly one registered key of the client, RSA or EC P-384, has signed it. */
    boolean signed(RegisteredClient client, SignedJWT jwt) throws JOSEException {
        JWSHeader header = jwt.getHeader();
        String kid = header.getKeyID();
        boolean rsa = JWSAlgorithm.RS384.equals(header.getAlgorithm());
        boolean elliptic = JWSAlgorithm.ES384.equals(header.getAlgorithm());
        if (kid == null || !(rsa || elliptic) || header.getCriticalParams() != null) {
            return false;
        }
        String registeredUrl = client.getClientSettings().getJwkSetUrl();
        URI named = header.getJWKURL();
        if (named != null && !named.toString().equals(registeredUrl)) {
            return false;
        }
        KeyType type = rsa ? KeyType.RSA : KeyType.EC;
        List<JWK> matching = matching(keys.of(client, false), kid, type);
        if (matching.isEmpty()) {
            matching = matching(keys.of(client, true), kid, type);
        }
        return matching.size() == 1 && jwt.verify(verifier(matching.get(0)));
    }

    private static List<JWK> matching(@Nullable JWKSet set, String kid, KeyType type) {
        return set == null
                ? List.of()
                : set.getKeys().stream()
                        .filter(key -> kid.equals(key.getKeyID()) && type.equals(key.getKeyType()))
                        .filter(key ->
                                key.getKeyUse() == null || key.getKeyUse().equals(KeyUse.SIGNATURE))
                        .toList();
    }

    private static JWSVerifier verifier(JWK key) throws JOSEException {
        if (key instanceof RSAKey rsa && rsa.size() >= LEAST_RSA_BITS) {
            return new RSASSAVerifier(rsa.toRSAPublicKey());
        }
        if (key instanceof ECKey elliptic && Curve.P_384.equals(elliptic.getCurve())) {
            return new ECDSAVerifier(elliptic.toECPublicKey());
        }
        throw new JOSEException("the key is too weak");
    }

    /**
     * Whether this id was not used before.
     *
     * @param owner of the id
     * @param until when it can be forgotten: what it names has ended by then
     */
    boolean first(String owner, String id, Instant until) {
        // One statement decides, whichever instances are asked at the same moment.
        return database.sql("insert into smart.client_assertion (id_hash, until) values (:hash, :until)"
                                + " on conflict do nothing")
                        .param("hash", TokenHash.of(owner + " " + id))
                        .param("until", Timestamp.from(until))
                        .update()
                == 1;
    }
}
