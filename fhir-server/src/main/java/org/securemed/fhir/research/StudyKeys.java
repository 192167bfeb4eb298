package org.securemed.fhir.research;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The keys of the studies, each derived from one secret, so that nothing is stored by which a pseudonym could be undone
 * or two studies be joined. Thread-safe.
 */
public final class StudyKeys {
    // Public on purpose: protects nothing, and production refuses it.
    private static final byte[] DEVELOPMENT = "SecureMed development: no secret".getBytes(StandardCharsets.US_ASCII);

    private static final int LENGTH = 32;

    private final byte @Nullable [] secret;
    private final ConcurrentMap<String, StudyKey> keys = new ConcurrentHashMap<>();

    private StudyKeys(byte @Nullable [] secret) {
        this.secret = secret == null ? null : secret.clone();
    }

    /**
     * With a secret from the configuration.
     *
     * @param secret base64 of 32 bytes; if null there are no keys in production, and public ones otherwise
     * @throws IllegalStateException if it is no such secret, or the public one in production
     */
    public static StudyKeys of(@Nullable String secret, boolean production) {
        if (secret == null || secret.isBlank()) {
            return new StudyKeys(production ? null : DEVELOPMENT);
        }
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(secret.strip());
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("securemed.research.pseudonym-secret is not base64");
        }
        if (bytes.length != LENGTH) {
            throw new IllegalStateException("securemed.research.pseudonym-secret is base64 of exactly 32 bytes");
        }
        if (production && Arrays.equals(bytes, DEVELOPMENT)) {
            throw new IllegalStateException("securemed.research.pseudonym-secret is the development secret");
        }
        return new StudyKeys(bytes);
    }

    /**
     * The key of a study; empty if this server has no secret, and so offers nothing to research.
     *
     * @param study {@code ResearchStudy/[id]}
     */
    public Optional<StudyKey> of(String study) {
        byte[] known = secret;
        return known == null
                ? Optional.empty()
                : Optional.of(keys.computeIfAbsent(
                        study,
                        name -> new StudyKey(
                                StudyKey.derived(known, "securemed/research-study/v1", StudyKey.bytes(name)))));
    }
}
