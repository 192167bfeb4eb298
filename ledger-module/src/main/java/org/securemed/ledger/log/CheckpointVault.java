package org.securemed.ledger.log;

import java.util.Optional;
import org.securemed.ledger.checkpoint.SignedNote;

/**
 * Keeps the last signed checkpoint outside the database, so that a database restored from a backup cannot become a fork
 * unnoticed: the log is not opened behind or beside what is kept here.
 */
public interface CheckpointVault {
    /**
     * What was kept last.
     *
     * @throws LogCorruptException if what is there is not a note
     */
    Optional<SignedNote> load();

    /**
     * Keeps {@code next} if {@code expected} is still what is kept, durably before this returns.
     *
     * @return false if something else is kept by now; then nothing changed
     */
    boolean replace(Optional<SignedNote> expected, SignedNote next);

    /** Keeps nothing: a rollback of the whole database is then found only against a checkpoint that was handed out. */
    static CheckpointVault none() {
        return new CheckpointVault() {
            @Override
            public Optional<SignedNote> load() {
                return Optional.empty();
            }

            @Override
            public boolean replace(Optional<SignedNote> expected, SignedNote next) {
                return true;
            }
        };
    }
}
