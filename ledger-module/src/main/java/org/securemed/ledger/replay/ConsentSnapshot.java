package org.securemed.ledger.replay;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Pseudonym;

/**
 * Where the consents of all patients stood at one size of the log, as an entry states it: a hash over pseudonym,
 * version and commitment to the state (the entries' own {@code d.outcome} and {@code h}) of every patient whose entries
 * below that size hold transitions and no erasure. Needs no key to be checked against the entries, and tells of no
 * patient.
 *
 * <p>Its text, the entry's {@code x}:
 *
 * <pre>
 * "ledger-consents/v1\n" origin "\n" decimal-size "\n" decimal-patients "\n" base64(hash32) "\n"
 * hash = SHA-256 of ( pseudonym16 u64be(version) commitment32 ) by ascending pseudonym
 * </pre>
 *
 * @param origin of the log
 * @param size number of entries that were looked at
 * @param patients how many patients are in the hash
 * @param hash 32 bytes
 */
public record ConsentSnapshot(String origin, long size, long patients, Bytes hash) {
    private static final String TYPE = "ledger-consents/v1";
    private static final String NUMBER = "(0|[1-9][0-9]{0,17})";
    private static final Pattern FORM =
            Pattern.compile(TYPE + "\n([^\n]{1,255})\n" + NUMBER + "\n" + NUMBER + "\n([A-Za-z0-9+/]{43}=)\n");

    /**
     * Reads {@link #statement()}.
     *
     * @throws ReplayException if it has another form
     */
    public static ConsentSnapshot parse(@Nullable String statement) throws ReplayException {
        Matcher parts = FORM.matcher(statement == null ? "" : statement);
        if (!parts.matches()) {
            throw new ReplayException("no snapshot of consents is stated");
        }
        ConsentSnapshot snapshot = new ConsentSnapshot(
                parts.group(1),
                Long.parseLong(parts.group(2)),
                Long.parseLong(parts.group(3)),
                Bytes.of(Base64.getDecoder().decode(parts.group(4))));
        if (!snapshot.statement().equals(statement)) {
            throw new ReplayException("the snapshot is not in its one form");
        }
        return snapshot;
    }

    /** The text that an entry carries. */
    public String statement() {
        return TYPE + "\n" + origin + "\n" + size + "\n" + patients + "\n" + hash.toBase64() + "\n";
    }

    /** Takes the patients in, by ascending pseudonym. One thread. */
    public static final class Builder {
        private final MessageDigest digest = sha256();
        private final String origin;
        private final long size;
        private @Nullable Pseudonym last;
        private long patients;

        /** @param size number of entries that are looked at */
        public Builder(String origin, long size) {
            this.origin = origin;
            this.size = size;
        }

        /**
         * The next patient.
         *
         * @param version of the state, at least 1
         * @param commitment to the state
         */
        public void add(Pseudonym patient, long version, Bytes commitment) {
            if (last != null && last.compareTo(patient) >= 0) {
                throw new IllegalArgumentException("patients come once each, by ascending pseudonym");
            }
            last = patient;
            patients++;
            digest.update(patient.toByteArray());
            digest.update(ByteBuffer.allocate(Long.BYTES).putLong(version).array());
            digest.update(commitment.toByteArray());
        }

        /** The snapshot; nothing is added afterwards. */
        public ConsentSnapshot build() {
            return new ConsentSnapshot(origin, size, patients, Bytes.of(digest.digest()));
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
        }
    }
}
