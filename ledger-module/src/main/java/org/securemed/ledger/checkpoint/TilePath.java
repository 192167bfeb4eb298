package org.securemed.ledger.checkpoint;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The path of a tile or entry bundle below a log's prefix.
 *
 * @param level tile level 0 to 7, or {@link #ENTRIES} for an entry bundle
 * @param index which of its level, zero-based
 * @param width how many hashes or entries it holds: 256, or less when partial
 * @see <a href="https://c2sp.org/tlog-tiles">C2SP tlog-tiles</a>
 */
public record TilePath(int level, long index, int width) {
    /** The level of entry bundles. */
    public static final int ENTRIES = -1;

    private static final int FULL = 256;
    private static final int MAX_GROUPS = 6;
    private static final Pattern FORM = Pattern.compile(
            "tile/(entries|[0-7])/((?:x[0-9]{3}/){0,%d}[0-9]{3})(?:\\.p/([1-9][0-9]{0,2}))?".formatted(MAX_GROUPS - 1));

    public TilePath {
        if (level < ENTRIES || level > 7 || index < 0 || width < 1 || width > FULL) {
            throw new IllegalArgumentException(
                    "no tile has level %d, index %d and width %d".formatted(level, index, width));
        }
    }

    /**
     * Reads a path strictly, so that each resource has exactly one.
     *
     * @param path such as {@code tile/0/x001/234.p/17} or {@code tile/entries/000}
     * @throws NoteException if it is not the path of a tile or entry bundle
     */
    public static TilePath parse(String path) throws NoteException {
        Matcher parts = FORM.matcher(path);
        if (path.length() > 64 || !parts.matches()) {
            throw new NoteException("not the path of a tile or entry bundle");
        }
        int level = parts.group(1).equals("entries") ? ENTRIES : Integer.parseInt(parts.group(1));
        long index = Long.parseLong(parts.group(2).replace("x", "").replace("/", ""));
        int width = parts.group(3) == null ? FULL : Integer.parseInt(parts.group(3));
        if (parts.group(3) != null && width >= FULL) {
            throw new NoteException("a partial tile has a width of 1 to 255");
        }
        TilePath tile = new TilePath(level, index, width);
        if (!tile.toString().equals(path)) {
            throw new NoteException("the path is not in its one form");
        }
        return tile;
    }

    public boolean isPartial() {
        return width < FULL;
    }

    /** The path. */
    @Override
    public String toString() {
        StringBuilder groups = new StringBuilder("%03d".formatted(index % 1_000));
        for (long rest = index / 1_000; rest > 0; rest /= 1_000) {
            groups.insert(0, "x%03d/".formatted(rest % 1_000));
        }
        return "tile/" + (level == ENTRIES ? "entries" : Integer.toString(level)) + "/" + groups
                + (isPartial() ? ".p/" + width : "");
    }
}
