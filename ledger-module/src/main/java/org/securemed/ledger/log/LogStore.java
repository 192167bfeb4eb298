package org.securemed.ledger.log;

import java.sql.Connection;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;

/**
 * Where the log is kept. Every method of it and of its sessions may throw {@link LedgerUnavailableException}; what is
 * stored but cannot be what this log wrote is a {@link LogCorruptException}.
 */
public interface LogStore {
    /** A session that writes: transactions begin by themselves and end with {@code commit} or {@code rollback}. */
    Session write();

    /** A session that reads what is committed, each statement for itself. */
    Session read();

    /**
     * Adds rows to the outbox in the caller's transaction. Its commit need not be durable by itself: the commit of the
     * block that takes the rows makes it so.
     *
     * @param connection the caller's, to the same database; neither committed nor closed here
     */
    void stage(Connection connection, List<StagedEntry> entries);

    /** One connection. Not thread safe. After an unchecked exception, close it. */
    interface Session extends AutoCloseable {
        /** Reads the head and holds it until the transaction ends: nobody else writes a block meanwhile. */
        Optional<LogHead> lockHead();

        /** The same, and the block that the head names, if there is one. */
        Optional<LogEnd> lockEnd();

        /** The head as it is. */
        Optional<LogHead> head();

        /** Begins a log where there is nothing. */
        void createHead(LogHead head);

        /** Whether there is no entry, block, tile, checkpoint, id or staged row at all. */
        boolean isEmpty();

        /** Which of these ids are in the log, and where. */
        Map<UUID, Long> indexesOf(Collection<UUID> ids);

        /** The current consent versions; a subject without a row is not in the answer. */
        Map<Pseudonym, Long> consentVersions(Collection<Pseudonym> subjects);

        /**
         * Writes a block, if the head is {@code before} in every respect but its checkpoint size. The head is then held
         * until the transaction ends.
         *
         * @throws HeadMovedException if the head is another; then roll back
         * @throws DuplicateIdException if an entry id is in the log already; then roll back
         */
        void write(LogHead before, BlockCommit commit) throws HeadMovedException, DuplicateIdException;

        /**
         * Writes a block like {@link #write}, and makes the transaction durable. When a
         * {@link LedgerUnavailableException} is thrown, whether it is durable is unknown.
         *
         * @throws HeadMovedException if the head is another; then roll back
         * @throws DuplicateIdException if an entry id is in the log already; then roll back
         */
        void commit(LogHead before, BlockCommit commit) throws HeadMovedException, DuplicateIdException;

        /**
         * Writes a block and makes it durable at once, if the head is {@code before} in every respect but its
         * checkpoint size, and consent versions are what they are supposed to be. Nothing else may have been written in
         * this transaction. When a {@link LedgerUnavailableException} is thrown, whether it is durable is unknown.
         *
         * @param versions current consent versions; 0 for a subject that has none
         * @throws HeadMovedException if the head or a version is another; nothing was written
         * @throws DuplicateIdException if an entry id is in the log already; nothing was written
         */
        void append(LogHead before, Map<Pseudonym, Long> versions, BlockCommit commit)
                throws HeadMovedException, DuplicateIdException;

        /** Removes rows from the outbox, those of them that are there. */
        void unstage(Collection<UUID> ids);

        /** Stores a published checkpoint and notes its size in the head, which must be locked. */
        void publish(long previousSize, long size, String note);

        /** Stores what a witness said to the published checkpoint of this size, unless something of it is there. */
        void cosigned(long size, String witness, String line);

        /** What witnesses said to the published checkpoint of this size. */
        List<String> cosignatures(long size);

        /** Makes the transaction durable. When this throws, whether it is durable is unknown. */
        void commit();

        /** Ends the transaction without effect. */
        void rollback();

        /** The block of this number. */
        Optional<Block> block(long number);

        /** The block that holds the entry at this index. */
        Optional<Block> blockOf(long index);

        /** The blocks whose last entry is one of {@code from} to {@code to} (exclusive), by number. */
        List<Block> blocks(long from, long to);

        /** The entry at this index. */
        Optional<StoredEntry> entry(long index);

        /** The entry with this id. */
        Optional<StoredEntry> entry(UUID id);

        /** Up to {@code limit} entries from {@code from} on, ascending. */
        List<StoredEntry> entries(long from, int limit);

        /** Up to {@code limit} entries of this op from {@code from} on, ascending. */
        List<StoredEntry> entries(Op op, long from, int limit);

        /** The entries that match, by index descending. */
        List<StoredEntry> find(EntryQuery query);

        /** The leaf hashes stored for indexes {@code from} to {@code to} (exclusive). */
        List<Hash> leafHashes(long from, long to);

        /** The full tile at this place. */
        Optional<Tile> tile(int level, long index);

        /** The roots of full tiles {@code from} to {@code to} (exclusive) of a level. */
        List<Hash> tileRoots(int level, long from, long to);

        /** The newest published checkpoint, as text. */
        Optional<String> newestCheckpoint();

        /** Waits for whoever prunes or places a hold, and keeps others from both until the transaction ends. */
        void lockPruning();

        /** Deletes entries and their ids. PostgreSQL refuses what no retention entry covers, or what is held. */
        void prune(List<StoredEntry> entries);

        /** Up to {@code limit} staged rows with ids greater than {@code after}, ascending. */
        List<StagedEntry> staged(UUID after, int limit);

        /** Up to {@code limit} ids of which there is evidence that they were staged, but no staged row. */
        List<UUID> lost(int limit);

        @Override
        void close();
    }
}
