package org.securemed.ledger.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.EntryBundle;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.log.LogCorruptException;
import org.securemed.ledger.log.RetentionEntries;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.merkle.TileTower;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.retention.PrunedEntries;
import org.securemed.ledger.retention.RetentionStatement;

/**
 * Keeps a copy of somebody else's log in a directory, entries included, which stay as sealed as they are. What comes in
 * is verified before it counts: entries lead to the signed root, blocks are signed by instances whose keys the log
 * certifies, and the log extends what was mirrored before. A run that was broken off is continued by the next one: the
 * checkpoint is written last. One run at a time.
 */
public final class LogMirror {
    private final LogFiles source;
    private final VerifyKey logKey;
    private final Path target;

    /**
     * @param logKey one of the log's keys, such as the one it began with
     * @param target made if it is not there
     */
    public LogMirror(LogFiles source, VerifyKey logKey, Path target) {
        this.source = source;
        this.logKey = logKey;
        this.target = target;
    }

    /**
     * Brings the mirror up to the log's newest checkpoint.
     *
     * @return the mirrored checkpoint; the one of before if there is no newer one
     * @throws LogCorruptException if the log is not what was signed, or not an extension of what was mirrored: then the
     *     checkpoint that shows it is kept as {@code refused}, and the mirror is as it was
     * @throws IOException if something cannot be read or written
     */
    public Checkpoint run() throws IOException {
        Files.createDirectories(target);
        SignedNote offered = note(source.read(FilePaths.CHECKPOINT, FilePaths.MAX_CHECKPOINT), "the log's checkpoint");
        Optional<byte[]> kept = local(FilePaths.CHECKPOINT, FilePaths.MAX_CHECKPOINT);
        long before = kept.isEmpty()
                ? 0
                : claimed(note(kept, "the mirror's checkpoint")).size();
        Checkpoint wanted = claimed(offered);
        try {
            if (!wanted.origin().equals(logKey.name())) {
                throw new LogCorruptException("checkpoint, origin", logKey.name(), wanted.origin());
            }
            if (wanted.size() < before) {
                throw new LogCorruptException(
                        "checkpoint, size", "at least %d, mirrored before".formatted(before), wanted.size() + "");
            }
            KeyHistory keys = pull(wanted, before);
            requireSigned(keys, offered);
            requireBlocks(keys, wanted.size(), before);
            publish(keys, offered, wanted.size());
            return wanted;
        } catch (LogCorruptException e) {
            write("refused", offered.toString().getBytes(StandardCharsets.UTF_8));
            throw e;
        }
    }

    /** Reads all entries, those that are here from here, and writes what is new. */
    private KeyHistory pull(Checkpoint wanted, long before) throws IOException {
        long size = wanted.size();
        List<String> statements = new ArrayList<>();
        List<Long> places = new ArrayList<>();
        List<String> retentions = new ArrayList<>();
        Map<Long, BitSet> missing = new HashMap<>();
        Frontier.Builder tree = Frontier.EMPTY.extend();
        TileTower<IOException> tower = new TileTower<>(tile -> {
            if ((tile.index() + 1) * (1L << (Tile.HEIGHT * (tile.level() + 1))) > before) {
                write(FilePaths.tile(tile.level(), tile.index(), Tile.WIDTH), tile.toByteArray());
            }
        });
        for (long bundle = 0; bundle < FilePaths.count(size); bundle++) {
            int width = FilePaths.width(bundle, size);
            Deque<Block> blocks = new ArrayDeque<>(blocks(bundle, width, before));
            List<byte[]> bodies = bundle(bundle, width, before);
            List<Hash> hashes = bodies.stream().allMatch(body -> body.length > 0) ? List.of() : hashes(bundle, width);
            for (int i = 0; i < width; i++) {
                byte[] body = bodies.get(i);
                statement(body).ifPresent(statement -> {
                    statements.add(statement);
                    places.add(tree.size());
                });
                retention(body).ifPresent(retentions::add);
                if (body.length == 0) {
                    missing.computeIfAbsent(span(tree.size()), span -> new BitSet())
                            .set((int) (tree.size() - span(tree.size())));
                }
                Hash leaf = body.length > 0 ? TreeHash.leaf(body) : hashes.get(i);
                tree.add(leaf);
                tower.add(leaf);
                requireRoot(blocks, tree);
            }
            if (!blocks.isEmpty()) {
                throw new LogCorruptException(
                        FilePaths.blocks(bundle, width), "blocks that end within these entries", "another");
            }
        }
        if (!tree.root().equals(wanted.root())) {
            throw new LogCorruptException(
                    "tree of %d entries".formatted(size), "the root " + wanted.root(), "root " + tree.root());
        }
        partial(tower);
        KeyHistory keys = new KeyHistory(KeyHistory.initial(logKey, statements));
        for (int i = 0; i < statements.size(); i++) {
            try {
                keys.learn(places.get(i), statements.get(i));
            } catch (NoteException e) {
                throw new LogCorruptException(
                        "entry " + places.get(i),
                        "a statement about keys by the log key",
                        String.valueOf(e.getMessage()));
            }
        }
        requireLetGo(missing, retentions, keys);
        return keys;
    }

