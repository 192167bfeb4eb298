package org.securemed.fhir.audit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.merkle.TreeHash;

/** Records that a stored version is not what was recorded, and that it was put back. Thread-safe. */
public final class IntegrityRecorder {
    /** A stored version differs from the ledger. */
    static final Op ALARM = new Op("integrity.alarm");

    /** The committed bytes of a version were put back. */
    static final Op RESTORE = new Op("integrity.restore");

    private static final int MAJOR_FAILURE = 12;
    private static final int LONGEST_KEPT = 12 * 1024;

    private final EntryFactory entries;
    private final LedgerGateway ledger;
    private final SubjectKeys keys;

    IntegrityRecorder(EntryFactory entries, LedgerGateway ledger, SubjectKeys keys) {
        this.keys = keys;
        this.entries = entries;
        this.ledger = ledger;
    }

    /**
     * Records an alarm; returns when it is durable.
     *
     * @param patients logical ids of those to whom it belongs; none if it belongs to nobody
     * @param reference {@code Type/id/_history/version}
     * @param kind what is wrong, a code
     */
    public void alarm(Set<String> patients, String reference, String kind) {
        ledger.append(
                each(patients, patient -> entries.integrity(ALARM, patient, reference, kind, MAJOR_FAILURE, null)),
                List.of());
    }

    /** Returns when entries of a committed transaction are durable in the log. */
    public void seal(List<Entry> staged) {
        ledger.seal(staged);
    }

    /**
     * Records in the caller's transaction that a version is put back: the digests of before and after, and what was
     * there before, if it is no longer than about 12 kB packed.
     *
     * @param by who asked
     * @return what is to be {@linkplain #seal sealed} after the commit
     */
    public List<Entry> restored(Set<String> patients, VersionBytes before, VersionBytes after, String by) {
        String note = "by %s; before sha256 %s, after sha256 %s"
                .formatted(by, TreeHash.sha256(before.canonical()), TreeHash.sha256(after.canonical()));
        String packed = packed(before.text());
        List<Entry> made =
                each(patients, patient -> entries.integrity(RESTORE, patient, after.reference(), note, 0, packed));
        ledger.stage(made);
        return made;
    }

    /** Whether the record of taking a version away holds all of it. */
    public boolean keeps(VersionBytes version) {
        return packed(version.text()) != null;
    }

    private List<Entry> each(Set<String> patients, Function<@Nullable String, Entry> entry) {
        List<Entry> made = new ArrayList<>();
        // An erased patient gets no key again.
        patients.stream()
                .filter(patient -> keys.known(patient).isPresent())
                .forEach(patient -> made.add(entry.apply(patient)));
        if (made.isEmpty()) {
            made.add(entry.apply(null));
        }
        return made;
    }

    private static @Nullable String packed(byte[] text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
        String packed = Base64.getEncoder().encodeToString(bytes.toByteArray());
        return packed.length() > LONGEST_KEPT ? null : packed;
    }
}
