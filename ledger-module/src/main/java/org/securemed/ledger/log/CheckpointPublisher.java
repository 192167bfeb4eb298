package org.securemed.ledger.log;

import java.util.Optional;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;

/** Signs where the log is, keeps it in the vault, then stores it. One thread at a time. */
final class CheckpointPublisher {
    private final String origin;
    private final CheckpointSigner signer;
    private final KeyEntries keys;
    private final CheckpointVault vault;
    private final HeadCheck headCheck;
    private final CheckpointHistory history;

    CheckpointPublisher(
            String origin,
            CheckpointSigner signer,
            KeyEntries keys,
            CheckpointVault vault,
            HeadCheck headCheck,
            CheckpointHistory history) {
        this.origin = origin;
        this.signer = signer;
        this.keys = keys;
        this.vault = vault;
        this.headCheck = headCheck;
        this.history = history;
    }

    /**
     * Publishes a checkpoint if the log has grown since the last.
     *
     * @throws LogCorruptException if the log does not extend what was signed before
     */
    void publish(LogStore store) {
        LogHead head;
        try (LogStore.Session session = store.read()) {
            head = session.head()
                    .orElseThrow(() -> new LogCorruptException("ledger_head", "the row of this log", "none"));
            if (head.size() == head.checkpointSize()) {
                return;
            }
            keys.refresh(session);
            headCheck.againstLastBlock(head, session);
        } catch (LogCorruptException e) {
            // The head and its block are read one after the other; a block in between looks like a difference.
            head = lockedHead(store);
        }
        Checkpoint checkpoint =
                new Checkpoint(origin, head.size(), head.frontier().root());
        Optional<SignedNote> signed = signer.sign(checkpoint);
        if (signed.isEmpty()) {
            return;
        }
        SignedNote note = signed.get();
        keep(head, checkpoint, note, store);
        try (LogStore.Session session = store.write()) {
            LogHead locked = session.lockHead()
                    .orElseThrow(() -> new LogCorruptException("ledger_head", "the row of this log", "none"));
            if (locked.checkpointSize() >= checkpoint.size()) {
                session.rollback();
                return;
            }
            session.publish(locked.checkpointSize(), checkpoint.size(), note.toString());
            session.commit();
        }
    }

    private LogHead lockedHead(LogStore store) {
        try (LogStore.Session session = store.write()) {
            LogHead head = session.lockHead()
                    .orElseThrow(() -> new LogCorruptException("ledger_head", "the row of this log", "none"));
            headCheck.againstLastBlock(head, session);
            session.rollback();
            return head;
        }
    }

    /** Compare and swap before publishing: what is kept must be a prefix of what is signed now. */
    private void keep(LogHead head, Checkpoint checkpoint, SignedNote note, LogStore store) {
        while (true) {
            Optional<SignedNote> kept = vault.load();
            if (kept.isPresent() && isNewer(kept.get(), checkpoint)) {
                return;
            }
            if (kept.isPresent()) {
                try (LogStore.Session session = store.read()) {
                    history.extendedBy(head, "the vault", kept.get(), session);
                }
            }
            if (vault.replace(kept, note)) {
                return;
            }
        }
    }

    /** Another instance with the same vault may have gone on; it checked ours then, and start-up checks it again. */
    private boolean isNewer(SignedNote kept, Checkpoint checkpoint) {
        try {
            // Beyond what this instance has read of the log's keys its signature cannot be judged, and need not be.
            return Checkpoint.claimed(kept).size() > checkpoint.size();
        } catch (NoteException e) {
            throw new LogCorruptException("the vault", "a checkpoint", String.valueOf(e.getMessage()));
        }
    }
}
