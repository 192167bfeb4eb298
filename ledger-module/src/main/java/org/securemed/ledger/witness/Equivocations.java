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
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.TreeHash;

/**
 * Evidence that a log has shown two faces: pairs of checkpoints that the log's key signed and that cannot both be of
 * one log, because they have different roots for one size, or because the larger tree had another root when it was as
 * small as the other. Each pair is a directory with the notes {@code one} and {@code other}, readable by any tool that
 * reads notes, and for different sizes {@code root} and {@code proof}: the root that the larger tree had at the smaller
 * size, in base64, and the consistency proof from there, a hash a line. Thread safe.
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
     * @throws IllegalArgumentException if it is no evidence
     * @throws UncheckedIOException if it cannot be written
     */
    public synchronized void keep(Equivocation pair) {
        byte[] content = (pair.one() + "\n" + pair.other()).getBytes(StandardCharsets.UTF_8);
        Path place = directory.resolve(TreeHash.sha256(content).toString());
        try {
            if (Files.exists(place) || count() >= MAX) {
                return;
            }
            Files.createDirectories(directory);
            Path part = Files.createTempDirectory(directory, ".part");
            Files.writeString(part.resolve("one"), pair.one().toString());
            Files.writeString(part.resolve("other"), pair.other().toString());
            if (!pair.path().isEmpty()) {
                Files.writeString(part.resolve("root"), pair.prefixRoot().toBase64() + "\n");
                Files.writeString(part.resolve("proof"), pair.proof());
            }
            Files.move(part, place, StandardCopyOption.ATOMIC_MOVE);
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
    public synchronized List<Equivocation> all() {
        List<Equivocation> pairs = new ArrayList<>();
        for (Path place : names()) {
            try {
                pairs.add(read(place));
            } catch (IOException e) {
                throw new UncheckedIOException("evidence cannot be read from " + place, e);
            } catch (NoteException | IllegalArgumentException e) {
                throw new IllegalStateException("what is in %s is no evidence".formatted(place), e);
            }
        }
        return pairs;
    }

    private static Equivocation read(Path place) throws IOException, NoteException {
        SignedNote one = SignedNote.parse(Files.readAllBytes(place.resolve("one")));
        SignedNote other = SignedNote.parse(Files.readAllBytes(place.resolve("other")));
        if (!Files.exists(place.resolve("proof"))) {
            return Equivocation.ofOneSize(one, other);
        }
        List<Hash> path = Files.readAllLines(place.resolve("proof")).stream()
                .map(Hash::ofBase64)
                .toList();
        Hash root = Hash.ofBase64(Files.readString(place.resolve("root")).strip());
        return new Equivocation(one, other, root, path);
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
}
