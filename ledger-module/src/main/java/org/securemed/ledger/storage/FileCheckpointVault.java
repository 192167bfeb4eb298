package org.securemed.ledger.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.log.CheckpointVault;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.LogCorruptException;

/**
 * A file that holds the last signed checkpoint. It belongs on another disk or host than the database, and not into its
 * backups. Thread safe, and safe among processes on one host.
 */
public final class FileCheckpointVault implements CheckpointVault {
    private final Path file;
    private final Path lockFile;

    /** @param file made at the first checkpoint, with its directory */
    public FileCheckpointVault(Path file) {
        this.file = file.toAbsolutePath();
        this.lockFile = sibling(".lock");
    }

    @Override
    public Optional<SignedNote> load() {
        try {
            if (Files.size(file) > SignedNote.MAX_BYTES) {
                throw corrupt("a file of " + Files.size(file) + " bytes");
            }
            return Optional.of(SignedNote.parse(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (NoteException e) {
            throw corrupt(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new LedgerUnavailableException("cannot read the checkpoint in " + file, e);
        }
    }

    // The file lock is between processes; threads of one process must not ask for it twice.
    @Override
    public synchronized boolean replace(Optional<SignedNote> expected, SignedNote next) {
        try {
            Files.createDirectories(file.resolveSibling("."));
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (!lock.isValid() || !load().equals(expected)) {
                    return false;
                }
                write(next);
                return true;
            }
        } catch (IOException e) {
            throw new LedgerUnavailableException("cannot keep the checkpoint in " + file, e);
        }
    }

    private void write(SignedNote note) throws IOException {
        Path part = sibling(".part");
        try (FileChannel channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(note.toString().getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        // The name must be as durable as the bytes.
        try (FileChannel directory = FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private Path sibling(String suffix) {
        return file.resolveSibling(file.getFileName() + suffix);
    }

    private LogCorruptException corrupt(String found) {
        return new LogCorruptException("the checkpoint in " + file, "a signed note", found);
    }
}
