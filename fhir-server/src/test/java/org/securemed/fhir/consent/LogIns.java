package org.securemed.fhir.consent;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.UUID;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.smart.TokenMint;

/** Access tokens of the demonstration's people by when they logged in. */
final class LogIns {
    private static final String SCOPE = "user/*.cruds";

    private LogIns() {}

    /** A token of somebody who has logged in this moment. */
    static String now(TestServer server, String user) {
        return server.bean(TokenMint.class).forPerson(user, SCOPE);
    }

    /** A token of somebody who logged in a while ago, signed by the server. */
    @SuppressWarnings("unchecked")
    static String ago(TestServer server, String user, Duration age) {
        try {
            SignedJWT fresh = SignedJWT.parse(now(server, user));
            JWTClaimsSet claims = new JWTClaimsSet.Builder(fresh.getJWTClaimsSet())
                    .claim("auth_time", Date.from(Instant.now().minus(age)))
                    .jwtID(UUID.randomUUID().toString())
                    .build();
            JWSHeader header = fresh.getHeader();
            RSAKey key = (RSAKey) ((JWKSource<SecurityContext>) server.bean(JWKSource.class))
                    .get(
                            new JWKSelector(new JWKMatcher.Builder()
                                    .keyID(header.getKeyID())
                                    .build()),
                            null)
                    .get(0);
            SignedJWT older = new SignedJWT(header, claims);
            older.sign(new RSASSASigner(key));
            return older.serialize();
        } catch (ParseException | JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
