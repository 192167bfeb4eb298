package org.securemed.ledger.verify;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;

/** Reads the hashes of a tile. */
final class TileFile {
    private TileFile() {}

    /**
     * The hashes in a file.
     *
     * @return null when it is not there or of another length, which is then a finding
     */
    static @Nullable List<Hash> read(LogFiles files, String path, int width, List<Finding> findings)
            throws IOException {
        Optional<byte[]> bytes = files.read(path, FilePaths.MAX_TILE);
        int length = width * Hash.LENGTH;
        if (bytes.isEmpty() || bytes.get().length != length) {
            String found = bytes.isEmpty() ? "none" : "another length";
            findings.add(new Finding(path, "file", "*", "a tile of %d bytes".formatted(length), found));
            return null;
        }
        return Tile.split(bytes.get());
    }
}
