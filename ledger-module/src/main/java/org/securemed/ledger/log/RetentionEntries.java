package org.securemed.ledger.log;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.retention.LegalHolds;
import org.securemed.ledger.retention.PrunedEntries;
import org.securemed.ledger.retention.RetentionStatement;

/** What entries say of the retention of others. */
public final class RetentionEntries {
    // Each of up to 16 KiB.
    private static final int PAGE = 64;

    private RetentionEntries() {}

    /**
     * The entries that may be gone, by entries below {@code size} whose statement one of the log's keys signed. Others
     * are for a verifier to report.
     */
    public static PrunedEntries pruned(LogStore.Session session, KeyHistory keys, long size) {
        PrunedEntries pruned = new PrunedEntries();
        addTo(pruned, session, keys, 0, size);
        return pruned;
    }

    /** Adds what entries of {@code from} to {@code size} (exclusive) say. */
    static void addTo(PrunedEntries pruned, LogStore.Session session, KeyHistory keys, long from, long size) {
        for (StoredEntry stored : all(session, Op.RETENTION, from)) {
            if (stored.index() < size) {
                statement(stored.entry().statement(), keys).ifPresent(pruned::add);
            }
        }
    }

    /** The holds that are in force: one counts at once, its release when a published checkpoint covers that. */
    static LegalHolds holds(LogStore.Session session) {
        List<StoredEntry> entries = new ArrayList<>(all(session, Op.HOLD, 0));
        long covered = LogReads.covered(session);
        all(session, Op.HOLD_RELEASE, 0).stream()
                .filter(release -> release.index() < covered)
                .forEach(entries::add);
        LegalHolds holds = new LegalHolds();
        entries.stream()
                .sorted(Comparator.comparingLong(StoredEntry::index))
                .forEach(stored -> holds.add(stored.entry()));
        return holds;
    }

    /** The statement in a text, if one of the log's keys signed it. */
    public static Optional<RetentionStatement> statement(@Nullable String text, KeyHistory keys) {
        for (VerifyKey key : keys.logKeys()) {
            try {
                return text == null
                        ? Optional.empty()
                        : Optional.of(RetentionStatement.verify(SignedNote.parse(text), key));
            } catch (NoteException e) {
                // Perhaps it is of the next key.
                continue;
            }
        }
        return Optional.empty();
    }

    private static List<StoredEntry> all(LogStore.Session session, Op op, long first) {
        List<StoredEntry> entries = new ArrayList<>();
        List<StoredEntry> page;
        do {
            long from =
                    entries.isEmpty() ? first : entries.get(entries.size() - 1).index() + 1;
            page = session.entries(op, from, PAGE);
            entries.addAll(page);
        } while (page.size() == PAGE);
        return entries;
    }
}
