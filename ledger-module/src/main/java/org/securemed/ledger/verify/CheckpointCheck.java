package org.securemed.ledger.verify;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.verify.Rows.CheckpointRow;

/**
 * Compares checkpoints, those that are stored and those that were handed out, with the tree as it grows. One thread.
 */
final class CheckpointCheck {
    private static final String TABLE = "ledger_checkpoint";

    private final Cursor<CheckpointRow> stored;
    private final ArrayDeque<HandedOut> handedOut;
    private final KeyHistory keys;
    private final Findings findings;
    private long previousSize = -1;
    private @Nullable Stored expected;

    CheckpointCheck(StoredLog log, List<HandedOut> handedOut, KeyHistory keys, Findings findings) throws SQLException {
        this.stored = log.checkpoints();
        this.handedOut = new ArrayDeque<>(handedOut.stream()
                .sorted(Comparator.comparingLong(known -> known.claimed().size()))
                .toList());
        this.keys = keys;
        this.findings = findings;
        advance();
    }

    /**
     * To be called for every size from 0 on.
     *
     * @param root root of that size; null when it cannot be known because of findings before
     */
    void at(long size, Supplier<@Nullable Hash> root) throws SQLException {
        for (HandedOut known = handedOut.peek();
                known != null && known.claimed().size() == size;
                known = handedOut.peek()) {
            handedOut.remove();
            String what = "checkpoint from " + known.source();
            signed("log", size, what, known.note());
            compare("log", "size " + size, "root of the " + what, known.claimed(), root.get());
        }
        while (expected != null && expected.claimed.size() == size) {
            if (signed(TABLE, size, "note", expected.note)) {
                compare(TABLE, "size " + size, "note", expected.claimed, root.get());
                beside(expected.claimed, expected.note);
            }
            advance();
        }
    }

    /** Whether {@link #at} has anything to say at this size. */
    boolean awaits(long size) {
        HandedOut known = handedOut.peek();
        return (known != null && known.claimed().size() == size)
                || (expected != null && expected.claimed.size() == size);
    }

    /** Whether {@link #at} has anything to say at a smaller size that was not reached yet. */
    boolean awaitsBefore(long size) {
        HandedOut known = handedOut.peek();
        return (known != null && known.claimed().size() < size) || (expected != null && expected.claimed.size() < size);
    }

    /** @param size number of entries that the log has; returns the size of the last stored checkpoint */
    long finish(long size) throws SQLException {
        for (HandedOut known : handedOut) {
            findings.add(
                    "log",
                    "seq %d to %d".formatted(size, known.claimed().size() - 1),
                    "*",
                    "the entries of the checkpoint from " + known.source(),
                    "none: the log was truncated");
        }
        while (expected != null) {
            findings.add(
                    TABLE,
                    "size " + expected.claimed.size(),
                    "*",
                    "no checkpoint beyond %d entries".formatted(size),
                    "one");
            advance();
        }
        return previousSize;
    }

    /** Whether the log key of this size signed. */
    private boolean signed(String table, long size, String column, SignedNote signed) {
        try {
            keys.verify(signed);
            return true;
        } catch (NoteException e) {
            findings.add(table, "size " + size, column, "a checkpoint by the log key", String.valueOf(e.getMessage()));
            return false;
        }
    }

    /** The log's own line comes first; then perhaps earlier log keys, and exactly the certified cosigners. */
    private void beside(Checkpoint checkpoint, SignedNote note) {
        VerifyKey logKey = keys.logKeyAt(checkpoint.size());
        if (note.signatures().get(0).keyId() != logKey.keyId()) {
            findings.add(
                    TABLE,
                    "size " + checkpoint.size(),
                    "note",
                    "the log's signature, then cosignatures",
                    "another form");
        }
        List<NoteSignature> unexplained =
                new ArrayList<>(note.signatures().subList(1, note.signatures().size()));
        unexplained.removeIf(line -> isOutgoing(checkpoint, line));
        for (CosignVerifyKey cosigner : keys.cosignersAt(checkpoint.size())) {
            try {
                NoteSignature line = unexplained.stream()
                        .filter(cosigner::isNamedBy)
                        .findFirst()
                        .orElseThrow(() -> new NoteException("none"));
                cosigner.verify(checkpoint, line);
                unexplained.remove(line);
            } catch (NoteException e) {
                add(checkpoint, "a cosignature by " + cosigner.name(), String.valueOf(e.getMessage()));
            }
        }
        if (!unexplained.isEmpty()) {
            add(checkpoint, "no cosignature by others", unexplained.get(0).name());
        }
    }

    private boolean isOutgoing(Checkpoint checkpoint, NoteSignature line) {
        byte[] body = checkpoint.body().getBytes(StandardCharsets.UTF_8);
        return keys.outgoingAt(checkpoint.size()).stream()
                .anyMatch(key -> line.name().equals(key.name())
                        && line.keyId() == key.keyId()
                        && key.signed(body, line.signature()));
    }

    private void add(Checkpoint checkpoint, String expectation, String found) {
        findings.add(TABLE, "size " + checkpoint.size(), "note", expectation, found);
    }

    private void compare(String table, String row, String column, Checkpoint checkpoint, @Nullable Hash root) {
        if (root != null) {
            findings.compare(table, row, column, checkpoint.root(), root);
        }
    }

    /** Goes on to the next stored checkpoint that can be compared with the tree. */
    private void advance() throws SQLException {
        expected = null;
        for (CheckpointRow row = stored.take(); row != null; row = stored.take()) {
            findings.compare(TABLE, "size " + row.size(), "log", 1, row.log());
            findings.compare(TABLE, "size " + row.size(), "prev_size", previousSize, row.previousSize());
            previousSize = row.size();
            expected = claimed(row);
            if (expected != null) {
                return;
            }
        }
    }

    private @Nullable Stored claimed(CheckpointRow row) {
        String place = "size " + row.size();
        try {
            SignedNote note = SignedNote.parse(row.note());
            Checkpoint checkpoint = Checkpoint.claimed(note);
            if (!note.toString().equals(row.note())) {
                findings.add(TABLE, place, "note", "the log's signature, then cosignatures", "another form");
            }
            if (checkpoint.size() != row.size()) {
                requireSome(note);
                findings.add(TABLE, place, "size", checkpoint.size(), row.size());
                return null;
            }
            return new Stored(note, checkpoint);
        } catch (NoteException e) {
            findings.add(TABLE, place, "note", "a checkpoint by the log key", String.valueOf(e.getMessage()));
            return null;
        }
    }

    /** That one of the log's keys signed, whichever. */
    private void requireSome(SignedNote note) throws NoteException {
        for (VerifyKey key : keys.logKeys()) {
            if (note.signatures().stream().anyMatch(line -> line.keyId() == key.keyId())) {
                note.verify(key);
                return;
            }
        }
        throw new NoteException("the note is not signed by the log");
    }

    /** A stored checkpoint, not verified yet: the keys of its place may not have been read. */
    private record Stored(SignedNote note, Checkpoint claimed) {}

    /**
     * A checkpoint that somebody was given.
     *
     * @param source whence it is, for messages
     * @param claimed what it says, not verified
     */
    record HandedOut(String source, SignedNote note, Checkpoint claimed) {}
}
