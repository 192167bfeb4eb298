package org.securemed.ledger.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.EntryBundle;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.files.BlockLine;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.log.LogCorruptException;
import org.securemed.ledger.log.LogImport;
import org.securemed.ledger.log.LogStore;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.verify.PublishedVerifier;
import org.securemed.ledger.verify.Report;

/**
 * Puts an export into an empty store, if it is whole. The files are verified first, with all signatures, and once more
 * against the signed root while they are read again, so that nothing that changes in between comes in.
 */
final class LogRestore {
    private final LogStore store;
    private final VerifyKey logKey;
    private final Path source;

    LogRestore(LogStore store, VerifyKey logKey, Path source) {
        this.store = store;
        this.logKey = logKey;
        this.source = source;
    }

    /**
     * Imports.
     *
     * @return what the files were found to be; nothing was done unless they are whole
     * @throws IOException if they cannot be read
     * @throws LogCorruptException if the store is not empty, or files changed meanwhile
     */
    Report run() throws IOException {
        LogDirectory files = new LogDirectory(source);
        Report report = new PublishedVerifier(logKey, files).verify();
        if (report.isWhole()) {
            try (LogImport target = new LogImport(store, logKey.name())) {
                SignedNote note = SignedNote.parse(read(files, FilePaths.CHECKPOINT, FilePaths.MAX_CHECKPOINT));
                Checkpoint checkpoint = Checkpoint.claimed(note);
                if (checkpoint.size() != report.entries() || !checkpoint.root().equals(report.root())) {
                    throw new NoteException("another checkpoint");
                }
                copy(files, checkpoint.size(), target);
                target.finish(checkpoint, note);
            } catch (NoteException e) {
                throw new LogCorruptException("the files", "what they were before", String.valueOf(e.getMessage()));
            }
        }
        return report;
    }

    private static void copy(LogDirectory files, long size, LogImport target) throws IOException, NoteException {
        List<byte[]> waiting = new ArrayList<>();
        List<Hash> hashes = new ArrayList<>();
        for (long bundle = 0; bundle < FilePaths.count(size); bundle++) {
            int width = FilePaths.width(bundle, size);
            waiting.addAll(
                    EntryBundle.parse(read(files, FilePaths.entries(bundle, width), FilePaths.MAX_ENTRIES), width));
            hashes.addAll(hashes(read(files, FilePaths.tile(0, bundle, width), FilePaths.MAX_TILE), width));
            long read = bundle * Tile.WIDTH + width;
            for (Block block : BlockLine.parse(read(files, FilePaths.blocks(bundle, width), FilePaths.MAX_BLOCKS))) {
                if (block.treeSize() > read) {
                    throw new NoteException("a block ends beyond its file");
                }
                List<byte[]> bodies = waiting.subList(0, Math.min(block.count(), waiting.size()));
                List<Hash> leaves = hashes.subList(0, bodies.size());
                target.add(block, List.copyOf(bodies), List.copyOf(leaves));
                bodies.clear();
                leaves.clear();
            }
        }
    }

    private static List<Hash> hashes(byte[] tile, int width) throws NoteException {
        if (tile.length != width * Hash.LENGTH) {
            throw new NoteException("a tile is not as wide as before");
        }
        return Tile.split(tile);
    }

    private static byte[] read(LogDirectory files, String path, int limit) throws IOException, NoteException {
        return files.read(path, limit).orElseThrow(() -> new NoteException(path + " is gone"));
    }
}
