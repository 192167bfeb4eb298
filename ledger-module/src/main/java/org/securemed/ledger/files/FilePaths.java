package org.securemed.ledger.files;

import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;

/**
 * The names of a log's files.
 *
 * <pre>
 * checkpoint                       the newest
 * log.vkey                         the log's keys, one a line: the first it began with, the last signs now
 * tile/L/N[.p/W]                   hashes
 * tile/entries/N[.p/W]             entries
 * block/N[.p/W]                    the blocks that end within the entries of tile/entries/N[.p/W]; may be empty
 * </pre>
 *
 * @see <a href="https://c2sp.org/tlog-tiles">C2SP tlog-tiles</a>
 */
public final class FilePaths {
    public static final String CHECKPOINT = "checkpoint";
    public static final String KEY = "log.vkey";

    /** Directory of the blocks. */
    public static final String BLOCK = "block";

    public static final int MAX_CHECKPOINT = SignedNote.MAX_BYTES;
    public static final int MAX_KEY = 16 * 1_024;
    public static final int MAX_TILE = Tile.WIDTH * Hash.LENGTH;
    public static final int MAX_ENTRIES = Tile.WIDTH * (2 + Entry.MAX_BYTES);
    public static final int MAX_BLOCKS = Tile.WIDTH * BlockLine.MAX_BYTES;

    private static final String LEAVES = "tile/0/";

    private FilePaths() {}

    /** A tile of hashes. */
    public static String tile(int level, long index, int width) {
        return new TilePath(level, index, width).toString();
    }

    /** An entry bundle. */
    public static String entries(long index, int width) {
        return tile(TilePath.ENTRIES, index, width);
    }

    /** The blocks that end within an entry bundle. */
    public static String blocks(long index, int width) {
        return BLOCK + "/" + tile(0, index, width).substring(LEAVES.length());
    }

    /**
     * The place of the blocks that a path names: as a tile of level 0 at the same place.
     *
     * @throws NoteException if it is not the path of blocks
     */
    public static TilePath parseBlocks(String path) throws NoteException {
        if (!path.startsWith(BLOCK + "/")) {
            throw new NoteException("not the path of blocks");
        }
        return TilePath.parse(LEAVES + path.substring(BLOCK.length() + 1));
    }

    /** Number of tiles or bundles of 256, the last of them perhaps partial, that hold so many hashes or entries. */
    public static long count(long hashes) {
        return hashes / Tile.WIDTH + (hashes % Tile.WIDTH == 0 ? 0 : 1);
    }

    /** How wide the tile at this place is when there are so many hashes of its level. */
    public static int width(long index, long hashes) {
        return (int) Math.min(Tile.WIDTH, hashes - index * Tile.WIDTH);
    }

    /** Whether a log of {@code size} entries has a file of this name. */
    public static boolean belongs(String path, long size) {
        if (path.equals(CHECKPOINT) || path.equals(KEY)) {
            return true;
        }
        boolean block = path.startsWith(BLOCK + "/");
        try {
            TilePath tile = block ? parseBlocks(path) : TilePath.parse(path);
            long hashes = size >> (Math.max(0, tile.level()) * Tile.HEIGHT);
            return tile.index() < count(hashes) && tile.width() == width(tile.index(), hashes);
        } catch (NoteException e) {
            return false;
        }
    }
}
