package org.securemed.ledger.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.merkle.Hash;

/** The keys of this log, as the entries say that it has. Thread safe. */
final class KeyEntries {
    private static final int PAGE = 256;

    private final VerifyKey known;
    // Null before the first reading.
    private @Nullable KeyHistory history;
    private long next;

    /** @param known one of the log's keys, which this server trusts */
    KeyEntries(VerifyKey known) {
        this.known = known;
    }

    /** Reads what the log says of its keys since the last reading. */
    synchronized void refresh(LogStore.Session session) {
        List<StoredEntry> fresh = new ArrayList<>();
        List<StoredEntry> page;
        do {
            page = session.entries(Op.KEY, next, PAGE);
            fresh.addAll(page);
            next = page.isEmpty() ? next : page.get(page.size() - 1).index() + 1;
        } while (page.size() == PAGE);
        KeyHistory told = history;
        if (told == null) {
            List<String> statements = fresh.stream()
                    .map(stored -> stored.entry().statement())
                    .flatMap(statement -> Optional.ofNullable(statement).stream())
                    .toList();
            told = new KeyHistory(KeyHistory.initial(known, statements));
            history = told;
        }
        for (StoredEntry stored : fresh) {
            learn(told, stored);
        }
    }

    /** The key that may have signed this block, as the log says now. */
    synchronized Optional<VerifyKey> signerOf(Block block, LogStore.Session session) {
        refresh(session);
        return history().maySign(block.keyId(), block.firstIndex(), block.treeSize())
                ? history().instanceKey(block.keyId())
                : Optional.empty();
    }

    /** The instance key with this fingerprint if it is in force, as of the last reading. */
    synchronized Optional<VerifyKey> inForce(Hash fingerprint) {
        return history().isInForce(fingerprint) ? history().instanceKey(fingerprint) : Optional.empty();
    }

    /** The instance key with this fingerprint, in force or revoked, as of the last reading. */
    synchronized Optional<VerifyKey> instanceKey(Hash fingerprint) {
        return history().instanceKey(fingerprint);
    }

    /** All that was read so far; later readings do not change it. */
    synchronized KeyHistory snapshot() {
        return history().copy();
    }

    /** The log keys so far, the newest one last, as of the last reading. */
    synchronized List<VerifyKey> logKeys() {
        return history().logKeys();
    }

    /** The log key that signs a checkpoint of this size, as of the last reading. */
    synchronized VerifyKey logKeyAt(long size) {
        return history().logKeyAt(size);
    }

    /** Which earlier log keys may sign a checkpoint of this size, too, as of the last reading. */
    synchronized Set<VerifyKey> outgoingAt(long size) {
        return history().outgoingAt(size);
    }

    /** The cosigners that must sign a checkpoint of this size, as of the last reading. */
    synchronized Set<CosignVerifyKey> cosignersAt(long size) {
        return history().cosignersAt(size);
    }

    /**
     * The checkpoint in a note, if the log's key of that place signed it.
     *
     * @param where whence the note is, for the message
     * @throws LogCorruptException if it did not
     */
    synchronized Checkpoint verified(String where, SignedNote note) {
        try {
            return history().verify(note);
        } catch (NoteException e) {
            throw new LogCorruptException(where, "a checkpoint by the log key", String.valueOf(e.getMessage()));
        }
    }

    /**
     * Whether the log would take this statement next; nothing changes.
     *
     * @param index where it would be
     * @throws NoteException saying why not
     */
    synchronized void tryNext(long index, String statement) throws NoteException {
        history().copy().learn(index, statement);
    }

    private KeyHistory history() {
        KeyHistory told = history;
        if (told == null) {
            throw new IllegalStateException("the log's keys have not been read");
        }
        return told;
    }

    private static void learn(KeyHistory told, StoredEntry stored) {
        String statement = stored.entry().statement();
        if (statement == null || !KeyHistory.concerns(statement)) {
            return;
        }
        try {
            told.learn(stored.index(), statement);
        } catch (NoteException e) {
            throw new LogCorruptException(
                    "ledger_entry " + stored.index() + ", body",
                    "a statement about keys by the log key",
                    String.valueOf(e.getMessage()));
        }
    }
}