    /** What is missing is named by a retention entry. */
    private static void requireLetGo(Map<Long, BitSet> missing, List<String> retentions, KeyHistory keys) {
        PrunedEntries pruned = new PrunedEntries();
        retentions.forEach(text -> RetentionEntries.statement(text, keys).ifPresent(pruned::add));
        missing.forEach((span, of) -> {
            of.andNot(pruned.of(span));
            if (!of.isEmpty()) {
                throw new LogCorruptException("entry " + (span + of.nextSetBit(0)), "an entry", "none");
            }
        });
    }

    private static long span(long index) {
        return index - index % RetentionStatement.SPAN;
    }

    private static Optional<String> retention(byte[] body) {
        try {
            Entry entry = Entry.parse(body);
            return entry.op().equals(Op.RETENTION) ? Optional.ofNullable(entry.statement()) : Optional.empty();
        } catch (EntryException e) {
            return Optional.empty();
        }
    }

    /**
     * The leaf hashes of a bundle, as its tile has them; that they lead to the signed root is found out with the rest.
     */
    private List<Hash> hashes(long bundle, int width) throws IOException {
        String path = FilePaths.tile(0, bundle, width);
        byte[] tile = source.read(path, FilePaths.MAX_TILE)
                .filter(bytes -> bytes.length == width * Hash.LENGTH)
                .orElseThrow(() -> new LogCorruptException(path, "the tile of entries that are gone", "none"));
        return Tile.split(tile);
    }

    /** A bundle: a full one that is here is taken from here; of a partial one what is here must be its beginning. */
    private List<byte[]> bundle(long bundle, int width, long before) throws IOException {
        long start = bundle * Tile.WIDTH;
        String path = FilePaths.entries(bundle, width);
        if (start + width <= before) {
            Optional<byte[]> here = local(path, FilePaths.MAX_ENTRIES);
            if (here.isPresent()) {
                return parse(here.get(), width, path);
            }
        }
        byte[] bytes = source.read(path, FilePaths.MAX_ENTRIES)
                .orElseThrow(() -> new LogCorruptException(path, "a bundle that the checkpoint covers", "none"));
        List<byte[]> bodies = parse(bytes, width, path);
        if (start < before) {
            String old = FilePaths.entries(bundle, FilePaths.width(bundle, before));
            List<byte[]> known = parse(
                    local(old, FilePaths.MAX_ENTRIES)
                            .orElseThrow(() -> new LogCorruptException(old, "what was mirrored before", "none")),
                    FilePaths.width(bundle, before),
                    old);
            for (int i = 0; i < known.size(); i++) {
                if (bodies.get(i).length == 0) {
                    // The tile's hash has to lead to the root that extends the mirrored one.
                    continue;
                }
                if (!TreeHash.leaf(known.get(i)).equals(TreeHash.leaf(bodies.get(i)))) {
                    throw new LogCorruptException(
                            "entry " + (start + i),
                            "the entry that was mirrored before",
                            "another: the log was forked");
                }
            }
        }
        write(path, bytes);
        return bodies;
    }

    /** The blocks that end within a bundle: those that are here from here. */
    private List<Block> blocks(long bundle, int width, long before) throws IOException {
        String path = FilePaths.blocks(bundle, width);
        if (bundle * Tile.WIDTH + width <= before) {
            Optional<byte[]> here = local(path, FilePaths.MAX_BLOCKS);
            if (here.isPresent()) {
                return parseBlocks(here.get(), path);
            }
        }
        byte[] bytes = source.read(path, FilePaths.MAX_BLOCKS)
                .orElseThrow(() -> new LogCorruptException(path, "the blocks that the checkpoint covers", "none"));
        List<Block> blocks = parseBlocks(bytes, path);
        write(path, bytes);
        return blocks;
    }

    /** Takes the block that ends with the last leaf, if there is one. */
    private static void requireRoot(Deque<Block> blocks, Frontier.Builder tree) {
        Block next = blocks.peek();
        if (next != null && next.treeSize() == tree.size()) {
            blocks.remove();
            if (!next.root().equals(tree.root())) {
                throw new LogCorruptException("block " + next.number(), "root " + tree.root(), "root " + next.root());
            }
        }
    }

