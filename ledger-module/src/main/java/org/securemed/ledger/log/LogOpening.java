package org.securemed.ledger.log;

import java.util.Optional;
import org.securemed.ledger.checkpoint.SignedNote;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is looked at before a log is gone on with: whether it ends as it was signed, here and in the vault. */
final class LogOpening {
    private static final Logger log = LoggerFactory.getLogger(LogOpening.class);

    private final String origin;
    private final KeyEntries keys;
    private final HeadCheck headCheck;
    private final CheckpointHistory history;
    private final LedgerOptions options;

    LogOpening(String origin, KeyEntries keys, HeadCheck headCheck, CheckpointHistory history, LedgerOptions options) {
        this.origin = origin;
        this.keys = keys;
        this.headCheck = headCheck;
        this.history = history;
        this.options = options;
    }

    /**
     * Looks at the log under the head's lock; makes it where there is none, if that is allowed.
     *
     * @throws LogCorruptException if what is stored is not what was signed, saying where
     * @throws LedgerUnavailableException if there is no log and none may be made
     */
    void check(LogStore store, CheckpointVault vault) {
        try (LogStore.Session session = store.write()) {
            LogHead head = session.lockHead().orElseGet(() -> create(session));
            keys.refresh(session);
            headCheck.andItsSurroundings(head, session);
            Optional<SignedNote> published = session.newestCheckpoint().map(LogReads::note);
            long publishedSize = published
                    .map(note -> history.extendedBy(head, "ledger_checkpoint", note, session)
                            .size())
                    .orElse(-1L);
            if (publishedSize != head.checkpointSize()) {
                throw new LogCorruptException(
                        "ledger_head, checkpoint_size",
                        Long.toString(publishedSize),
                        Long.toString(head.checkpointSize()));
            }
            vault.load().ifPresent(note -> history.extendedBy(head, "the vault", note, session));
            session.commit();
        }
    }

    private LogHead create(LogStore.Session session) {
        if (!session.isEmpty()) {
            throw new LogCorruptException("ledger_head", "the row of this log", "none, though there are entries");
        }
        if (!options.createIfAbsent()) {
            throw new LedgerUnavailableException("there is no log in this database, and none is to be made");
        }
        session.createHead(LogHead.EMPTY);
        log.atInfo().addKeyValue("origin", origin).log("log created");
        return LogHead.EMPTY;
    }
}
