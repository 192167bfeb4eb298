package org.securemed.ledger.log;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SigningException;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit: one thread takes what waits, writes it as one signed block under the head lock, commits, and answers.
 * There is no artificial delay; what arrives during one commit goes into the next.
 */
final class Committer implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Committer.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    private static final long BACKOFF_NANOS = 50_000_000;

    private final LogStore store;
    private final String origin;
    private final SigningKey instanceKey;
    private final Hash instanceKeyId;
    private final KeyEntries keys;
    private final HeadCheck headCheck;
    private final LedgerOptions options;
    private final Clock clock;
    private final Alarm alarm;
    private final WaitingRoom waiting;
    private volatile @Nullable RuntimeException broken;
    // Written by the committer's thread only.
    private volatile Throughput throughput = new Throughput(0, 0, 0);

    // Below: the committer's thread only.
    private final TileGrowth tileGrowth = new TileGrowth();
    private LogStore.@Nullable Session session;
    private LogHead trusted = LogHead.EMPTY;
    private boolean lastBlockFailed;
    // Whether the head was last found as this instance left it: then the next block does without locking it first.
    private boolean alone;

    Committer(
            LogStore store,
            String origin,
            SigningKey instanceKey,
            KeyEntries keys,
            HeadCheck headCheck,
            LedgerOptions options,
            Clock clock,
            Alarm alarm) {
        this.store = store;
        this.origin = origin;
        this.instanceKey = instanceKey;
        this.instanceKeyId = instanceKey.verifyKey().fingerprint();
        this.keys = keys;
        this.headCheck = headCheck;
        this.options = options;
        this.clock = clock;
        this.alarm = alarm;
        this.waiting = new WaitingRoom(options.maxWaitingEntries());
    }

    CompletableFuture<AppendResult> submit(Submission submission, boolean staged) {
        RuntimeException cause = broken;
        if (cause != null) {
            return CompletableFuture.failedFuture(unavailable(cause));
        }
        Pending pending = new Pending(submission, staged, new CompletableFuture<>());
        switch (waiting.enter(pending)) {
            case ADMITTED -> {
                return pending.result();
            }
            case FULL -> {
                return CompletableFuture.completedFuture(new AppendResult.Pushback(RETRY_AFTER));
            }
            case CLOSED -> {
                return CompletableFuture.failedFuture(new LedgerUnavailableException("the ledger is closed"));
            }
        }
        throw new IllegalStateException("every admission was handled");
    }

    /** Stops the log: what waits fails, and everything later. */
    void fail(RuntimeException cause) {
        if (broken == null) {
            broken = cause;
            alarm.raise("log-broken", String.valueOf(cause.getMessage()));
        }
        waiting.close();
    }

    void close() {
        waiting.close();
    }

    int waitingEntries() {
        return waiting.waitingEntries();
    }

    Throughput throughput() {
        return throughput;
    }

    /** Why the log stopped, or null. */
    @Nullable
    RuntimeException broken() {
        return broken;
    }

    @Override
    public void run() {
        try {
            for (List<Pending> batch = next(); batch != null; batch = next()) {
                // What changes the log's keys goes alone: it is refused when they have changed already.
                List<Pending> usual = new ArrayList<>(batch);
                usual.removeIf(Committer::isAboutKeys);
                if (!usual.isEmpty()) {
                    serve(usual, false);
                }
                batch.stream().filter(Committer::isAboutKeys).forEach(pending -> serve(List.of(pending), true));
            }
        } finally {
            dropSession();
        }
    }

    private @Nullable List<Pending> next() {
        return waiting.take(options.maxEntriesPerBlock(), options.maxBytesPerBlock());
    }

    private static boolean isAboutKeys(Pending pending) {
        return pending.submission().leaves().stream()
                .anyMatch(leaf -> leaf.entry().op().equals(Op.KEY));
    }

    private void serve(List<Pending> batch, boolean aboutKeys) {
        RuntimeException cause = broken;
        if (cause != null) {
            answerWith(batch, unavailable(cause));
            return;
        }
        try {
            Map<Pending, AppendResult> answers = commit(batch, aboutKeys);
            lastBlockFailed = false;
            answers.forEach((pending, answer) -> pending.result().complete(answer));
        } catch (LedgerUnavailableException e) {
            lastBlockFailed = true;
            log.atWarn().addKeyValue("entries", batch.size()).setCause(e).log("block not committed");
            answerWith(batch, e);
        } catch (KeyStatementException e) {
            answerWith(batch, e);
            dropSession();
        } catch (RuntimeException | Error e) {
            // Our state is not what we promised, or unknown: stop. Recovery is what runs at every start.
            RuntimeException stop = e instanceof RuntimeException known ? known : new IllegalStateException(e);
            log.atError().setCause(e).log("ledger stopped");
            fail(stop);
            answerWith(batch, unavailable(stop));
            dropSession();
        }
    }

    private Map<Pending, AppendResult> commit(List<Pending> batch, boolean aboutKeys) {
        // After a failure only one attempt, so that requests do not pile up behind a database that is gone.
        long deadline = lastBlockFailed
                ? System.nanoTime()
                : System.nanoTime() + options.commitTimeout().toNanos();
        boolean careful = aboutKeys;
        @Nullable Attempt unknown = null;
        while (true) {
            try {
                if (unknown != null && isCommitted(unknown)) {
                    return committed(unknown);
                }
                unknown = null;
                if (alone && !careful) {
                    Map<Pseudonym, Long> versions = reliedOn(batch);
                    Attempt attempt = build(batch, trusted, Map.of(), versions);
                    if (attempt.commit != null) {
                        unknown = attempt;
                        openSession().append(trusted, versions, attempt.commit);
                        return committed(attempt);
                    }
                }
                Attempt attempt = prepare(batch, careful, aboutKeys);
                if (attempt.commit == null) {
                    openSession().rollback();
                    return attempt.draft.answers();
                }
                unknown = attempt;
                openSession().commit(attempt.before, attempt.commit);
                return committed(attempt);
            } catch (DuplicateIdException | HeadMovedException e) {
                if (careful && e instanceof HeadMovedException) {
                    throw new LogCorruptException(
                            "ledger_head", "the head that was locked", String.valueOf(e.getMessage()));
                }
                unknown = null;
                careful = true;
                alone = false;
                openSession().rollback();
            } catch (SigningException e) {
                openSession().rollback();
                throw new LedgerUnavailableException("the block is not signed", e);
            } catch (LedgerUnavailableException e) {
                dropSession();
                if (System.nanoTime() - deadline >= 0) {
                    throw e;
                }
                log.atInfo().addKeyValue("cause", e.getMessage()).log("block is tried again");
                LockSupport.parkNanos(BACKOFF_NANOS);
            }
        }
    }

    /**
     * A block for behind the head, which is locked, read and checked first. What came while another instance held the
     * head joins the batch: or else it would wait for another turn of both. What the decisions of the batch rest on is
     * read after it was taken, so a revocation that is in an earlier block is seen, and one that is not comes behind
     * this block.
     *
     * <p>An instance that wrote the last block as well does without all this ({@link LogStore.Session#append}): its
     * block is for the head that it left and the consent versions that the batch relies on, and the store refuses it if
     * any of them has moved.
     *
     * @param careful look for ids that are in the log already
     * @param aboutKeys refuse what the log's keys of now do not allow
     */
    private Attempt prepare(List<Pending> batch, boolean careful, boolean aboutKeys) {
        LogStore.Session tx = openSession();
        LogHead head = lockHead(tx);
        if (aboutKeys) {
            requireAllowed(batch.get(0), head, tx);
        } else {
            waiting.join(batch, options.maxEntriesPerBlock(), options.maxBytesPerBlock(), next -> !isAboutKeys(next));
        }
        Map<UUID, Long> known = careful ? tx.indexesOf(ids(batch)) : Map.of();
        Map<Pseudonym, Long> versions = reliedOn(batch);
        Attempt attempt =
                build(batch, head, known, versions.isEmpty() ? versions : tx.consentVersions(versions.keySet()));
        if (attempt.commit == null) {
            forgetStaged(attempt.draft, tx);
        }
        return attempt;
    }

    /** Hashes and signs what of the batch goes into the next block; without a commit if nothing does. */
    private Attempt build(List<Pending> batch, LogHead head, Map<UUID, Long> known, Map<Pseudonym, Long> versions) {
        BlockDraft draft = new BlockDraft(head.size(), known, versions);
        batch.forEach(draft::add);
        if (draft.leaves().isEmpty()) {
            return new Attempt(draft, head, null);
        }
        List<Hash> hashes = draft.leaves().stream().map(Leaf::hash).toList();
        Frontier frontier = head.frontier().append(hashes);
        List<Tile> tiles = tileGrowth.completedBy(head, hashes, openSession());
        long now = Math.max(clock.millis(), head.timeMillis());
        Block block = Block.sign(origin, head, hashes.size(), frontier.root(), now, instanceKey, instanceKeyId);
        LogHead after = new LogHead(block.number(), block.hash(origin), frontier, now, head.checkpointSize());
        return new Attempt(draft, head, new BlockCommit(block, draft.leaves(), tiles, draft.staged(), after));
    }

    /** The consent versions that the batch relies on; of two for one subject the later. */
    private static Map<Pseudonym, Long> reliedOn(List<Pending> batch) {
        Map<Pseudonym, Long> versions = new HashMap<>();
        for (Pending pending : batch) {
            for (Precondition condition : pending.submission().preconditions()) {
                versions.put(condition.subject(), condition.consentVersion());
            }
        }
        return versions;
    }

    /** Nothing is new: what is staged though it is in the log leaves the outbox. */
    private static void forgetStaged(BlockDraft draft, LogStore.Session tx) {
        if (!draft.staged().isEmpty()) {
            tx.unstage(draft.staged());
            tx.commit();
        }
    }

    private LogHead lockHead(LogStore.Session tx) {
        LogEnd end =
                tx.lockEnd().orElseThrow(() -> new LogCorruptException("ledger_head", "the row of this log", "none"));
        LogHead head = end.head();
        boolean same = head.blockNumber() == trusted.blockNumber()
                && head.blockHash().equals(trusted.blockHash())
                && head.frontier().equals(trusted.frontier())
                && head.timeMillis() == trusted.timeMillis();
        alone = same;
        if (!same) {
            // Another instance wrote it, or somebody who should not: never sign what follows an unsigned head.
            headCheck.againstLastBlock(end, tx);
            requireOwnKeyInForce();
            trusted = head;
        }
        return head;
    }

    /** Asked whenever another instance wrote: only another one revokes this one's key. */
    private void requireOwnKeyInForce() {
        Optional<VerifyKey> certified = keys.instanceKey(instanceKeyId);
        if (certified.isPresent() && keys.inForce(instanceKeyId).isEmpty()) {
            throw new IllegalStateException("the key of this instance was revoked");
        }
    }

    private void requireAllowed(Pending pending, LogHead head, LogStore.Session tx) {
        keys.refresh(tx);
        for (Leaf leaf : pending.submission().leaves()) {
            String statement = leaf.entry().statement();
            if (statement != null && KeyHistory.concerns(statement)) {
                try {
                    keys.tryNext(head.size(), statement);
                } catch (NoteException e) {
                    throw new KeyStatementException(String.valueOf(e.getMessage()), e);
                }
            }
        }
    }

    private static List<UUID> ids(List<Pending> batch) {
        return batch.stream()
                .flatMap(pending -> pending.submission().leaves().stream())
                .map(leaf -> leaf.entry().id())
                .collect(Collectors.toList());
    }

    /** Whether a commit whose answer was lost took place. The head lock waits for the lost transaction to end. */
    private boolean isCommitted(Attempt attempt) {
        LogStore.Session tx = openSession();
        lockHead(tx);
        Block ours = Objects.requireNonNull(attempt.commit).block();
        boolean committed = tx.block(ours.number())
                .filter(block -> block.signature().equals(ours.signature()))
                .isPresent();
        tx.rollback();
        return committed;
    }

    private Map<Pending, AppendResult> committed(Attempt attempt) {
        BlockCommit commit = Objects.requireNonNull(attempt.commit);
        tileGrowth.committed(
                attempt.before,
                commit.head(),
                commit.leaves().stream().map(Leaf::hash).toList());
        trusted = commit.head();
        throughput = throughput.with(commit.leaves().size());
        return attempt.draft.answers();
    }

    private LogStore.Session openSession() {
        LogStore.Session open = session;
        if (open == null) {
            open = store.write();
            session = open;
        }
        return open;
    }

    private void dropSession() {
        LogStore.Session open = session;
        session = null;
        if (open != null) {
            open.close();
        }
    }

    private static void answerWith(List<Pending> batch, RuntimeException cause) {
        batch.forEach(pending -> pending.result().completeExceptionally(cause));
    }

    private static LedgerUnavailableException unavailable(RuntimeException cause) {
        return new LedgerUnavailableException("the ledger stopped: " + cause.getMessage(), cause);
    }

    /** @param commit null when the batch needs no block */
    private record Attempt(
            BlockDraft draft, LogHead before, @Nullable BlockCommit commit) {}

    /** Waits for a submission, and throws what it ended with. */
    static void await(CompletableFuture<AppendResult> result) {
        try {
            result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
