package org.securemed.ledger.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.EntryBundle;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.LogCorruptException;
import org.securemed.ledger.log.LogStore;
import org.securemed.ledger.log.RetentionEntries;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.merkle.TileTower;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.retention.PrunedEntries;

/**
 * Writes a log into a directory, as far as its newest checkpoint covers it, while it may go on growing. Tiles are made
 * from the entries, so that an export that ends well is one whose entries lead to the signed root. The checkpoint is
 * written last: an export that was broken off has none.
 *
 * <p>Not in it: what is not in the log, which is the outbox, consent states, and the patients' keys, without which
 * nothing that identifies can be read.
 */
public final class LogExport {
    private static final int PAGE = 256;

    private final LogStore store;
    private final VerifyKey logKey;
    private final Path target;

    /**
     * @param logKey one of the log's keys
     * @param target made if it is not there, otherwise empty
     */
    public LogExport(LogStore store, VerifyKey logKey, Path target) {
        this.store = store;
        this.logKey = logKey;
        this.target = target;
    }

    /**
     * Exports.
     *
     * @return what was exported
     * @throws DirectoryNotEmptyException if there is something in the directory
     * @throws IOException if it cannot be written
     * @throws LogCorruptException if the entries do not lead to the checkpoint's root
     * @throws LedgerUnavailableException if there is no checkpoint, or the log cannot be read
     */
    public Checkpoint run() throws IOException {
        Files.createDirectories(target);
        try (Stream<Path> content = Files.list(target)) {
            if (content.findAny().isPresent()) {
                throw new DirectoryNotEmptyException(target.toString());
            }
        }
        try (LogStore.Session session = store.read()) {
            String stored = session.newestCheckpoint()
                    .orElseThrow(() -> new LedgerUnavailableException("the log has no checkpoint yet"));
            KeyHistory keys = keys(session);
            Checkpoint checkpoint = verified(keys, stored);
            write(session, RetentionEntries.pruned(session, keys, checkpoint.size()), checkpoint);
            StringBuilder vkeys = new StringBuilder();
            keys.logKeys().forEach(key -> vkeys.append(key).append('\n'));
            write(FilePaths.KEY, vkeys.toString().getBytes(StandardCharsets.UTF_8));
            write(FilePaths.CHECKPOINT, stored.getBytes(StandardCharsets.UTF_8));
            return checkpoint;
        }
    }

    private void write(LogStore.Session session, PrunedEntries pruned, Checkpoint checkpoint) throws IOException {
        Frontier.Builder tree = Frontier.EMPTY.extend();
        TileTower<IOException> tower = new TileTower<>(
                tile -> write(FilePaths.tile(tile.level(), tile.index(), Tile.WIDTH), tile.toByteArray()));
        long size = checkpoint.size();
        for (long bundle = 0; bundle < FilePaths.count(size); bundle++) {
            int width = FilePaths.width(bundle, size);
            List<byte[]> bodies = bodies(session, pruned, bundle * Tile.WIDTH, width);
            write(FilePaths.entries(bundle, width), EntryBundle.of(bodies));
            for (int i = 0; i < width; i++) {
                byte[] body = bodies.get(i);
                Hash leaf = body.length > 0 ? TreeHash.leaf(body) : tileHash(session, bundle, i);
                tree.add(leaf);
                tower.add(leaf);
            }
            write(
                    FilePaths.blocks(bundle, width),
                    BlockLine.file(session.blocks(bundle * Tile.WIDTH, bundle * Tile.WIDTH + width)));
        }
        partial(tower);
        if (!tree.root().equals(checkpoint.root())) {
            throw new LogCorruptException(
                    "tree of %d entries".formatted(size),
                    "the checkpoint's root " + checkpoint.root(),
                    "entries that lead to " + tree.root());
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

    /** The bytes of entries; none of those that are gone and may be. */
    private static List<byte[]> bodies(LogStore.Session session, PrunedEntries pruned, long from, int width) {
        List<byte[]> bodies = new ArrayList<>(Collections.nCopies(width, new byte[0]));
        for (StoredEntry entry : session.entries(from, width)) {
            if (entry.index() < from + width) {
                bodies.set((int) (entry.index() - from), entry.body().toByteArray());
            }
        }
        for (int i = 0; i < width; i++) {
            if (bodies.get(i).length == 0 && !pruned.covers(from + i)) {
                throw new LogCorruptException("ledger_entry " + (from + i), "an entry", "none");
            }
        }
        return bodies;
    }

    private static Hash tileHash(LogStore.Session session, long tile, int place) {
        return session.tile(0, tile)
                .orElseThrow(() -> new LogCorruptException("ledger_tile 0/" + tile, "a full tile", "none"))
                .hashes()
                .get(place);
    }

    private KeyHistory keys(LogStore.Session session) {
        List<StoredEntry> entries = new ArrayList<>();
        List<StoredEntry> page;
        do {
            long from = entries.isEmpty() ? 0 : entries.get(entries.size() - 1).index() + 1;
            page = session.entries(Op.KEY, from, PAGE);
            entries.addAll(page);
        } while (page.size() == PAGE);
        List<String> statements = new ArrayList<>();
        entries.forEach(stored -> statements.add(statement(stored)));
        KeyHistory history = new KeyHistory(KeyHistory.initial(logKey, statements));
        for (int i = 0; i < entries.size(); i++) {
            if (KeyHistory.concerns(statements.get(i))) {
                try {
                    history.learn(entries.get(i).index(), statements.get(i));
                } catch (NoteException e) {
                    throw new LogCorruptException(
                            "ledger_entry " + entries.get(i).index(),
                            "a statement about keys by the log key",
                            String.valueOf(e.getMessage()));
                }
            }
        }
        return history;
    }

    private static String statement(StoredEntry stored) {
        String statement = stored.entry().statement();
        return statement == null ? "" : statement;
    }

    private static Checkpoint verified(KeyHistory keys, String stored) {
        try {
            return keys.verify(SignedNote.parse(stored));
        } catch (NoteException e) {
            throw new LogCorruptException(
                    "ledger_checkpoint", "a checkpoint by the log key", String.valueOf(e.getMessage()));
        }
    }

    private void write(String path, byte[] bytes) throws IOException {
        Path file = target.resolve(path);
        Files.createDirectories(file.resolveSibling("."));
        Files.write(file, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }
}
