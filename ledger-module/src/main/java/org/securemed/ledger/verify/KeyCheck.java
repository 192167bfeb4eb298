package org.securemed.ledger.verify;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.KeyRowException;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.WrappedKey;
import org.securemed.ledger.verify.Rows.KeyRow;
import org.securemed.ledger.verify.Rows.Raw;

/** Checks rows of patients' keys, every column. One thread. */
final class KeyCheck {
    static final String TABLE = "patient_key";

    private final KeyEncryptionKeys epochs;
    private final Findings findings;

    KeyCheck(KeyEncryptionKeys epochs, Findings findings) {
        this.epochs = epochs;
        this.findings = findings;
    }

    static String row(byte[] pseudonym) {
        return "pseudonym " + Raw.of(pseudonym);
    }

    /**
     * The key of a patient who is not erased; null when the row is not as it was written.
     *
     * @param into takes the finding
     */
    @Nullable
    PatientKey living(KeyRow row, Findings into) {
        String place = row(row.pseudonym());
        if (row.destroyedAt() != null) {
            into.add(TABLE, place, "destroyed_at", "nothing: the log knows of no erasure", row.destroyedAt());
            return null;
        }
        byte[] lookup = present(into, place, "lookup", row.lookup());
        byte[] sealedSubject = present(into, place, "sealed_subject", row.sealedSubject());
        byte[] wrapped = present(into, place, "wrapped", row.wrapped());
        Integer epoch = present(into, place, "kek_epoch", row.epoch());
        String createdIn = present(into, place, "created_in", row.createdIn());
        if (lookup == null || sealedSubject == null || wrapped == null || epoch == null || createdIn == null) {
            return null;
        }
        if (row.pseudonym().length != Pseudonym.LENGTH) {
            into.add(TABLE, place, "pseudonym", "16 bytes", row.pseudonym().length);
            return null;
        }
        try {
            WrappedKey key = new WrappedKey(
                    Pseudonym.of(row.pseudonym()),
                    sealedSubject,
                    wrapped,
                    epoch,
                    Long.parseUnsignedLong(createdIn),
                    true);
            return epochs.authenticate(key, lookup);
        } catch (KeyRowException e) {
            into.add(TABLE, place, e.column(), e.expected(), "a row of epoch %d that does not fit".formatted(epoch));
            return null;
        }
    }

    /** Checks that nothing is left of a key that was erased at {@code time}. */
    void erased(KeyRow row, Instant time) {
        String place = row(row.pseudonym());
        Object found = row.destroyedAt() == null ? "nothing" : row.destroyedAt();
        findings.compare(TABLE, place, "destroyed_at", time, found);
        absent(place, "lookup", row.lookup());
        absent(place, "sealed_subject", row.sealedSubject());
        absent(place, "wrapped", row.wrapped());
        absent(place, "kek_epoch", row.epoch());
        absent(place, "created_in", row.createdIn());
    }

    private static <T> @Nullable T present(Findings into, String place, String column, @Nullable T value) {
        if (value == null) {
            into.add(TABLE, place, column, "a value", "nothing");
        }
        return value;
    }

    private void absent(String place, String column, @Nullable Object value) {
        if (value != null) {
            findings.add(TABLE, place, column, "nothing: the patient is erased", "a value");
        }
    }
}
