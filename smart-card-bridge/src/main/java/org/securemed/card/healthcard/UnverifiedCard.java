package org.securemed.card.healthcard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Instant;
import java.util.Base64;
import java.util.Iterator;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.StrictJson;

/**
 * A health card whose form is right and of which nothing else is known yet.
 *
 * @param issuer {@code iss}: https address without a trailing slash
 * @param keyId {@code kid}
 * @param notBefore {@code nbf}, which may have fractions of a second
 * @param expiry {@code exp}, null if it has none
 * @param revocationId {@code rid}, null if it has none
 * @param bundle {@code fhirBundle}
 */
record UnverifiedCard(
        String issuer,
        String keyId,
        Instant notBefore,
        @Nullable Instant expiry,
        @Nullable String revocationId,
        ObjectNode bundle,
        JWSHeader header,
        String signed,
        Base64URL signature) {
    /** The type that each health card has. */
    static final String TYPE = "https://smarthealth.cards#health-card";

    /** The longest JWS; a card in a file may be larger than one in a code. */
    private static final int LONGEST = 256 * 1024;

    private static final int LARGEST_PAYLOAD = 1 << 20;
    private static final int SIGNATURE_BYTES = 64;
    private static final Pattern COMPACT = Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
    private static final Pattern KEY_ID = Pattern.compile("[A-Za-z0-9_-]{43}");
    private static final Pattern REVOCATION_ID = Pattern.compile("[A-Za-z0-9_-]{1,24}");
    private static final double LAST_SECOND = 253_402_300_799d;

    /**
     * Reads a card strictly: whatever deviates from the specification is refused.
     *
     * @param jws compact serialization
     * @throws HealthCardException {@code MALFORMED}, {@code TOO_LARGE} or {@code ALGORITHM}
     */
    static UnverifiedCard parse(String jws) throws HealthCardException {
        if (jws.length() > LONGEST) {
            throw new HealthCardException(HealthCardException.Reason.TOO_LARGE);
        }
        if (!COMPACT.matcher(jws).matches()) {
            throw malformed();
        }
        int first = jws.indexOf('.');
        int second = jws.lastIndexOf('.');
        JWSHeader header = header(jws.substring(0, first));
        byte[] signature = decoded(jws.substring(second + 1));
        if (signature.length != SIGNATURE_BYTES) {
            // r and s of fixed length, never DER.
            throw malformed();
        }
        byte[] packed = decoded(jws.substring(first + 1, second));
        ObjectNode payload = object(Deflate.inflated(packed, LARGEST_PAYLOAD));
        JsonNode credential = payload.path("vc");
        if (!hasType(credential)
                || !(credential.path("credentialSubject").path("fhirBundle") instanceof ObjectNode bundle)
                || !"Bundle".equals(bundle.path("resourceType").asText())
                || !credential.path("credentialSubject").path("fhirVersion").isTextual()) {
            throw malformed();
        }
        return new UnverifiedCard(
                issuer(payload),
                header.getKeyID(),
                time(payload, "nbf").orElseThrow(UnverifiedCard::malformed),
                time(payload, "exp").orElse(null),
                revocationId(credential),
                bundle,
                header,
                jws.substring(0, second),
                Base64URL.encode(signature));
    }

    /** Whether this key signed this card. */
    boolean isSignedBy(ECKey key) {
        try {
            return new ECDSAVerifier(key).verify(header, signed.getBytes(StandardCharsets.US_ASCII), signature);
        } catch (JOSEException e) {
            return false;
        }
    }

    private static JWSHeader header(String encoded) throws HealthCardException {
        ObjectNode header = object(decoded(encoded));
        if (!JWSAlgorithm.ES256.getName().equals(header.path("alg").asText())) {
            throw new HealthCardException(HealthCardException.Reason.ALGORITHM);
        }
        if (!"DEF".equals(header.path("zip").asText())
                || !KEY_ID.matcher(header.path("kid").asText()).matches()
                || header.has("crit")) {
            throw malformed();
        }
        try {
            return JWSHeader.parse(new Base64URL(encoded));
        } catch (ParseException | IllegalArgumentException e) {
            throw malformed();
        }
    }

    private static String issuer(ObjectNode payload) throws HealthCardException {
        JsonNode issuer = payload.path("iss");
        if (!issuer.isTextual()) {
            throw malformed();
        }
        return issuer.textValue();
    }

    private static Optional<Instant> time(ObjectNode payload, String name) throws HealthCardException {
        JsonNode time = payload.path(name);
        if (time.isMissingNode()) {
            return Optional.empty();
        }
        double seconds = time.asDouble(-1);
        // The comparison is false for everything that is no number.
        if (!time.isNumber() || !(seconds >= 0 && seconds <= LAST_SECOND)) {
            throw malformed();
        }
        long whole = (long) seconds;
        return Optional.of(Instant.ofEpochSecond(whole, Math.round((seconds - whole) * 1e6) * 1000));
    }

    private static @Nullable String revocationId(JsonNode credential) throws HealthCardException {
        JsonNode id = credential.path("rid");
        if (id.isMissingNode()) {
            return null;
        }
        if (!id.isTextual() || !REVOCATION_ID.matcher(id.textValue()).matches()) {
            throw malformed();
        }
        return id.textValue();
    }

    private static boolean hasType(JsonNode credential) {
        for (Iterator<JsonNode> types = credential.path("type").elements(); types.hasNext(); ) {
            if (TYPE.equals(types.next().asText())) {
                return true;
            }
        }
        return false;
    }

    private static byte[] decoded(String base64url) throws HealthCardException {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(base64url);
            // One spelling only: unused bits are zero.
            if (!Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(base64url)) {
                throw malformed();
            }
            return bytes;
        } catch (IllegalArgumentException e) {
            throw malformed();
        }
    }

    private static ObjectNode object(byte[] json) throws HealthCardException {
        try {
            return StrictJson.object(json);
        } catch (IOException e) {
            throw malformed();
        }
    }

    private static HealthCardException malformed() {
        return new HealthCardException(HealthCardException.Reason.MALFORMED);
    }

    /** Without content: that is about a patient. */
    @Override
    public String toString() {
        return "UnverifiedCard[kid=" + keyId + "]";
    }
}
