package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;

/**
 * Grows the tree from the entries, block by block. Where body, leaf hash and tile of an entry differ, the one that
 * leads to the signed root is what was signed, and the others were changed. One thread.
 */
final class TreeCheck {
    private static final int MAX_TRIALS = 4_096;

    private final StoredLog log;
    private final TileCheck tiles;
    private final CheckpointCheck checkpoints;
    private final RetentionCheck retention;
    private final Findings findings;
    private Frontier.Builder tree = Frontier.EMPTY.extend();
    private boolean confirmed = true;

    TreeCheck(StoredLog log, TileCheck tiles, CheckpointCheck checkpoints, RetentionCheck retention, Findings findings)
            throws SQLException {
        this.log = log;
        this.tiles = tiles;
        this.checkpoints = checkpoints;
        this.retention = retention;
        this.findings = findings;
        checkpoints.at(0, tree::root);
    }

    /** Number of leaves so far. */
    long size() {
        return tree.size();
    }

    /** Whether every leaf so far is what was signed. */
    boolean isConfirmed() {
        return confirmed;
    }

    Frontier frontier() {
        return tree.build();
    }

    /** The entries of one block, added to the tree on trial, as their stored bodies are. */
    Trial bodies(List<Slot> slots) {
        List<Hash> leaves = new ArrayList<>(slots.size());
        for (Slot slot : slots) {
            leaves.add(slot.entry() == null ? slot.pruned() : slot.entry().bodyHash());
        }
        return new Trial(slots, leaves);
    }

    /**
     * Adds the entries of one block.
     *
     * @param signedRoot the root that was signed for this block; null when none is known, then what is stored is taken
     * @return whether the entries lead to that root, or could not be expected to
     */
    boolean add(Trial bodies, @Nullable Hash signedRoot) throws SQLException {
        Trial taken = bodies;
        boolean found = true;
        if (confirmed && signedRoot != null && !signedRoot.equals(bodies.root)) {
            Trial signed = search(bodies.slots, signedRoot);
            found = signed != null;
            confirmed = found;
            taken = signed == null ? bodies : signed;
        }
        report(taken.slots, taken.leaves);
        grow(taken);
        return found;
    }

    private void report(List<Slot> slots, List<Hash> leaves) {
        for (int i = 0; i < slots.size(); i++) {
            Slot slot = slots.get(i);
            CheckedEntry entry = slot.entry();
            if (entry == null) {
                continue;
            }
            Hash leaf = leaves.get(i);
            if (!entry.bodyHash().equals(leaf)) {
                add(slot, "body", leaf, entry.bodyHash());
            }
            if (!leaf.equals(entry.leaf())) {
                add(slot, "leaf", leaf, entry.leaf() == null ? "not 32 bytes" : entry.leaf());
            }
        }
    }

    private void add(Slot slot, String column, Object expected, Object found) {
        findings.add(CheckedEntry.TABLE, CheckedEntry.row(slot.seq()), column, expected, found);
    }

    private void grow(Trial taken) throws SQLException {
        long end = taken.tree.size();
        if (taken.leaves.contains(TileCheck.UNKNOWN) || isAwaitedBefore(end)) {
            for (Hash leaf : taken.leaves) {
                grow(leaf);
            }
            return;
        }
        tree = taken.tree;
        long size = end - taken.leaves.size();
        int tile = 0;
        for (Hash leaf : taken.leaves) {
            size++;
            tiles.leaf(leaf, size % Tile.WIDTH == 0 ? taken.tiles.get(tile++) : null);
        }
        compareRoot();
    }

    private void grow(Hash leaf) throws SQLException {
        if (leaf.equals(TileCheck.UNKNOWN)) {
            confirmed = false;
        }
        tree.add(leaf);
        tiles.leaf(leaf, null);
        compareRoot();
    }

    /** Whether the root of a size within the next block is compared with something. */
    private boolean isAwaitedBefore(long end) {
        return checkpoints.awaitsBefore(end) || retention.awaitsBetween(tree.size(), end);
    }

    private void compareRoot() throws SQLException {
        if (checkpoints.awaits(tree.size())) {
            checkpoints.at(tree.size(), () -> confirmed ? tree.root() : null);
        }
        if (confirmed && retention.awaits(tree.size())) {
            retention.at(tree.size(), tree.root());
        }
    }

    /** The leaves that lead to the signed root, taken from body, leaf hash or tile; null when none do. */
    private @Nullable Trial search(List<Slot> slots, Hash signedRoot) throws SQLException {
        List<List<Hash>> candidates = new ArrayList<>();
        long trials = 1;
        for (Slot slot : slots) {
            List<Hash> of = candidates(slot);
            candidates.add(of);
            trials = Math.min(trials * of.size(), Long.MAX_VALUE / 4);
        }
        if (trials > MAX_TRIALS) {
            return null;
        }
        for (long trial = 0; trial < trials; trial++) {
            List<Hash> leaves = new ArrayList<>(slots.size());
            long rest = trial;
            for (List<Hash> of : candidates) {
                leaves.add(of.get((int) (rest % of.size())));
                rest /= of.size();
            }
            Trial made = new Trial(slots, leaves);
            if (signedRoot.equals(made.root)) {
                return made;
            }
        }
        return null;
    }

    private List<Hash> candidates(Slot slot) throws SQLException {
        Set<Hash> hashes = new LinkedHashSet<>();
        CheckedEntry entry = slot.entry();
        if (entry != null) {
            hashes.add(entry.bodyHash());
            if (entry.leaf() != null) {
                hashes.add(entry.leaf());
            }
        }
        byte[] tile = log.tileHash(slot.seq());
        if (tile != null && tile.length == Hash.LENGTH) {
            hashes.add(Hash.of(tile));
        }
        return hashes.isEmpty() ? List.of(TileCheck.UNKNOWN) : List.copyOf(hashes);
    }

    /** The tree with the entries of one block, if these leaves are theirs. */
    final class Trial {
        private final List<Slot> slots;
        private final List<Hash> leaves;
        private final Frontier.Builder tree = TreeCheck.this.tree.build().extend();
        // Roots of the tiles that end in this block.
        private final List<Hash> tiles = new ArrayList<>();
        private final Hash root;

        private Trial(List<Slot> slots, List<Hash> leaves) {
            this.slots = slots;
            this.leaves = leaves;
            leaves.forEach(leaf -> tree.addToTile(leaf).ifPresent(tiles::add));
            root = tree.root();
        }

        /** The root that the bodies lead to; null when the tree was lost before. */
        @Nullable
        Hash root() {
            return confirmed ? root : null;
        }
    }

    /**
     * A place where an entry should be.
     *
     * @param entry null when there is none
     * @param pruned the leaf hash that its tile has, where there is none and need not be; not known otherwise
     */
    record Slot(long seq, @Nullable CheckedEntry entry, Hash pruned) {}
}
