package org.securemed.card.trust;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.cert.X509CRL;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Revocation lists in a file that something else keeps current (a download job of the hospital). Read again when the
 * file changes, looked at once a minute at most; a file that cannot be read leaves the lists that were read before,
 * whose own dates say when they end. Thread-safe.
 */
public final class FileRevocationLists implements RevocationLists {
    private static final Logger log = LoggerFactory.getLogger(FileRevocationLists.class);
    private static final Duration PAUSE = Duration.ofMinutes(1);

    private record Loaded(List<X509CRL> lists, FileTime modified, Instant looked) {}

    private final Path file;
    private final Clock clock;
    private volatile Loaded loaded;

    /**
     * Reads the file.
     *
     * @throws TrustMaterialException if it holds no lists
     */
    public FileRevocationLists(Path file, Clock clock) throws IOException, TrustMaterialException {
        this.file = file;
        this.clock = clock;
        this.loaded = load();
    }

    @Override
    public List<X509CRL> current() {
        Loaded known = loaded;
        if (clock.instant().isBefore(known.looked().plus(PAUSE))) {
            return known.lists();
        }
        try {
            loaded = Files.getLastModifiedTime(file).equals(known.modified())
                    ? new Loaded(known.lists(), known.modified(), clock.instant())
                    : load();
        } catch (IOException | TrustMaterialException e) {
            log.atError().setCause(e).log("the revocation list cannot be read again");
            loaded = new Loaded(known.lists(), known.modified(), clock.instant());
        }
        return loaded.lists();
    }

    /** When the oldest of the lists was made: what was revoked later is not known here. */
    public Instant asOf() {
        return current().stream()
                .map(list -> list.getThisUpdate().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    private Loaded load() throws IOException, TrustMaterialException {
        FileTime modified = Files.getLastModifiedTime(file);
        return new Loaded(TrustMaterial.revocationLists(Files.readAllBytes(file)), modified, clock.instant());
    }
}
