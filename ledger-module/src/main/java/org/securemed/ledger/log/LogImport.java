package org.securemed.ledger.log;

import java.util.ArrayList;
import java.util.List;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;

/**
 * Puts a log that was exported into an empty store, block by block as they were written, in one transaction: all of it
 * or nothing. That what comes in leads to the signed root is checked here; who signed what is for a verifier to say
 * before. One thread.
 */
public final class LogImport implements AutoCloseable {
    private final LogStore.Session session;
    private final String origin;
    private final TileGrowth tiles = new TileGrowth();
    private LogHead head = LogHead.EMPTY;

    /**
     * Begins.
     *
     * @throws LogCorruptException if there is anything in the store: nothing is ever put beside a log
     * @throws LedgerUnavailableException if it cannot be written
     */
    public LogImport(LogStore store, String origin) {
        this.origin = origin;
        this.session = store.write();
        try {
            if (session.lockHead().isPresent() || !session.isEmpty()) {
                throw new LogCorruptException("the database", "no log", "one, or parts of one");
            }
            session.createHead(head);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /**
     * Adds the next block.
     *
     * @param bodies its entries' bytes; empty where one was pruned
     * @param hashes the leaf hashes of its tiles, which count where there are no bytes
     * @throws LogCorruptException if the block does not follow, or its entries do not lead to its root
     */
    public void add(Block block, List<byte[]> bodies, List<Hash> hashes) {
        String where = "block " + block.number();
        require(where + ", number", head.blockNumber() + 1, block.number());
        require(where + ", first index", head.size(), block.firstIndex());
        require(where + ", entries", block.count(), bodies.size());
        require(where + ", previous", head.blockHash(), block.previous());
        List<Leaf> leaves = new ArrayList<>(bodies.size());
        for (byte[] body : bodies) {
            leaves.add(
                    body.length == 0
                            ? Leaf.pruned(hashes.get(leaves.size()))
                            : leaf(head.size() + leaves.size(), body));
        }
        List<Hash> grown = leaves.stream().map(Leaf::hash).toList();
        Frontier frontier = head.frontier().append(grown);
        require(where + ", root", block.root(), frontier.root());
        List<Tile> full = tiles.completedBy(head, grown, session);
        LogHead after = new LogHead(block.number(), block.hash(origin), frontier, block.timeMillis(), -1);
        try {
            session.write(head, new BlockCommit(block, leaves, full, List.of(), after));
        } catch (HeadMovedException e) {
            throw new LogCorruptException("the database", "nobody else who writes", String.valueOf(e.getMessage()));
        } catch (DuplicateIdException e) {
            throw new LogCorruptException(where, "entry ids that are not in the log yet", "one that is");
        }
        tiles.committed(head, after, grown);
        head = after;
    }

    /** Number of entries so far. */
    public long size() {
        return head.size();
    }

    /**
     * Ends with the checkpoint that covers exactly the blocks that were added, and makes all of it durable.
     *
     * @param note that holds it
     * @throws LogCorruptException if it does not
     */
    public void finish(Checkpoint checkpoint, SignedNote note) {
        require("checkpoint, size", checkpoint.size(), head.size());
        require("checkpoint, root", checkpoint.root(), head.frontier().root());
        session.publish(-1, checkpoint.size(), note.toString());
        session.commit();
    }

    /** Ends; without {@link #finish} nothing was done. */
    @Override
    public void close() {
        session.close();
    }

    private static Leaf leaf(long index, byte[] body) {
        try {
            return Leaf.of(Entry.parse(body), body);
        } catch (EntryException e) {
            throw new LogCorruptException("entry " + index, "an entry", String.valueOf(e.getMessage()));
        }
    }

    private static void require(String where, Object expected, Object found) {
        if (!expected.equals(found)) {
            throw new LogCorruptException(where, expected.toString(), found.toString());
        }
    }
}
