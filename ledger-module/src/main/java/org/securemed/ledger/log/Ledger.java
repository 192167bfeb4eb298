package org.securemed.ledger.log;

import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.merkle.ConsistencyProof;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.InclusionProof;
import org.securemed.ledger.merkle.Tile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of one hospital, as one server instance sees it. Thread safe.
 *
 * <p>Futures complete in the committer's thread: what depends on them and takes time belongs into another
 * ({@code thenApplyAsync}); waiting with {@code get} or {@code join} is fine.
 */
public final class Ledger implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Ledger.class);

    private final LogStore store;
    private final VerifyKey logKey;
    private final KeyAnnouncements announcements;
    private final Outbox outbox;
    private final CheckpointPublisher publisher;
    private final LogOpening opening;
    private final Committer committer;
    private final Thread committerThread;
    private final Caretaker care;
    private final Thread caretaker;
    private final LogReads reads;
    private final Pruning pruning;

    private Ledger(
            LogStore store,
            LedgerKeys signers,
            CheckpointVault vault,
            LedgerOptions options,
            Clock clock,
            Alarm alarm) {
        this.store = store;
        this.logKey = signers.log().verifyKey();
        String origin = logKey.name();
        SigningKey outgoing = signers.outgoing();
        KeyEntries keys = new KeyEntries(outgoing == null ? logKey : outgoing.verifyKey());
        HeadCheck headCheck = new HeadCheck(origin, keys);
        CheckpointHistory history = new CheckpointHistory(keys);
        this.reads = new LogReads(store, keys);
        this.pruning = new Pruning(store, reads, signers.log());
        this.opening = new LogOpening(logKey.name(), keys, headCheck, history, options);
        this.outbox = new Outbox(store, origin, signers.instance(), keys, alarm);
        CheckpointSigner signer = new CheckpointSigner(signers, keys, clock, alarm);
        this.publisher = new CheckpointPublisher(origin, signer, keys, vault, headCheck, history);
        this.committer = new Committer(store, origin, signers.instance(), keys, headCheck, options, clock, alarm);
        this.announcements = new KeyAnnouncements(signers, keys, clock, this::appendAndWait, reads::keys);
        this.committerThread = new Thread(committer, "ledger-committer");
        this.care = new Caretaker(store, outbox, committer, options, clock, this::publishCheckpoint);
        this.caretaker = new Thread(care, "ledger-caretaker");
        this.caretaker.setDaemon(true);
    }

    /**
     * Opens the log: checks where it ends, takes in what a crash left in the outbox, makes known which of the keys are
     * new (a log key that follows {@link LedgerKeys#outgoing}, an instance's key, a cosigner), and starts.
     *
     * @param signers once a log had a cosigner, it is needed until it is revoked
     * @param vault keeps the last checkpoint outside the database
     * @throws LogCorruptException if what is stored is not what was signed, saying where
     * @throws LedgerUnavailableException if the database cannot be used, or there is no log and none may be made
     */
    public static Ledger open(
            LogStore store,
            LedgerKeys signers,
            CheckpointVault vault,
            LedgerOptions options,
            Clock clock,
            Alarm alarm) {
        Ledger ledger = new Ledger(store, signers, vault, options, clock, alarm);
        ledger.opening.check(store, vault);
        ledger.committerThread.start();
        try {
            ledger.announcements.announceNewKeys();
            ledger.care.drainOutbox(Duration.ZERO);
            ledger.publisher.publish(store);
        } catch (RuntimeException e) {
            ledger.close();
            throw e;
        }
        ledger.caretaker.start();
        return ledger;
    }

    /** Opens the log without a cosigner. */
    public static Ledger open(
            LogStore store,
            SigningKey logKey,
            SigningKey instanceKey,
            CheckpointVault vault,
            LedgerOptions options,
            Clock clock,
            Alarm alarm) {
        return open(store, new LedgerKeys(logKey, instanceKey, null), vault, options, clock, alarm);
    }

    /**
     * Appends entries as part of one block.
     *
     * @return completes when the block is durable, or when it is certain that nothing was written; exceptionally with
     *     {@link LedgerUnavailableException} when the log cannot be written
     */
    public CompletableFuture<AppendResult> append(Submission submission) {
        return committer.submit(submission, false);
    }

    /**
     * Puts entries into the outbox in the caller's transaction, so that they exist exactly if what they record does.
     * Call {@link #seal} after the commit, and wait for it before anything is acknowledged: the commit alone no longer
     * waits for the disk, the block that follows it does, for both.
     *
     * @param connection the caller's, to the database of this log
     * @throws LedgerUnavailableException if they cannot be written; then the caller must roll back
     */
    public void stage(Connection connection, List<Entry> entries) {
        outbox.stage(connection, entries.stream().map(Leaf::of).toList());
    }

    /**
     * Moves staged entries into the log, in one block unless another instance already took some of them.
     *
     * @return completes with {@link AppendResult.Appended} when all are durable in the log, with
     *     {@link AppendResult.Pushback} when too much waits (they stay staged and are taken in later), or exceptionally
     *     like {@link #append}
     */
    public CompletableFuture<AppendResult> seal(List<Entry> entries) {
        return committer.submit(Submission.of(entries, List.of()), true);
    }

    /** The entry at this index. */
    public Optional<StoredEntry> read(long index) {
        return reads.with(session -> session.entry(index));
    }

    /** The entry with this id. */
    public Optional<StoredEntry> read(UUID id) {
        return reads.with(session -> session.entry(id));
    }

    /** Up to {@code limit} (at most 1,000) entries from index {@code from} on, ascending. */
    public List<StoredEntry> range(long from, int limit) {
        requirePage(limit);
        return reads.with(session -> session.entries(from, limit));
    }

    /** Up to {@code limit} (at most 1,000) entries with this op from index {@code from} on, ascending. */
    public List<StoredEntry> range(Op op, long from, int limit) {
        requirePage(limit);
        return reads.with(session -> session.entries(op, from, limit));
    }

    /** The entries that match, in the order that is asked for. */
    public List<StoredEntry> find(EntryQuery query) {
        return reads.with(session -> session.find(query));
    }

    /** The block that holds the entry at this index. */
    public Optional<Block> blockOf(long index) {
        return reads.with(session -> session.blockOf(index));
    }

    /**
     * The blocks that end within entries {@code from} to {@code to} (exclusive), by number; those whose last entry is
     * there. Like tiles, only of what a published checkpoint covers.
     *
     * @return empty if none covers the last of these entries
     */
    public Optional<List<Block>> blocks(long from, long to) {
        return reads.with(
                session -> to > LogReads.covered(session) ? Optional.empty() : Optional.of(session.blocks(from, to)));
    }

    /** Number of entries that are durable. */
    public long size() {
        return reads.with(session -> session.head().map(LogHead::size).orElse(0L));
    }

    /** The newest published checkpoint. */
    public Optional<SignedNote> checkpoint() {
        return reads.with(LogStore.Session::newestCheckpoint).map(LogReads::note);
    }

    /**
     * The proof that the entry at {@code index} is in the tree of {@code treeSize} leaves.
     *
     * @throws IllegalArgumentException if there are not so many leaves
     */
    public InclusionProof inclusionProof(long index, long treeSize) {
        return reads.with(session -> LogReads.proofs(session, treeSize).inclusion(index, treeSize));
    }

    /**
     * The proof that the tree of {@code newSize} leaves extends that of {@code oldSize}.
     *
     * @throws IllegalArgumentException if there are not so many leaves, or {@code oldSize} is less than 1
     */
    public ConsistencyProof consistencyProof(long oldSize, long newSize) {
        return reads.with(session -> LogReads.proofs(session, newSize).consistency(oldSize, newSize));
    }

    /** The root of the tree of the first {@code size} entries; empty if there are not so many. */
    public Optional<Hash> rootOf(long size) {
        return reads.rootOf(size);
    }

    /**
     * Stores what a witness said to a published checkpoint; the first that it said of this size stays.
     *
     * @param witness its name in the policy
     * @param line verified by the caller
     */
    public void cosigned(long size, String witness, NoteSignature line) {
        try (LogStore.Session session = store.write()) {
            session.cosigned(size, witness, line.line());
            session.commit();
        }
    }

    /** What witnesses said to the published checkpoint of this size. What does not read as a signature is left out. */
    public List<NoteSignature> cosignatures(long size) {
        return reads.cosignatures(size);
    }

    /**
     * A tile or entry bundle, as it is served. Entries are for auditors only; tiles are hashes and public.
     *
     * @return empty if no published checkpoint covers it; the bytes behind a path never change
     */
    public Optional<byte[]> tile(TilePath path) {
        return reads.tile(path);
    }

    /**
     * A receipt for the entry at {@code index} under the newest published checkpoint.
     *
     * @return empty if that does not cover it yet; it will within the checkpoint interval
     */
    public Optional<TlogProof> receipt(long index) {
        return reads.with(session ->
                session.newestCheckpoint().map(LogReads::note).flatMap(note -> reads.receipt(index, note, session)));
    }

    /**
     * A receipt for the entry at {@code index} under a published checkpoint, such as one that witnesses cosigned.
     *
     * @return empty if that does not cover it
     */
    public Optional<TlogProof> receipt(long index, SignedNote checkpoint) {
        return reads.with(session -> reads.receipt(index, checkpoint, session));
    }

    /** The log's public key, of those this instance signs with the newest; its name is the origin. */
    public VerifyKey logKey() {
        return logKey;
    }

    /** The public keys the log has had, the one it began with first. Whoever trusts one of them can verify the log. */
    public List<VerifyKey> logKeys() {
        return reads.keys().logKeys();
    }

    /** The keys that the log says it has had until now, and which are in force. */
    public KeyHistory keyHistory() {
        return reads.keys();
    }

    /**
     * Revokes the key of another instance, a cosigner, or an earlier log key: what it signs from now on is not of the
     * log, and an instance that still uses it stops at its next block.
     *
     * @param vkey as it was certified, {@code name+id+key}
     * @throws IllegalArgumentException if it is this instance's own key
     * @throws KeyStatementException if it is no key of this log that can be revoked
     * @throws LedgerUnavailableException if the log cannot be written
     */
    public void revokeKey(String vkey) {
        announcements.revoke(vkey);
    }

    /**
     * The stored hashes of the entries of a tile of level 0, whether or not their bytes are there.
     *
     * @throws IllegalArgumentException if the log is not so long
     */
    public List<Hash> leafHashes(long tile) {
        return reads.with(session -> {
            long size = session.head().map(LogHead::size).orElse(0L);
            if (tile < 0 || tile * Tile.WIDTH >= size) {
                throw new IllegalArgumentException("the log has %d entries".formatted(size));
            }
            return new TileNodes(session, size).hashes(0, tile);
        });
    }

    /** How old entries are let go. */
    public Pruning pruning() {
        return pruning;
    }

    /** Number of entries that wait for a block. */
    public int waitingEntries() {
        return committer.waitingEntries();
    }

    /** What this instance has committed since it opened the log. */
    public Throughput throughput() {
        return committer.throughput();
    }

    /** Whether the log takes entries; false once it found itself corrupt. */
    public boolean isRunning() {
        return committer.broken() == null && committerThread.isAlive();
    }

    /**
     * Publishes a checkpoint of what is durable now, if it is newer than the last. Normally the log does so itself.
     *
     * @throws LogCorruptException if the log does not extend what was signed before; the log has then stopped
     */
    public synchronized void publishCheckpoint() {
        try {
            publisher.publish(store);
        } catch (LogCorruptException e) {
            committer.fail(e);
            throw e;
        }
    }

    /** Takes no more entries, commits what waits, publishes a last checkpoint, and stops. */
    @Override
    public void close() {
        committer.close();
        join(committerThread);
        care.close();
        join(caretaker);
        if (committer.broken() == null && caretaker.getState() == Thread.State.TERMINATED) {
            try {
                publishCheckpoint();
            } catch (LedgerUnavailableException | LogCorruptException e) {
                log.atWarn().setCause(e).log("no checkpoint at the end");
            }
        }
    }

    private void appendAndWait(Entry entry) {
        Committer.await(append(Submission.of(entry)));
    }

    private static void requirePage(int limit) {
        if (limit < 1 || limit > 1_000) {
            throw new IllegalArgumentException("a page has 1 to 1000 entries");
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
