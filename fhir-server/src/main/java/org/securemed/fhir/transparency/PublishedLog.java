package org.securemed.fhir.transparency;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.files.BlockLine;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.witness.Witnessing;

/**
 * Reads the log for strangers without getting in the way of those who write it: few reads at once, full tiles from
 * memory, the checkpoint read a few times a second however often it is asked for. Thread-safe.
 *
 * <p>Every method answers 503 as a {@link Problem} when the ledger cannot be read or too many wait for it.
 */
final class PublishedLog {
    private static final int READS_AT_ONCE = 4;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);
    private static final Duration CHECKPOINT_AGE = Duration.ofMillis(200);
    private static final Duration KEYS_AGE = Duration.ofSeconds(5);
    private static final long CACHED_BYTES = 32L * 1024 * 1024;
    private static final Boolean NEWEST = true;

    private final Ledger ledger;
    private final @Nullable Witnessing witnessing;
    private final Semaphore reads = new Semaphore(READS_AT_ONCE, true);
    private final Cache<TilePath, byte[]> tiles = Caffeine.newBuilder()
            .maximumWeight(CACHED_BYTES)
            .weigher((TilePath path, byte[] bytes) -> bytes.length)
            .build();
    private final Cache<Boolean, Optional<SignedNote>> checkpoint =
            Caffeine.newBuilder().expireAfterWrite(CHECKPOINT_AGE).build();
    private final Cache<Boolean, byte[]> keys =
            Caffeine.newBuilder().expireAfterWrite(KEYS_AGE).build();

    /** @param witnessing null when there are no witnesses */
    PublishedLog(Ledger ledger, @Nullable Witnessing witnessing) {
        this.ledger = ledger;
        this.witnessing = witnessing;
    }

    /**
     * The newest published checkpoint, at most 200 ms old; empty before the first. With witnesses, the newest that a
     * quorum cosigned; when that stays away for too long, the newest all the same.
     */
    Optional<byte[]> checkpoint() {
        return note().map(note -> note.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The log's public keys, one a line, the first one first; at most five seconds old. */
    byte[] keys() {
        return keys.get(NEWEST, key -> {
            StringBuilder lines = new StringBuilder();
            reading(ledger::logKeys).forEach(logKey -> lines.append(logKey).append('\n'));
            return lines.toString().getBytes(StandardCharsets.UTF_8);
        });
    }

    /** A tile or entry bundle; empty if no published checkpoint covers it. */
    Optional<byte[]> tile(TilePath path) {
        byte[] known = tiles.getIfPresent(path);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<byte[]> bytes = reading(() -> ledger.tile(path));
        if (path.level() != TilePath.ENTRIES && !path.isPartial()) {
            bytes.ifPresent(full -> tiles.put(path, full));
        }
        return bytes;
    }

    /**
     * The file of the blocks that end within a bundle; empty if no published checkpoint covers it.
     *
     * @param path as a tile of level 0 at the same place
     */
    Optional<byte[]> blocks(TilePath path) {
        if (path.index() > Long.MAX_VALUE / Tile.WIDTH - 1) {
            return Optional.empty();
        }
        long from = path.index() * Tile.WIDTH;
        return reading(() -> ledger.blocks(from, from + path.width())).map(BlockLine::file);
    }

    /** The entry at an index, if a published checkpoint covers it. */
    Optional<byte[]> entry(long index) {
        TilePath covering = new TilePath(0, index / Tile.WIDTH, (int) (index % Tile.WIDTH) + 1);
        return reading(() -> ledger.tile(covering).flatMap(tile -> ledger.read(index)))
                .map(PublishedLog::body);
    }

    /** The receipt of the entry at an index, if a published checkpoint covers it. */
    Optional<byte[]> receipt(long index) {
        Optional<SignedNote> shown = note();
        return reading(() -> shown.flatMap(note -> ledger.receipt(index, note)).or(() -> ledger.receipt(index)))
                .map(PublishedLog::text);
    }

    /** The receipt of the entry with this id, likewise. */
    Optional<byte[]> receipt(UUID id) {
        return reading(() -> ledger.read(id).flatMap(entry -> ledger.receipt(entry.index())))
                .map(PublishedLog::text);
    }

    /** How the witnessing goes. */
    WitnessView witnesses() {
        Witnessing asked = witnessing;
        return asked == null
                ? WitnessView.none()
                : WitnessView.of(
                        asked.status(),
                        asked.equivocations().all().stream()
                                .map(pair -> new WitnessView.Pair(
                                        pair.one().toString(),
                                        pair.other().toString(),
                                        pair.path().stream().map(Hash::toBase64).toList()))
                                .toList());
    }

    private Optional<SignedNote> note() {
        return checkpoint.get(NEWEST, key -> newest());
    }

    private Optional<SignedNote> newest() {
        Witnessing asked = witnessing;
        Optional<SignedNote> witnessed =
                asked == null || !asked.status().isTimely() ? Optional.empty() : asked.witnessed();
        return witnessed.isPresent() ? witnessed : reading(ledger::checkpoint);
    }

    private <T> T reading(Supplier<T> read) {
        boolean may = false;
        try {
            may = reads.tryAcquire(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
            if (!may) {
                throw unavailable();
            }
            return read.get();
        } catch (LedgerUnavailableException e) {
            throw unavailable();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable();
        } finally {
            if (may) {
                reads.release();
            }
        }
    }

    private static byte[] text(TlogProof proof) {
        return proof.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] body(StoredEntry entry) {
        return entry.body().toByteArray();
    }

    private static Problem unavailable() {
        return Problem.unavailable("log-unavailable", "The log cannot be read now. Try again.", Duration.ofSeconds(1));
    }
}
