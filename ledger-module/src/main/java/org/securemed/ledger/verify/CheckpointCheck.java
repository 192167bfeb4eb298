package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
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
    private final VerifyKey logKey;
    private final Certificates certificates;
    private final Findings findings;
    private long previousSize = -1;
    private @Nullable Checkpoint expected;
    private List<NoteSignature> cosignatures = List.of();

    CheckpointCheck(
            StoredLog log, List<HandedOut> handedOut, VerifyKey logKey, Certificates certificates, Findings findings)
            throws SQLException {
        this.stored = log.checkpoints();
        this.handedOut = new ArrayDeque<>(handedOut.stream()
                .sorted(Comparator.comparingLong(known -> known.checkpoint().size()))
                .toList());
        this.logKey = logKey;
        this.certificates = certificates;
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
                known != null && known.checkpoint().size() == size;
                known = handedOut.peek()) {
            handedOut.remove();
            compare(
                    "log",
                    "size " + size,
                    "root of the checkpoint from " + known.source(),
                    known.checkpoint(),
                    root.get());
        }
        while (expected != null && expected.size() == size) {
            compare(TABLE, "size " + size, "note", expected, root.get());
            cosigned(expected);
            advance();
        }
    }

    /** Whether {@link #at} has anything to say at this size. */
    boolean awaits(long size) {
        HandedOut known = handedOut.peek();
        return (known != null && known.checkpoint().size() == size) || (expected != null && expected.size() == size);
    }

    /** @param size number of entries that the log has; returns the size of the last stored checkpoint */
    long finish(long size) throws SQLException {
        for (HandedOut known : handedOut) {
            findings.add(
                    "log",
                    "seq %d to %d".formatted(size, known.checkpoint().size() - 1),
                    "*",
                    "the entries of the checkpoint from " + known.source(),
                    "none: the log was truncated");
        }
        while (expected != null) {
            findings.add(
                    TABLE, "size " + expected.size(), "*", "no checkpoint beyond %d entries".formatted(size), "one");
            advance();
        }
        return previousSize;
    }

    /** Exactly those cosigners signed that were certified by then. */
    private void cosigned(Checkpoint checkpoint) {
        List<NoteSignature> unexplained = new ArrayList<>(cosignatures);
        for (CosignVerifyKey cosigner : certificates.cosigners()) {
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
            Checkpoint checkpoint = verified(row);
            if (checkpoint != null) {
                expected = checkpoint;
                return;
            }
        }
    }

    private @Nullable Checkpoint verified(CheckpointRow row) {
        String place = "size " + row.size();
        try {
            SignedNote note = SignedNote.parse(row.note());
            Checkpoint checkpoint = Checkpoint.verify(note, logKey);
            cosignatures = note.signatures().subList(1, note.signatures().size());
            boolean first = note.signatures().get(0).keyId() == logKey.keyId();
            if (!note.toString().equals(row.note()) || !first) {
                findings.add(TABLE, place, "note", "the log's signature, then cosignatures", "another form");
            }
            if (checkpoint.size() != row.size()) {
                findings.add(TABLE, place, "size", checkpoint.size(), row.size());
                return null;
            }
            return checkpoint;
        } catch (NoteException e) {
            findings.add(TABLE, place, "note", "a checkpoint by the log key", String.valueOf(e.getMessage()));
            return null;
        }
    }

    /**
     * A checkpoint that somebody was given.
     *
     * @param source whence it is, for messages
     */
    record HandedOut(String source, Checkpoint checkpoint) {}
}
