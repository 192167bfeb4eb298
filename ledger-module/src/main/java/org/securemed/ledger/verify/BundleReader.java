package org.securemed.ledger.verify;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.EntryBundle;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.files.BlockLine;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.merkle.TreeHash;

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
        List<Hash> leaves = hashes == null ? Collections.nCopies(width, UNKNOWN) : hashes;
        List<@Nullable String> statements = nothing(width);
        List<@Nullable Entry> retentions = nothing(width);
        BitSet missing = new BitSet();
        String path = tilePath;
        if (withEntries) {
            path = FilePaths.entries(index, width);
            List<byte[]> entries = entries(path, width, findings);
            if (entries != null) {
                for (int i = 0; i < width; i++) {
                    missing.set(i, entries.get(i).length == 0);
                }
                List<Hash> ofEntries = compare(entries, hashes, path, index * Tile.WIDTH, findings);
                leaves = hashes != null && !ofEntries.equals(hashes) && isInTheTree(index, hashes) ? hashes : ofEntries;
                statements = statements(entries, retentions, path, index * Tile.WIDTH, findings);
            }
        }
        List<Block> blocks = withBlocks ? blocks(FilePaths.blocks(index, width), findings) : List.of();
        Hash root = width == Tile.WIDTH ? new Tile(0, index, leaves).root() : null;
        return new Bundle(path, leaves, root, statements, retentions, missing, blocks, findings);
    }

    private @Nullable List<byte[]> entries(String path, int width, List<Finding> findings) throws IOException {
        Optional<byte[]> bytes = files.read(path, FilePaths.MAX_ENTRIES);
        if (bytes.isEmpty()) {
            findings.add(new Finding(path, "file", "*", "a bundle of %d entries".formatted(width), "none"));
            return null;
        }
        try {
            return EntryBundle.parse(bytes.get(), width);
        } catch (NoteException e) {
            findings.add(new Finding(
                    path, "file", "*", "a bundle of %d entries".formatted(width), String.valueOf(e.getMessage())));
            return null;
        }
    }

    /** Whether the tile, and not the entries that differ from it, is what the tile above has. */
    private boolean isInTheTree(long index, List<Hash> hashes) throws IOException {
        if (hashes.size() < Tile.WIDTH) {
            return false;
        }
        long above = index / Tile.WIDTH;
        int width = FilePaths.width(above, size / Tile.WIDTH);
        List<Hash> roots = TileFile.read(files, FilePaths.tile(1, above, width), width, new ArrayList<>());
        return roots != null && roots.get((int) (index % Tile.WIDTH)).equals(new Tile(0, index, hashes).root());
    }

    private static List<Hash> compare(
            List<byte[]> entries, @Nullable List<Hash> hashes, String path, long first, List<Finding> findings) {
        List<Hash> leaves = new ArrayList<>(entries.size());
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).length == 0) {
                // Whether it may be gone is known when all entries were seen.
                leaves.add(hashes == null ? UNKNOWN : hashes.get(i));
                continue;
            }
            Hash leaf = TreeHash.leaf(entries.get(i));
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

    private static List<@Nullable String> statements(
            List<byte[]> entries, List<@Nullable Entry> retentions, String path, long first, List<Finding> findings) {
        List<@Nullable String> statements = nothing(entries.size());
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).length == 0) {
                continue;
            }
            try {
                Entry entry = Entry.parse(entries.get(i));
                if (entry.op().equals(Op.RETENTION)) {
                    retentions.set(i, entry);
                }
                String statement = entry.statement();
                if (statement != null && entry.op().equals(Op.KEY) && KeyHistory.concerns(statement)) {
                    statements.set(i, statement);
                }
            } catch (EntryException e) {
                findings.add(
                        new Finding(path, "index " + (first + i), "entry", "an entry", String.valueOf(e.getMessage())));
            }
        }
        return statements;
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

    /** A list's elements may be null, which plain NullAway cannot say. */
    @SuppressWarnings("NullAway")
    private static <T> List<@Nullable T> nothing(int width) {
        return new ArrayList<>(Collections.nCopies(width, null));
    }
}
