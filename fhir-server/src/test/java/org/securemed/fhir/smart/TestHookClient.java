package org.securemed.fhir.smart;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import java.time.Instant;
import java.util.Date;
import java.util.UUID;
import org.securemed.fhir.server.TestServer;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;

/** A machine client that calls hooks with JWTs of its own. */
public record TestHookClient(String id, ECKey key) {
    /** Registers one with a server. */
    public static TestHookClient register(TestServer server, Role role, String organization, String purposes) {
        try {
            String id = "hook-" + UUID.randomUUID();
            ECKey key = new ECKeyGenerator(Curve.P_384).keyID("hook").generate();
            server.bean(Clients.class)
                    .save(RegisteredClient.withId(id)
                            .clientId(id)
                            .clientName("Gateway")
                            .clientAuthenticationMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT)
                            .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
                            .scope("system/Consent.rs")
                            .clientSettings(ClientSettings.builder()
                                    .tokenEndpointAuthenticationSigningAlgorithm(SignatureAlgorithm.ES384)
                                    .setting(ClientKeys.INLINE, new JWKSet(key.toPublicJWK()).toString())
                                    .setting(Clients.Setting.ROLE, role.code())
                                    .setting(Clients.Setting.ORGANIZATION, organization)
                                    .setting(Clients.Setting.PURPOSES, purposes)
                                    .build())
                            .build());
            return new TestHookClient(id, key);
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The claims of a good JWT, to be spoiled by tests. */
    public JWTClaimsSet.Builder claims() {
        Instant now = Instant.now();
        return new JWTClaimsSet.Builder()
                .issuer(id)
                .audience("http://localhost:8080/cds-services/patient-consent-consult")
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(60)))
                .jwtID(UUID.randomUUID().toString());
    }

    /** Signs. */
    public String sign(JWTClaimsSet claims) {
        return TestCardBridge.sign(claims, key);
    }
}
