package org.securemed.ledger.verify;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.EntryBundle;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.entry.EntryScan;
import org.securemed.ledger.files.BlockLine;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.LeafTile;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.verify.Bundle.Statement;

/** Reads bundles with their tiles and blocks, and compares them. Thread safe. */
final class BundleReader {
    /** Stands where a hash is not known. */
    private static final Hash UNKNOWN = TileCheck.UNKNOWN;

    private final LogFiles files;
    private final long size;
    private final boolean withEntries;
    private final boolean withBlocks;

    BundleReader(LogFiles files, long size, boolean withEntries, boolean withBlocks) {
        this.files = files;
        this.size = size;
        this.withEntries = withEntries;
        this.withBlocks = withBlocks;
    }

    /** Number of bundles. */
    long count() {
        return FilePaths.count(size);
    }

    Bundle read(long index) throws IOException {
        int width = FilePaths.width(index, size);
        List<Finding> findings = new ArrayList<>();
        String tilePath = FilePaths.tile(0, index, width);
        List<Hash> hashes = TileFile.read(files, tilePath, width, findings);
        LeafTile leaves = new LeafTile(hashes == null ? Collections.nCopies(width, UNKNOWN) : hashes);
        List<Statement> statements = new ArrayList<>();
        BitSet missing = new BitSet();
        String path = tilePath;
        if (withEntries) {
            path = FilePaths.entries(index, width);
            Entries entries = entries(path, width, findings);
            if (entries != null) {
                for (int i = 0; i < width; i++) {
                    missing.set(i, entries.length(i) == 0);
                }
                List<Hash> ofEntries = compare(entries, hashes, path, index * Tile.WIDTH, findings);
                if (!ofEntries.equals(hashes) && (hashes == null || !isInTheTree(index, leaves))) {
                    leaves = new LeafTile(ofEntries);
                }
                statements(entries, path, index * Tile.WIDTH, statements, findings);
            }
        }
        List<Block> blocks = withBlocks ? blocks(FilePaths.blocks(index, width), findings) : List.of();
        return new Bundle(path, leaves, statements, missing, blocks, findings);
    }

    private @Nullable Entries entries(String path, int width, List<Finding> findings) throws IOException {
        Optional<byte[]> bytes = files.read(path, FilePaths.MAX_ENTRIES);
        if (bytes.isEmpty()) {
            findings.add(new Finding(path, "file", "*", "a bundle of %d entries".formatted(width), "none"));
            return null;
        }
        try {
            return new Entries(bytes.get(), EntryBundle.offsets(bytes.get(), width));
        } catch (NoteException e) {
            findings.add(new Finding(
                    path, "file", "*", "a bundle of %d entries".formatted(width), String.valueOf(e.getMessage())));
            return null;
        }
    }

    /** Whether the tile, and not the entries that differ from it, is what the tile above has. */
    private boolean isInTheTree(long index, LeafTile leaves) throws IOException {
        if (leaves.width() < Tile.WIDTH) {
            return false;
        }
        long above = index / Tile.WIDTH;
        int width = FilePaths.width(above, size / Tile.WIDTH);
        List<Hash> roots = TileFile.read(files, FilePaths.tile(1, above, width), width, new ArrayList<>());
        return roots != null && roots.get((int) (index % Tile.WIDTH)).equals(leaves.root());
    }

    private static List<Hash> compare(
            Entries entries, @Nullable List<Hash> hashes, String path, long first, List<Finding> findings) {
        List<Hash> leaves = new ArrayList<>(entries.count());
        for (int i = 0; i < entries.count(); i++) {
            if (entries.length(i) == 0) {
                // Whether it may be gone is known when all entries were seen.
                leaves.add(hashes == null ? UNKNOWN : hashes.get(i));
                continue;
            }
            Hash leaf = entries.leaf(i);
            leaves.add(leaf);
            if (hashes != null && !hashes.get(i).equals(leaf)) {
                findings.add(new Finding(
                        path,
                        "index " + (first + i),
                        "entry/hash",
                        "an entry with the hash that its tile has, " + hashes.get(i),
                        "one with " + leaf));
            }
        }
        return leaves;
    }

    private static void statements(
            Entries entries, String path, long first, List<Statement> statements, List<Finding> findings) {
        EntryScan scan = new EntryScan();
        for (int i = 0; i < entries.count(); i++) {
            boolean gone = entries.length(i) == 0;
            if (gone || (scan.read(entries.bundle, entries.offset(i), entries.length(i)) && !Followed.has(scan))) {
                continue;
            }
            try {
                Entry entry = Entry.parse(entries.copy(i));
                if (Followed.has(entry)) {
                    statements.add(new Statement(i, entry));
                }
            } catch (EntryException e) {
                findings.add(
                        new Finding(path, "index " + (first + i), "entry", "an entry", String.valueOf(e.getMessage())));
            }
        }
    }

    private List<Block> blocks(String path, List<Finding> findings) throws IOException {
        Optional<byte[]> bytes = files.read(path, FilePaths.MAX_BLOCKS);
        if (bytes.isEmpty()) {
            findings.add(new Finding(path, "file", "*", "the blocks that end here", "none"));
            return List.of();
        }
        try {
            return BlockLine.parse(bytes.get());
        } catch (NoteException e) {
            findings.add(new Finding(path, "file", "*", "blocks", String.valueOf(e.getMessage())));
            return List.of();
        }
    }

    /** @param offsets as {@link EntryBundle#offsets} has them */
    private record Entries(byte[] bundle, int[] offsets) {
        int count() {
            return offsets.length - 1;
        }

        int offset(int i) {
            return offsets[i];
        }

        /**
         * Writes the prefix of a leaf over the length before the entry, which was read: so it is hashed in one piece.
         */
        Hash leaf(int i) {
            bundle[offset(i) - 1] = 0;
            return TreeHash.sha256(bundle, offset(i) - 1, length(i) + 1);
        }

        int length(int i) {
            return offsets[i + 1] - 2 - offsets[i];
        }

        byte[] copy(int i) {
            return Arrays.copyOfRange(bundle, offset(i), offset(i) + length(i));
        }
    }
}
