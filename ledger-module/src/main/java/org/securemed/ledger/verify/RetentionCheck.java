package org.securemed.ledger.verify;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.retention.PrunedEntries;
import org.securemed.ledger.retention.RetentionStatement;

/**
 * Which entries may be gone: those that statements of the log itself name, if each is signed by the log's key, is about
 * what was there before it, long enough ago when it was made, and states the root that the tree had. One thread.
 */
final class RetentionCheck {
    private static final String BODY = "body";

    private final String origin;
    private final Findings findings;
    private final PrunedEntries named = new PrunedEntries();
    /** By the size of the tree whose root they state. */
    private final NavigableMap<Long, List<Claim>> byEnd = new TreeMap<>();
    /** By the index at which the span begins that they are about. */
    private final NavigableMap<Long, List<Claim>> bySpan = new TreeMap<>();

    private long missing;

    RetentionCheck(String origin, Findings findings) {
        this.origin = origin;
        this.findings = findings;
    }

    /** A statement and where it stands. */
    private record Claim(String table, String place, RetentionStatement statement) {}

    /**
     * Takes in what an entry claims, before the entry itself is looked at: {@link #confirm} does that.
     *
     * @param table for messages, with {@code place}
     */
    void claim(String table, String place, String text) {
        try {
            RetentionStatement statement = RetentionStatement.claimed(SignedNote.parse(text));
            named.add(statement);
            Claim claim = new Claim(table, place, statement);
            byEnd.computeIfAbsent(statement.to(), size -> new ArrayList<>()).add(claim);
            bySpan.computeIfAbsent(statement.from(), from -> new ArrayList<>()).add(claim);
        } catch (NoteException e) {
            // Said with the entry.
            return;
        }
    }

    /**
     * Judges a statement in its place in the log.
     *
     * @param keys of the log, as of this entry
     * @param index of the entry
     * @param time of the entry
     */
    void confirm(String table, String place, String text, KeyHistory keys, long index, Instant time) {
        try {
            RetentionStatement statement = verified(SignedNote.parse(text), keys);
            if (statement.to() > index) {
                throw new NoteException("it is about entries that came later");
            }
            if (!statement.isDueAt(time)) {
                throw new NoteException(
                        "entries are kept for %s, and it lets go what is younger".formatted(statement.keptFor()));
            }
        } catch (NoteException e) {
            findings.add(table, place, BODY, "a retention statement by the log key", String.valueOf(e.getMessage()));
        }
    }

    /** Whether the entry at this index may be gone. */
    boolean covers(long index) {
        return named.covers(index);
    }

    /** Notes that an entry is gone that may be. */
    void missing() {
        missing++;
    }

    /** Number of entries that are gone, and may be. */
    long count() {
        return missing;
    }

    /** Number of statements. */
    long statements() {
        return named.statements();
    }

    /** Whether a statement tells the root of the tree of this size. */
    boolean awaits(long size) {
        return byEnd.containsKey(size);
    }

    /** Whether a statement tells the root of a tree of more than {@code size} and less than {@code end} entries. */
    boolean awaitsBetween(long size, long end) {
        Long next = byEnd.higherKey(size);
        return next != null && next < end;
    }

    /** Compares the stated roots of the tree of this size. */
    void at(long size, Hash root) {
        for (Claim claim : byEnd.getOrDefault(size, List.of())) {
            findings.compare(
                    claim.table,
                    claim.place,
                    BODY,
                    "root of %d entries: ".formatted(size) + root,
                    "root of %d entries: ".formatted(size) + claim.statement.root());
        }
    }

    /**
     * Says which statements let go of something in a block, or in a tile of blocks, that is too young.
     *
     * @param from first index of the block
     * @param to behind its last one
     */
    void block(long from, long to, long timeMillis) {
        if (from < 0 || from >= to) {
            // A forged size: said with the block.
            return;
        }
        // By the statements and not by the indexes, of which a forged block may claim any number.
        for (List<Claim> claims :
                bySpan.subMap(from - from % RetentionStatement.SPAN, to).values()) {
            for (Claim claim : claims) {
                RetentionStatement statement = claim.statement;
                if (timeMillis >= statement.before().toEpochMilli() && namesAny(statement, from, to)) {
                    findings.add(
                            claim.table,
                            claim.place,
                            BODY,
                            "names of entries from before " + statement.before(),
                            "index %d to %d, of %s or later".formatted(from, to - 1, Instant.ofEpochMilli(timeMillis)));
                }
            }
        }
    }

    private static boolean namesAny(RetentionStatement statement, long from, long to) {
        for (long index = Math.max(from, statement.from()); index < Math.min(to, statement.to()); index++) {
            if (statement.names(index)) {
                return true;
            }
        }
        return false;
    }

    private RetentionStatement verified(SignedNote note, KeyHistory keys) throws NoteException {
        NoteException refused = new NoteException("not signed by a key of the log");
        for (VerifyKey key : keys.logKeys()) {
            try {
                RetentionStatement statement = RetentionStatement.verify(note, key);
                if (!statement.origin().equals(origin)) {
                    throw new NoteException("it is of another log");
                }
                return statement;
            } catch (NoteException e) {
                refused = e;
            }
        }
        throw refused;
    }
}
