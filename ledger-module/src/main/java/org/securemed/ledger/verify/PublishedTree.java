package org.securemed.ledger.verify;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.LeafTile;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.merkle.TileTower;
import org.securemed.ledger.verify.CheckpointCheck.HandedOut;

/** Grows the tree from leaf hashes and compares it with the tiles above them and with checkpoints. One thread. */
final class PublishedTree {
    private final LogFiles files;
    private final long size;
    private final ArrayDeque<HandedOut> handedOut;
    private final Findings findings;
    private final Frontier.Builder tree = Frontier.EMPTY.extend();
    private final TileTower<IOException> tower = new TileTower<>(this::full);

    /** @param handedOut checkpoints of at most this size, ascending */
    PublishedTree(LogFiles files, long size, List<HandedOut> handedOut, Findings findings) {
        this.files = files;
        this.size = size;
        this.handedOut = new ArrayDeque<>(handedOut);
        this.findings = findings;
        compareCheckpoints();
    }

    /** Adds the leaves of the next bundle. */
    void add(LeafTile leaves) throws IOException {
        long end = tree.size() + leaves.width();
        for (HandedOut known = handedOut.peek();
                known != null && known.claimed().size() < end;
                known = handedOut.peek()) {
            handedOut.remove();
            compare(known, rootOf(leaves, known.claimed().size()));
        }
        leaves.appendTo(tree);
        compareCheckpoints();
        if (leaves.width() == Tile.WIDTH) {
            tower.add(1, leaves.root());
        }
    }

    /**
     * The root of a size that is not beyond the next bundle.
     *
     * @param next leaves that come next
     */
    Hash rootOf(LeafTile next, long end) {
        return tree.rootWith(next.first((int) (end - tree.size())));
    }

    long size() {
        return tree.size();
    }

    Hash root() {
        return tree.root();
    }

    void finish(Checkpoint checkpoint) throws IOException {
        for (int level = 1; level < 8; level++) {
            List<Hash> hashes = tower.partial(level);
            if (!hashes.isEmpty()) {
                compare(level, tower.partialIndex(level), hashes);
            }
        }
        findings.compare("log", "size " + size, "root", checkpoint.root(), tree.root());
    }

    private void full(Tile tile) throws IOException {
        compare(tile.level(), tile.index(), tile.hashes());
    }

    private void compare(int level, long index, List<Hash> expected) throws IOException {
        String path = FilePaths.tile(level, index, expected.size());
        List<Finding> unreadable = new ArrayList<>();
        List<Hash> found = TileFile.read(files, path, expected.size(), unreadable);
        unreadable.forEach(findings::add);
        for (int i = 0; found != null && i < expected.size(); i++) {
            findings.compare(path, "hash " + i, "hash", expected.get(i), found.get(i));
        }
    }

    private void compareCheckpoints() {
        for (HandedOut known = handedOut.peek();
                known != null && known.claimed().size() == tree.size();
                known = handedOut.peek()) {
            handedOut.remove();
            compare(known, tree.root());
        }
    }

    private void compare(HandedOut known, Hash root) {
        findings.compare(
                "log",
                "size " + known.claimed().size(),
                "root of the checkpoint from " + known.source(),
                known.claimed().root(),
                root);
    }
}
