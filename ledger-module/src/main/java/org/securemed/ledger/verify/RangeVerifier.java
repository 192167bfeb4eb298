package org.securemed.ledger.verify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.ProofException;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.retention.PrunedEntries;

/**
 * Verifies the entries of a range of indexes of a running log against its newest checkpoint: their bytes lead to the
 * root that the log key signed. Blocks and the columns beside the bytes are for {@link Verifier}. Thread-safe.
 */
public final class RangeVerifier {
    private static final int TILE = 256;
    private static final int TILE_HEIGHT = 8;
    private static final String TABLE = CheckedEntry.TABLE;

    private final Ledger ledger;

    /** @param ledger the log; what it reads is not believed */
    public RangeVerifier(Ledger ledger) {
        this.ledger = ledger;
    }

    /**
     * Verifies a range.
     *
     * @param from first index
     * @param to index behind the last one; entries that no checkpoint covers yet are not looked at
     * @param progress told after each 256 entries; may end the verification by an exception
     * @return what was found; {@code blocks} is 0
     * @throws IllegalArgumentException if the range is empty or negative
     */
    public Report verify(long from, long to, Progress progress) {
        if (from < 0 || to <= from) {
            throw new IllegalArgumentException("a range has a first index and a larger one behind its last");
        }
        Findings findings = new Findings();
        Optional<Checkpoint> newest = checkpoint(from, findings);
        PrunedEntries pruned = ledger.pruning().pruned();
        AtomicLong gone = new AtomicLong();
        long end = Math.min(to, newest.map(Checkpoint::size).orElse(from));
        for (long start = from - from % TILE; start < end; start += TILE) {
            long first = Math.max(from, start);
            long last = Math.min(end, start + TILE);
            tile(start, first, last, pruned, gone, findings);
            progress.at(last - from, end - from);
        }
        return new Report(
                Math.max(0, end - from),
                0,
                newest.map(Checkpoint::root).orElse(TreeHash.EMPTY_ROOT),
                findings.kept(),
                findings.count(),
                Report.NOT_WITNESSED,
                new Report.Pruned(gone.get(), pruned.statements()));
    }

    private Optional<Checkpoint> checkpoint(long from, Findings findings) {
        Optional<TlogProof> proof = ledger.receipt(from);
        if (proof.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Checkpoint.verify(proof.get().checkpoint(), ledger.logKey()));
        } catch (NoteException e) {
            findings.add("ledger_checkpoint", "newest", "note", "signed by the log", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private void tile(long start, long first, long last, PrunedEntries pruned, AtomicLong gone, Findings findings) {
        Map<Long, Hash> leaves = new HashMap<>();
        for (StoredEntry stored : ledger.range(start, TILE)) {
            leaves.put(stored.index(), TreeHash.leaf(stored.body().toByteArray()));
        }
        Set<Long> missing = new HashSet<>();
        for (long index = start; index < last; index++) {
            if (!leaves.containsKey(index) && pruned.covers(index)) {
                missing.add(index);
            }
        }
        if (!missing.isEmpty()) {
            List<Hash> hashes = ledger.leafHashes(start / TILE);
            missing.forEach(index -> leaves.put(index, hashes.get((int) (index - start))));
            gone.addAndGet(missing.stream().filter(index -> index >= first).count());
        }
        if (last == start + TILE && isWhole(start, leaves)) {
            return;
        }
        for (long index = first; index < last; index++) {
            Hash leaf = leaves.get(index);
            if (leaf == null) {
                findings.add(TABLE, CheckedEntry.row(index), "*", "an entry", "none");
            } else {
                String wrong = wrong(index, leaf);
                if (!wrong.isEmpty()) {
                    String column = missing.contains(index) ? "hash in its tile" : "body";
                    findings.add(TABLE, CheckedEntry.row(index), column, "what was signed", wrong);
                }
            }
        }
    }

    /** Whether 256 leaves are those under the checkpoint: the path of the first one holds the roots of all others. */
    private boolean isWhole(long start, Map<Long, Hash> leaves) {
        List<Hash> level = new ArrayList<>();
        for (long index = start; index < start + TILE; index++) {
            Hash leaf = leaves.get(index);
            if (leaf == null) {
                return false;
            }
            level.add(leaf);
        }
        Hash first = level.get(0);
        Optional<TlogProof> proof = ledger.receipt(start);
        if (proof.isEmpty() || proof.get().path().size() < TILE_HEIGHT) {
            return false;
        }
        for (int height = 0; height < TILE_HEIGHT; height++) {
            if (!proof.get().path().get(height).equals(level.get(1))) {
                return false;
            }
            List<Hash> above = new ArrayList<>();
            for (int i = 0; i < level.size(); i += 2) {
                above.add(TreeHash.node(level.get(i), level.get(i + 1)));
            }
            level = above;
        }
        return wrong(proof.get(), first).isEmpty();
    }

    private String wrong(long index, Hash leaf) {
        return ledger.receipt(index).map(proof -> wrong(proof, leaf)).orElse("no checkpoint covers it");
    }

    /** Empty if the proof holds. */
    private String wrong(TlogProof proof, Hash leaf) {
        try {
            proof.verify(leaf, ledger.logKey());
            return "";
        } catch (NoteException | ProofException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
