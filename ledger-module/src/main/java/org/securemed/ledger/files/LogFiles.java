package org.securemed.ledger.files;

import java.io.IOException;
import java.util.Optional;

/** Where the files of a log are read from. Thread safe. */
public interface LogFiles {
    /**
     * Reads a file.
     *
     * @param path as {@link FilePaths} names it
     * @param limit the largest that is sensible, in bytes; of a larger file only one byte more is read
     * @return the caller's to change; empty if there is no such file
     * @throws IOException if it cannot be found out what is there
     */
    Optional<byte[]> read(String path, int limit) throws IOException;

    /** How many reads at once are sensible. */
    int parallelism();
}
