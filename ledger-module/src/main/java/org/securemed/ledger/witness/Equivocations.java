package org.securemed.ledger.witness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.merkle.TreeHash;

/**
 * Evidence that a log has shown two faces: pairs of checkpoints that the log's key signed and that cannot both be of
 * one log. Each pair is a directory with the notes {@code one} and {@code other}, readable by any tool that reads
 * notes. Thread safe.
 */
public final class Equivocations {
    // Only the log's key can make evidence; a thief of that key must not fill the disk.
    private static final int MAX = 1_000;

    private final Path directory;

    /** @param directory made when there is something to keep */
    public Equivocations(Path directory) {
        this.directory = directory;
    }

    /**
     * Keeps a pair, durably named by its content. What is there already, or exceeds a thousand, is not kept again.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    public synchronized void keep(SignedNote one, SignedNote other) {
        byte[] content = (one + "\n" + other).getBytes(StandardCharsets.UTF_8);
        Path pair = directory.resolve(TreeHash.sha256(content).toString());
        try {
            if (Files.exists(pair) || count() >= MAX) {
                return;
            }
            Files.createDirectories(directory);
            Path part = Files.createTempDirectory(directory, ".part");
            Files.writeString(part.resolve("one"), one.toString());
            Files.writeString(part.resolve("other"), other.toString());
            Files.move(part, pair, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("evidence cannot be kept in " + directory, e);
        }
    }

    /** How many pairs there are. */
    public synchronized int count() {
        return names().size();
    }

    /**
     * All pairs.
     *
     * @throws UncheckedIOException if they cannot be read
     */
    public synchronized List<Pair> all() {
        List<Pair> pairs = new ArrayList<>();
        for (Path pair : names()) {
            try {
                pairs.add(new Pair(
                        SignedNote.parse(Files.readAllBytes(pair.resolve("one"))),
                        SignedNote.parse(Files.readAllBytes(pair.resolve("other")))));
            } catch (IOException e) {
                throw new UncheckedIOException("evidence cannot be read from " + pair, e);
            } catch (NoteException e) {
                throw new IllegalStateException("evidence in %s is no pair of notes".formatted(pair), e);
            }
        }
        return pairs;
    }

    private List<Path> names() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> names = Files.list(directory)) {
            return names.filter(name -> !name.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("evidence cannot be read from " + directory, e);
        }
    }

    /**
     * Two checkpoints of one log.
     *
     * @param one signed by the log
     * @param other signed by the log, too
     */
    public record Pair(SignedNote one, SignedNote other) {}
}
