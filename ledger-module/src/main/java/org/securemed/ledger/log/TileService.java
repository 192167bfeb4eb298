package org.securemed.ledger.log;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.securemed.ledger.checkpoint.EntryBundle;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;

/** The bytes of tiles and entry bundles, of what published checkpoints cover. */
final class TileService {
    private TileService() {}

    /**
     * The resource at a path.
     *
     * @param size entries covered by a published checkpoint: beyond it nothing is served
     * @return empty if there is no such tile, or it is not as wide
     */
    static Optional<byte[]> read(LogStore.Session session, TilePath path, long size) {
        int level = Math.max(0, path.level());
        long available = size >> (level * Tile.HEIGHT);
        long from = path.index() * Tile.WIDTH;
        if (path.index() > Long.MAX_VALUE / Tile.WIDTH || from + path.width() > available) {
            return Optional.empty();
        }
        if (path.level() == TilePath.ENTRIES) {
            return Optional.of(EntryBundle.of(bodies(session, from, path.width())));
        }
        List<Hash> hashes = new TileNodes(session, size).hashes(level, path.index());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(path.width() * Hash.LENGTH);
        hashes.subList(0, path.width()).forEach(hash -> bytes.writeBytes(hash.toByteArray()));
        return Optional.of(bytes.toByteArray());
    }

    /** The bytes of each of these entries; none where there is no entry: whether it was pruned is for a verifier. */
    private static List<byte[]> bodies(LogStore.Session session, long from, int width) {
        List<byte[]> bodies = new ArrayList<>(Collections.nCopies(width, new byte[0]));
        for (StoredEntry entry : session.entries(from, width)) {
            if (entry.index() < from + width) {
                bodies.set((int) (entry.index() - from), entry.body().toByteArray());
            }
        }
        return bodies;
    }
}
