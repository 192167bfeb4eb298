package org.securemed.ledger.log;

import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Proofs;

/** Checks that the stored tree extends a checkpoint that was signed earlier. */
final class CheckpointHistory {
    private final KeyEntries keys;

    CheckpointHistory(KeyEntries keys) {
        this.keys = keys;
    }

    /**
     * The checkpoint in {@code note}, if the log that ends with {@code head} extends it.
     *
     * @param where whence the note is, for the message
     * @throws LogCorruptException if it does not
     */
    Checkpoint extendedBy(LogHead head, String where, SignedNote note, LogStore.Session session) {
        Checkpoint checkpoint = keys.verified(where, note);
        if (checkpoint.size() > head.size()) {
            throw new LogCorruptException(
                    "ledger_head, size",
                    "at least the %d entries of the checkpoint in %s".formatted(checkpoint.size(), where),
                    head.size() + " entries: the database is older than what was signed");
        }
        Hash root = new Proofs(new TileNodes(session, head.size())).root(checkpoint.size());
        if (!root.equals(checkpoint.root())) {
            throw new LogCorruptException(
                    "tree of %d entries".formatted(checkpoint.size()),
                    "root %s of the checkpoint in %s".formatted(checkpoint.root(), where),
                    "root " + root + ": the database is a fork of what was signed");
        }
        return checkpoint;
    }
}
