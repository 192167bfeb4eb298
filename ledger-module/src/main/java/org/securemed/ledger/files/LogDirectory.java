package org.securemed.ledger.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The files of a log in a directory. Symbolic links are not followed. */
public final class LogDirectory implements LogFiles {
    private static final int KEPT = 100;

    private final Path root;

    /** @throws NotDirectoryException if it is none */
    public LogDirectory(Path root) throws NotDirectoryException {
        if (!Files.isDirectory(root)) {
            throw new NotDirectoryException(root.toString());
        }
        this.root = root;
    }

    @Override
    public Optional<byte[]> read(String path, int limit) throws IOException {
        Path file = root.resolve(path);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (SeekableByteChannel in = Files.newByteChannel(file)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(limit + 1L, in.size()));
            while (bytes.hasRemaining() && in.read(bytes) >= 0) {
                continue;
            }
            return Optional.of(bytes.hasRemaining() ? Arrays.copyOf(bytes.array(), bytes.position()) : bytes.array());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public int parallelism() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** Names of what is there though it does not belong to a log of this size; the first hundred. */
    public List<String> strays(long size) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    .map(file -> root.relativize(file).toString())
                    .filter(name -> !FilePaths.belongs(name, size))
                    .sorted()
                    .limit(KEPT)
                    .toList();
        }
    }
}
