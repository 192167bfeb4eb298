package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.verify.Rows.Raw;
import org.securemed.ledger.verify.Rows.TileRow;

/** Compares the stored tiles with those that the leaves make. One thread. */
final class TileCheck {
    private static final String TABLE = "ledger_tile";
    private static final int LEVELS = 8;

    /** Stands for a leaf that is not known: no tile that contains it is compared. */
    static final Hash UNKNOWN = Hash.of(new byte[Hash.LENGTH]);

    private final Findings findings;
    private final List<Cursor<TileRow>> stored = new ArrayList<>();
    private final List<List<Hash>> open = new ArrayList<>();
    private final long[] next = new long[LEVELS];

    TileCheck(StoredLog log, Findings findings) throws SQLException {
        this.findings = findings;
        for (int level = 0; level < LEVELS; level++) {
            stored.add(log.tiles(level));
            open.add(new ArrayList<>(Tile.WIDTH));
        }
    }

    /** @param root of the tile that ends with this leaf, if somebody has computed it; null otherwise */
    void leaf(Hash leaf, @Nullable Hash root) throws SQLException {
        Hash hash = leaf;
        for (int level = 0; level < LEVELS; level++) {
            List<Hash> hashes = open.get(level);
            hashes.add(hash);
            if (hashes.size() < Tile.WIDTH) {
                return;
            }
            hash = full(level, hashes, level == 0 ? root : null);
            hashes.clear();
        }
    }

    void finish(StoredLog log) throws SQLException {
        for (Cursor<TileRow> rows : stored) {
            for (TileRow row = rows.take(); row != null; row = rows.take()) {
                findings.add(TABLE, place(row.level(), row.index()), "*", "no tile", "a tile");
            }
        }
        Cursor<TileRow> stray = log.strayTiles();
        for (TileRow row = stray.take(); row != null; row = stray.take()) {
            findings.add(TABLE, place(row.level(), row.index()), "level", "0 to 7", row.level());
        }
    }

    private Hash full(int level, List<Hash> hashes, @Nullable Hash computed) throws SQLException {
        long index = next[level]++;
        boolean known = computed != null || !hashes.contains(UNKNOWN);
        Hash root = computed != null ? computed : known ? new Tile(level, index, hashes).root() : UNKNOWN;
        Cursor<TileRow> rows = stored.get(level);
        for (TileRow row = rows.peek(); row != null && row.index() < index && row.log() == 1; row = rows.peek()) {
            findings.add(TABLE, place(level, row.index()), "*", "no tile", "a tile");
            rows.take();
        }
        TileRow row = rows.peek();
        if (row == null || row.index() != index || row.log() != 1) {
            findings.add(TABLE, place(level, index), "*", "a full tile", "none");
            return root;
        }
        rows.take();
        if (known) {
            compare(row, new Tile(level, index, hashes), root);
        }
        return root;
    }

    private void compare(TileRow row, Tile expected, Hash root) {
        byte[] bytes = expected.toByteArray();
        if (!Arrays.equals(bytes, row.hashes())) {
            int at = Math.max(0, Arrays.mismatch(bytes, row.hashes())) / Hash.LENGTH;
            findings.add(
                    TABLE,
                    place(row.level(), row.index()),
                    "hashes",
                    "hash %d to be %s".formatted(at, expected.hashes().get(Math.min(at, Tile.WIDTH - 1))),
                    "another");
        }
        if (!Arrays.equals(root.toByteArray(), row.root())) {
            findings.add(TABLE, place(row.level(), row.index()), "root", root, Raw.of(row.root()));
        }
    }

    private static String place(int level, long index) {
        return "level %d, n %d".formatted(level, index);
    }
}
