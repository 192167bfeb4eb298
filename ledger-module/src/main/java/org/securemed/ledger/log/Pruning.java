package org.securemed.ledger.log;

import java.time.Instant;
import java.time.Period;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.SigningException;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.merkle.Proofs;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.retention.KeptEntries;
import org.securemed.ledger.retention.LegalHolds;
import org.securemed.ledger.retention.PrunedEntries;
import org.securemed.ledger.retention.RetentionStatement;

/**
 * Takes the bytes of old entries out of the log, and leaves their hashes. First a retention entry says which; when a
 * published checkpoint covers it, and only then, they are deleted, in transactions of some entries each. A crash in
 * between leaves entries that may go and are still there: {@link #next} goes on with them. Thread-safe; instances take
 * turns by a lock in the database.
 */
public final class Pruning {
    private static final int PAGE = 1_000;

    private final LogStore store;
    private final LogReads reads;
    private final SigningKey logKey;
    // What was found to be done, by span: how many entries may be gone of it, and are.
    private final Map<Long, Integer> done = new HashMap<>();
    // What entries below an index say.
    private final PrunedEntries known = new PrunedEntries();
    private long lookedAt;
    // The same, whether or not a checkpoint covers them.
    private final PrunedEntries named = new PrunedEntries();
    private long namedBelow;

    Pruning(LogStore store, LogReads reads, SigningKey logKey) {
        this.store = store;
        this.reads = reads;
        this.logKey = logKey;
    }

    /** Which entries may be gone, by retention entries that a published checkpoint covers. */
    public PrunedEntries pruned() {
        KeyHistory keys = reads.keys();
        return reads.with(session -> known(session, keys));
    }

    /** What was known, and what came since. */
    private synchronized PrunedEntries known(LogStore.Session session, KeyHistory keys) {
        long covered = Math.max(0, LogReads.covered(session));
        if (covered > lookedAt) {
            RetentionEntries.addTo(known, session, keys, lookedAt, covered);
            lookedAt = covered;
        }
        return known;
    }

    /** What retention entries name already, by this instance or another. */
    private synchronized PrunedEntries named(LogStore.Session session, KeyHistory keys) {
        long size = session.head().orElse(LogHead.EMPTY).size();
        if (size > namedBelow) {
            RetentionEntries.addTo(named, session, keys, namedBelow, size);
            namedBelow = size;
        }
        return named;
    }

    /** The legal holds that are in force. */
    public LegalHolds holds() {
        return reads.with(RetentionEntries::holds);
    }

    /** Does something, such as placing a hold, while nothing is being pruned; what follows sees it. */
    public void whilePaused(Runnable work) {
        try (LogStore.Session session = store.write()) {
            session.lockPruning();
            work.run();
        }
    }

    /**
     * What a retention entry may say next: of the first span at or behind {@code from} in which there are entries whose
     * block is older than {@code before}, which are not {@linkplain KeptEntries kept for good}, not held, and not named
     * already. Instances take turns by {@link #whilePaused}, so that each names what the others have not.
     *
     * @param from an index
     * @return empty if there is no such span, or the whole log is held
     */
    public Optional<RetentionStatement> plan(long from, Instant before, Period keptFor) {
        KeyHistory keys = reads.keys();
        return reads.with(session -> {
            LegalHolds holds = RetentionEntries.holds(session);
            PrunedEntries already = named(session, keys);
            if (holds.isWhole()) {
                return Optional.<RetentionStatement>empty();
            }
            long limit = limit(session, before);
            for (long span = from - from % RetentionStatement.SPAN; span < limit; span += RetentionStatement.SPAN) {
                BitSet pruned = prunable(session, span, Math.min(limit, span + RetentionStatement.SPAN), holds);
                pruned.andNot(already.of(span));
                if (!pruned.isEmpty()) {
                    // Whole tiles: up to the end of the one that holds the last entry that goes.
                    long to = span + (pruned.length() + Tile.WIDTH - 1) / Tile.WIDTH * Tile.WIDTH;
                    return Optional.of(new RetentionStatement(
                            logKey.verifyKey().name(),
                            span,
                            to,
                            new Proofs(new TileNodes(
                                            session,
                                            session.head().orElseThrow().size()))
                                    .root(to),
                            before,
                            keptFor,
                            pruned));
                }
            }
            return Optional.<RetentionStatement>empty();
        });
    }

