package org.securemed.ledger.verify;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.files.BlockLine;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.merkle.Tile;

/** The files of a log that runs, with a checkpoint that may lag behind, as a server serves them. */
final class ServedLog implements LogFiles {
    private final Ledger ledger;
    private final SignedNote checkpoint;

    ServedLog(Ledger ledger, SignedNote checkpoint) {
        this.ledger = ledger;
        this.checkpoint = checkpoint;
    }

    @Override
    public Optional<byte[]> read(String path, int limit) {
        try {
            if (path.equals(FilePaths.CHECKPOINT)) {
                return Optional.of(checkpoint.toString().getBytes(StandardCharsets.UTF_8));
            }
            if (path.equals(FilePaths.KEY)) {
                return Optional.of((ledger.logKey() + "\n").getBytes(StandardCharsets.UTF_8));
            }
            if (path.startsWith(FilePaths.BLOCK)) {
                TilePath place = FilePaths.parseBlocks(path);
                long from = place.index() * Tile.WIDTH;
                return ledger.blocks(from, from + place.width()).map(BlockLine::file);
            }
            return ledger.tile(TilePath.parse(path));
        } catch (NoteException e) {
            return Optional.empty();
        }
    }

    @Override
    public int parallelism() {
        return 2;
    }
}
