package org.securemed.ledger.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Proofs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is read of the log, and made from what is read: roots, proofs, receipts, tiles. Thread safe. */
final class LogReads {
    private static final Logger log = LoggerFactory.getLogger(LogReads.class);

    private final LogStore store;
    private final KeyEntries keys;

    LogReads(LogStore store, KeyEntries keys) {
        this.store = store;
        this.keys = keys;
    }

    /** Reads in a session of its own. */
    <T> T with(Function<LogStore.Session, T> query) {
        try (LogStore.Session session = store.read()) {
            return query.apply(session);
        }
    }

    /** The log's keys, read anew. */
    KeyHistory keys() {
        return with(session -> {
            keys.refresh(session);
            return keys.snapshot();
        });
    }

    Optional<Hash> rootOf(long size) {
        return with(session -> {
            long there = session.head().map(LogHead::size).orElse(0L);
            return size < 0 || size > there
                    ? Optional.empty()
                    : Optional.of(new Proofs(new TileNodes(session, there)).root(size));
        });
    }

    List<NoteSignature> cosignatures(long size) {
        List<NoteSignature> lines = new ArrayList<>();
        for (String line : with(session -> session.cosignatures(size))) {
            try {
                lines.add(NoteSignature.parse(line));
            } catch (NoteException e) {
                log.atError().addKeyValue("size", size).log("a stored cosignature is malformed");
            }
        }
        return lines;
    }

    Optional<byte[]> tile(TilePath path) {
        return with(session -> TileService.read(session, path, Math.max(0, covered(session))));
    }

    Optional<TlogProof> receipt(long index, SignedNote note, LogStore.Session session) {
        keys.refresh(session);
        long size = keys.verified("ledger_checkpoint", note).size();
        if (index < 0 || index >= size) {
            return Optional.empty();
        }
        return Optional.of(new TlogProof(
                index, proofs(session, size).inclusion(index, size).path(), note));
    }

    /** Number of entries under a published checkpoint; -1 when there is none. */
    static long covered(LogStore.Session session) {
        return session.head().map(LogHead::checkpointSize).orElse(-1L);
    }

    static Proofs proofs(LogStore.Session session, long treeSize) {
        long size = session.head().map(LogHead::size).orElse(0L);
        if (treeSize > size) {
            throw new IllegalArgumentException("the log has %d entries, not %d".formatted(size, treeSize));
        }
        return new Proofs(new TileNodes(session, size));
    }

    /** A stored checkpoint. */
    static SignedNote note(String stored) {
        try {
            return SignedNote.parse(stored);
        } catch (NoteException e) {
            throw new LogCorruptException("ledger_checkpoint, note", "a signed note", String.valueOf(e.getMessage()));
        }
    }
}