    /**
     * The text of the retention entry: the statement, signed by the log.
     *
     * @throws LedgerUnavailableException if the log has gone over to a key that is not here, or its token does not sign
     */
    public String sign(RetentionStatement statement) {
        if (!reads.keys().logKey().equals(logKey.verifyKey())) {
            throw new LedgerUnavailableException("the log's key is not here");
        }
        try {
            return statement.sign(logKey).toString();
        } catch (SigningException e) {
            throw new LedgerUnavailableException("the retention statement is not signed", e);
        }
    }

    /**
     * Deletes the next entries that may be gone and are there.
     *
     * @param most how many at most, up to 1,000
     * @return how many; 0 when there are no more, or none that no hold covers
     */
    public int next(int most) {
        if (most < 1 || most > PAGE) {
            throw new IllegalArgumentException("1 to 1000 entries are pruned at once");
        }
        KeyHistory keys = reads.keys();
        try (LogStore.Session session = store.write()) {
            session.lockPruning();
            LegalHolds holds = RetentionEntries.holds(session);
            List<StoredEntry> some = holds.isWhole() ? List.of() : left(session, keys, holds, most);
            if (!some.isEmpty()) {
                session.prune(some);
                session.commit();
            }
            return some.size();
        }
    }

    private synchronized List<StoredEntry> left(LogStore.Session session, KeyHistory keys, LegalHolds holds, int most) {
        PrunedEntries pruned = known(session, keys);
        for (long span : pruned.spans()) {
            BitSet named = pruned.of(span);
            if (done.getOrDefault(span, 0) == named.cardinality()) {
                continue;
            }
            List<StoredEntry> some = new ArrayList<>();
            boolean held = false;
            long next = span;
            long end = span + named.length();
            while (next < end && some.size() < most) {
                List<StoredEntry> page = session.entries(next, PAGE);
                for (StoredEntry entry : page) {
                    boolean goes = entry.index() < end && named.get((int) (entry.index() - span));
                    boolean kept = goes && holds.covers(entry.entry().patient());
                    held |= kept;
                    if (goes && !kept && some.size() < most) {
                        some.add(entry);
                    }
                }
                next = page.isEmpty() ? end : page.get(page.size() - 1).index() + 1;
            }
            if (!some.isEmpty()) {
                return some;
            }
            if (!held) {
                done.put(span, named.cardinality());
            }
        }
        return List.of();
    }

    private static BitSet prunable(LogStore.Session session, long from, long to, LegalHolds holds) {
        BitSet prunable = new BitSet();
        long next = from;
        while (next < to) {
            List<StoredEntry> page = session.entries(next, (int) Math.min(PAGE, to - next));
            for (StoredEntry stored : page) {
                boolean goes = stored.index() < to
                        && !KeptEntries.keeps(stored.entry())
                        && !holds.covers(stored.entry().patient());
                prunable.set((int) Math.min(RetentionStatement.SPAN, stored.index() - from), goes);
            }
            next = page.isEmpty() ? to : page.get(page.size() - 1).index() + 1;
        }
        prunable.clear(RetentionStatement.SPAN);
        return prunable;
    }

    /** The end of the full tiles of blocks that are older, as far as a published checkpoint covers them. */
    private static long limit(LogStore.Session session, Instant before) {
        LogHead head = session.head().orElse(LogHead.EMPTY);
        long low = 0;
        long high = head.blockNumber() + 1;
        while (low < high) {
            long middle = (low + high) >>> 1;
            boolean older = block(session, middle).timeMillis() < before.toEpochMilli();
            low = older ? middle + 1 : low;
            high = older ? high : middle;
        }
        long end = low == 0 ? 0 : block(session, low - 1).treeSize();
        long covered = Math.min(end, Math.max(0, head.checkpointSize()));
        return covered - covered % Tile.WIDTH;
    }

    private static Block block(LogStore.Session session, long number) {
        return session.block(number)
                .orElseThrow(() -> new LogCorruptException("ledger_block " + number, "a block", "none"));
    }
}