    /** Follows the blocks, now that it is known whose signature counts where. */
    private void requireBlocks(KeyHistory keys, long size, long before) throws IOException {
        BlockChain chain = new BlockChain(logKey.name(), keys);
        for (long bundle = 0; bundle < FilePaths.count(size); bundle++) {
            String path = FilePaths.blocks(bundle, FilePaths.width(bundle, size));
            byte[] bytes = local(path, FilePaths.MAX_BLOCKS)
                    .orElseThrow(() -> new LogCorruptException(path, "what was just mirrored", "none"));
            for (Block block : parseBlocks(bytes, path)) {
                try {
                    chain.add(block, block.treeSize() > before);
                } catch (NoteException e) {
                    throw new LogCorruptException(path, "the log's blocks", String.valueOf(e.getMessage()));
                }
            }
        }
        if (chain.end() != size) {
            throw new LogCorruptException("blocks", "%d entries in them".formatted(size), chain.end() + "");
        }
    }

    private static List<Block> parseBlocks(byte[] bytes, String path) {
        try {
            return BlockLine.parse(bytes);
        } catch (NoteException e) {
            throw new LogCorruptException(path, "blocks", String.valueOf(e.getMessage()));
        }
    }

    private void partial(TileTower<IOException> tower) throws IOException {
        for (int level = 0; level < 8; level++) {
            List<Hash> hashes = tower.partial(level);
            if (!hashes.isEmpty()) {
                byte[] bytes = new byte[hashes.size() * Hash.LENGTH];
                for (int i = 0; i < hashes.size(); i++) {
                    hashes.get(i).copyTo(bytes, i * Hash.LENGTH);
                }
                write(FilePaths.tile(level, tower.partialIndex(level), hashes.size()), bytes);
            }
        }
    }

    private static void requireSigned(KeyHistory keys, SignedNote offered) {
        try {
            keys.verify(offered);
        } catch (NoteException e) {
            throw new LogCorruptException("checkpoint", "the log key's signature", String.valueOf(e.getMessage()));
        }
    }

    /** From here on the mirror is the new one; then what only the old one needed goes. */
    private void publish(KeyHistory keys, SignedNote offered, long size) throws IOException {
        StringBuilder vkeys = new StringBuilder();
        keys.logKeys().forEach(key -> vkeys.append(key).append('\n'));
        write(FilePaths.KEY, vkeys.toString().getBytes(StandardCharsets.UTF_8));
        write(FilePaths.CHECKPOINT, offered.toString().getBytes(StandardCharsets.UTF_8));
        LogDirectory directory = new LogDirectory(target);
        for (List<String> strays = directory.strays(size); !strays.isEmpty(); strays = directory.strays(size)) {
            for (String stray : strays) {
                Files.delete(target.resolve(stray));
            }
        }
    }

    private static List<byte[]> parse(byte[] bytes, int width, String path) {
        try {
            return EntryBundle.parse(bytes, width);
        } catch (NoteException e) {
            throw new LogCorruptException(
                    path, "a bundle of %d entries".formatted(width), String.valueOf(e.getMessage()));
        }
    }

    private static Optional<String> statement(byte[] body) {
        try {
            Entry entry = Entry.parse(body);
            String statement = entry.statement();
            return entry.op().equals(Op.KEY) && statement != null && KeyHistory.concerns(statement)
                    ? Optional.of(statement)
                    : Optional.empty();
        } catch (EntryException e) {
            // Whether each entry is one is for a verifier to say; a mirror keeps what was signed.
            return Optional.empty();
        }
    }

    private static SignedNote note(Optional<byte[]> bytes, String what) {
        try {
            return SignedNote.parse(bytes.orElseThrow(() -> new NoteException("there is none")));
        } catch (NoteException e) {
            throw new LogCorruptException(what, "a signed note", String.valueOf(e.getMessage()));
        }
    }

    private static Checkpoint claimed(SignedNote note) {
        try {
            return Checkpoint.claimed(note);
        } catch (NoteException e) {
            throw new LogCorruptException("checkpoint", "a checkpoint", String.valueOf(e.getMessage()));
        }
    }

    private Optional<byte[]> local(String path, int limit) throws IOException {
        return new LogDirectory(target).read(path, limit);
    }

    private void write(String path, byte[] bytes) throws IOException {
        Path file = target.resolve(path);
        Path directory = file.resolveSibling(".").normalize();
        Files.createDirectories(directory);
        Path part = Files.createTempFile(directory, ".part", "");
        Files.write(part, bytes);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
