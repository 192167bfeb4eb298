package org.securemed.ledger.erasure;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.securemed.ledger.entry.Pseudonym;

/**
 * The keys of one patient, in memory. Thread-safe. Not to be kept longer than a request: an erased patient's key must
 * disappear.
 */
public final class PatientKey {
    private static final int KEY_BYTES = 32;
    private static final String SUBJECT = "subject";

    private final Pseudonym pseudonym;
    private final String subject;
    private final SecretKey encryption;
    private final SecretKey authentication;

    private PatientKey(Pseudonym pseudonym, String subject, SecretKey encryption, SecretKey authentication) {
        this.pseudonym = pseudonym;
        this.subject = subject;
        this.encryption = encryption;
        this.authentication = authentication;
    }

    /** New random keys; {@code into} receives their 64 bytes to be wrapped. */
    static PatientKey generate(Pseudonym pseudonym, String subject, byte[] into, SecureRandom random) {
        random.nextBytes(into);
        return of(pseudonym, subject, into);
    }

    static byte[] newKeyBytes() {
        return new byte[2 * KEY_BYTES];
    }

    static PatientKey open(WrappedKey row, byte[] keys) throws SealException {
        if (keys.length != 2 * KEY_BYTES) {
            throw new SealException("two keys of 32 bytes were expected");
        }
        PatientKey nameless = of(row.pseudonym(), "", keys);
        byte[] subject = nameless.open(SUBJECT, row.sealedSubject());
        return of(row.pseudonym(), new String(subject, StandardCharsets.UTF_8), keys);
    }

    private static PatientKey of(Pseudonym pseudonym, String subject, byte[] keys) {
        return new PatientKey(
                pseudonym,
                subject,
                new SecretKeySpec(keys, 0, KEY_BYTES, "AES"),
                Hmac.key(Arrays.copyOfRange(keys, KEY_BYTES, 2 * KEY_BYTES)));
    }

    byte[] sealedSubject() {
        return seal(SUBJECT, subject.getBytes(StandardCharsets.UTF_8));
    }

    /** What the ledger calls the patient. */
    public Pseudonym pseudonym() {
        return pseudonym;
    }

    /** The patient's reference, {@code Patient/…}. */
    public String subject() {
        return subject;
    }

    /**
     * Seals {@code plain} for one entry (AES-256-GCM, random nonce).
     *
     * @param entryId the entry's id; the sealed bytes open only with the same one
     * @return 29 bytes more than {@code plain}
     */
    public byte[] seal(String entryId, byte[] plain) {
        return AesGcm.seal(encryption, entryId.getBytes(StandardCharsets.UTF_8), plain);
    }

    /**
     * Opens what {@link #seal} made.
     *
     * @throws SealException if the bytes were changed, or sealed for another entry or with another key
     */
    public byte[] open(String entryId, byte[] sealed) throws SealException {
        return AesGcm.open(encryption, entryId.getBytes(StandardCharsets.UTF_8), sealed);
    }

    /** HMAC-SHA256 of {@code bytes}, 32 bytes: recomputable while the key lives, meaningless afterwards. */
    public byte[] commitment(byte[] bytes) {
        return Hmac.of(authentication, bytes);
    }

    /** The pseudonym; never the patient, never a key. */
    @Override
    public String toString() {
        return "PatientKey[%s]".formatted(pseudonym);
    }
}
