package org.securemed.card.emergency;

import com.codahale.shamir.Scheme;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.DirectDecrypter;
import com.nimbusds.jose.crypto.DirectEncrypter;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.crypto.ECDHEncrypter;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.securemed.card.outbound.StrictJson;

/**
 * A key pair whose public half seals and whose private half is sealed itself, under a random key that is shared among
 * people (Shamir's scheme over GF(256)): {@code needed} of them open it, fewer know nothing. Sealed is by JWE,
 * {@code ECDH-ES+A256KW} and {@code A256GCM}, so that whatever was changed does not open.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7516">RFC 7516</a>
 */
final class EmergencyKey {
    private static final int SECRET = 32;

    private final ECKey open;
    private final String sealed;

    /** A new key, and what its holders get: for each one, and kept nowhere else. */
    record Made(EmergencyKey key, List<KeyShare> shares) {}

    private EmergencyKey(ECKey open, String sealed) {
        this.open = open;
        this.sealed = sealed;
    }

    /**
     * Makes a key.
     *
     * @param shares how many people, {@code needed} to 255
     * @param needed how many of them open it, at least 2
     */
    static Made make(int shares, int needed) {
        SecureRandom random = new SecureRandom();
        byte[] secret = new byte[SECRET];
        random.nextBytes(secret);
        try {
            ECKey pair =
                    new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate();
            JWEObject sealed = new JWEObject(
                    new JWEHeader(JWEAlgorithm.DIR, EncryptionMethod.A256GCM), new Payload(pair.toJSONString()));
            sealed.encrypt(new DirectEncrypter(secret));
            List<KeyShare> all = new ArrayList<>();
            new Scheme(random, shares, needed)
                    .split(secret)
                    .forEach((number, value) -> all.add(new KeyShare(pair.getKeyID(), needed, number, value)));
            return new Made(new EmergencyKey(pair.toPublicJWK(), sealed.serialize()), all);
        } catch (JOSEException e) {
            throw new IllegalStateException("no key can be made", e);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    /**
     * Reads {@link #json()}.
     *
     * @throws EmergencyException if it is no emergency key
     */
    static EmergencyKey parse(byte[] json) throws EmergencyException {
        try {
            ObjectNode object = StrictJson.object(json);
            ECKey open = ECKey.parse(object.path("public").toString());
            if (open.isPrivate()
                    || !Curve.P_256.equals(open.getCurve())
                    || !open.computeThumbprint().toString().equals(open.getKeyID())) {
                throw new EmergencyException("This is no emergency key.");
            }
            return new EmergencyKey(open, object.path("sealed").asText());
        } catch (IOException | ParseException | JOSEException | IllegalStateException e) {
            throw new EmergencyException("This is no emergency key.");
        }
    }

    /** The public half, and the sealed private one: no secret, to be kept wherever something is sealed or opened. */
    byte[] json() {
        ObjectNode object = StrictJson.newObject();
        try {
            object.set("public", StrictJson.object(open.toJSONString().getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new IllegalStateException("a key is no JSON", e);
        }
        return StrictJson.minified(object.put("sealed", sealed));
    }

    /** Seals; whoever seals cannot open it. */
    String seal(byte[] plain) {
        JWEObject jwe = new JWEObject(
                new JWEHeader.Builder(JWEAlgorithm.ECDH_ES_A256KW, EncryptionMethod.A256GCM)
                        .keyID(open.getKeyID())
                        .build(),
                new Payload(plain));
        try {
            jwe.encrypt(new ECDHEncrypter(open));
            return jwe.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException("nothing can be sealed", e);
        }
    }

    /**
     * Opens what was sealed.
     *
     * @param jwe compact serialization
     * @throws EmergencyException if these are too few shares, or others, or one of all this was changed
     */
    byte[] open(String jwe, List<KeyShare> shares) throws EmergencyException {
        ECKey pair = together(shares);
        try {
            JWEObject object = JWEObject.parse(jwe.strip());
            boolean ours = JWEAlgorithm.ECDH_ES_A256KW.equals(object.getHeader().getAlgorithm())
                    && EncryptionMethod.A256GCM.equals(object.getHeader().getEncryptionMethod())
                    && object.getHeader().getCompressionAlgorithm() == null;
            if (!ours) {
                throw new EmergencyException("This was not sealed with this key, or was changed.");
            }
            object.decrypt(new ECDHDecrypter(pair));
            return object.getPayload().toBytes();
        } catch (ParseException | JOSEException | IllegalStateException e) {
            throw new EmergencyException("This was not sealed with this key, or was changed.");
        }
    }

    private ECKey together(List<KeyShare> shares) throws EmergencyException {
        Map<Integer, byte[]> parts = new HashMap<>();
        for (KeyShare share : shares) {
            if (!share.key().equals(open.getKeyID())) {
                throw new EmergencyException("Share %d is of another key.".formatted(share.number()));
            }
            parts.put(share.number(), share.value());
        }
        int needed = shares.stream().mapToInt(KeyShare::needed).max().orElse(2);
        if (parts.size() < needed) {
            throw new EmergencyException(
                    "It takes the shares of %d people; there are %d.".formatted(needed, parts.size()));
        }
        byte[] secret = new Scheme(new SecureRandom(), Math.max(parts.size(), needed), needed).join(parts);
        try {
            JWEObject object = JWEObject.parse(sealed);
            object.decrypt(new DirectDecrypter(secret));
            ECKey pair = ECKey.parse(object.getPayload().toString());
            if (pair.isPrivate() && pair.toPublicJWK().equals(open)) {
                return pair;
            }
        } catch (ParseException | JOSEException | IllegalStateException e) {
            // Said below.
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
        throw new EmergencyException("One of the shares, or the key, was changed.");
    }
}
