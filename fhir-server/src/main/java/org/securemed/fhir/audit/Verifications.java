package org.securemed.fhir.audit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.work.RepeatedWork;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.verify.Progress;
import org.securemed.ledger.verify.RangeVerifier;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Verifications of the ledger that somebody asked for, one after the other on each instance. They are kept in the
 * database: any instance answers for them, and one that was running when its instance went away is begun again by
 * another, or by the same after its restart. The last hundred that ended are kept. Thread-safe.
 */
final class Verifications implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Verifications.class);
    private static final int WAITING = 20;
    private static final int KEPT = 100;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration BEAT = Duration.ofMillis(500);
    /** After so long without a word an instance is taken for gone. */
    private static final String GONE = "interval '30 seconds'";

    private final Ledger ledger;
    private final DataSource dataSource;
    private final JdbcTemplate jdbc;
    private final SubjectKeys keys;
    private final RepeatedWork work;
    private final RepeatedWork heart;
    private volatile boolean closed;
    // What this instance runs now; null if nothing.
    private volatile @Nullable Running running;

    /** @param keys of which the system's authenticates what is stored */
    Verifications(Ledger ledger, DataSource dataSource, SubjectKeys keys) {
        this.ledger = ledger;
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
        this.keys = keys;
        this.work = new RepeatedWork("verification", PAUSE, this::run);
        this.heart = new RepeatedWork("verification-heart", BEAT, this::beat);
    }

    /**
     * What is to be verified.
     *
     * @param from first index; null for the whole log, with its blocks, columns and outbox
     * @param to behind the last index; null for the end of the log
     */
    record Range(@Nullable Long from, @Nullable Long to) {
        boolean isAll() {
            return from == null && to == null;
        }
    }

    /**
     * One verification.
     *
     * @param done entries that were looked at, {@code total} of them
     * @param result what was found; null until it ended
     * @param failure why there will be no result; null if there may be one
     */
    record Job(
            UUID id,
            long done,
            long total,
            @Nullable VerificationResult result,
            @Nullable String failure) {
        /** Such as {@code 512 of 40000 entries}. */
        String progress() {
            return total == 0 ? "waiting" : done + " of " + total + " entries";
        }
    }

    /** Verifies in the caller's thread. */
    VerificationResult verify(Range range) {
        return VerificationResult.of(verify(range, Progress.none()));
    }

    /**
     * Puts a verification behind those that wait or run.
     *
     * @return empty if too many wait
     */
    Optional<UUID> begin(Range range) {
        UUID id = UUID.randomUUID();
        int begun = jdbc.update(
                "insert into audit.verification (id, from_index, to_index) select ?, cast(? as bigint), cast(? as bigint) where"
                        + " (select count(*) from audit.verification where ended_at is null) < " + WAITING,
                id,
                range.from(),
                range.to());
        return begun == 1 ? Optional.of(id) : Optional.empty();
    }

    /** The verification of this id, if it is known. */
    Optional<Job> find(String id) {
        try {
            return jdbc
                    .query(
                            "select id, done, total, result, proof, failure from audit.verification where id = ?",
                            (row, number) -> job(row),
                            UUID.fromString(id))
                    .stream()
                    .findFirst();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Ends a verification and forgets it. */
    void forget(Job job) {
        jdbc.update("delete from audit.verification where id = ?", job.id());
    }

    /** Runs what waits, or what an instance left that went away. */
    void run() {
        List<Claimed> claimed;
        do {
            claimed = jdbc.query(
                    "update audit.verification set claim = ?, beat_at = now(), done = 0 where id = (select id"
                            + " from audit.verification where ended_at is null and (beat_at is null or beat_at < now() - "
                            + GONE + ") order by asked_at limit 1 for update skip locked) returning id, claim,"
                            + " from_index, to_index",
                    (row, number) -> new Claimed(
                            row.getObject(1, UUID.class),
                            row.getObject(2, UUID.class),
                            new Range(row.getObject(3, Long.class), row.getObject(4, Long.class))),
                    UUID.randomUUID());
            claimed.forEach(this::run);
        } while (!claimed.isEmpty() && !closed);
    }

    /** @param claim who has it says so by this */
    private record Claimed(UUID id, UUID claim, Range range) {}

    private void run(Claimed job) {
        Running now = new Running(job);
        running = now;
        try {
            Report report = verify(job.range, now);
            end(job, VerificationResult.of(report).toJson(), null);
        } catch (CancellationException e) {
            // Somebody ended it, or this instance stops: then its time runs out and another one begins again.
            log.atDebug().log("a verification ended early");
        } catch (RuntimeException e) {
            log.atError().addKeyValue("error", e.getClass().getName()).log("a verification could not be finished");
            end(job, null, "The verification could not be finished. Ask again.");
        } finally {
            running = null;
        }
    }

    private void end(Claimed job, @Nullable String result, @Nullable String failure) {
        jdbc.update(
                "update audit.verification set result = ?, proof = ?, failure = ?, ended_at = now()"
                        + " where id = ? and claim = ?",
                result,
                result == null ? null : proof(job.id, result),
                failure,
                job.id,
                job.claim);
        jdbc.update("delete from audit.verification where ended_at is not null and id not in"
                + " (select id from audit.verification where ended_at is not null order by ended_at desc limit " + KEPT
                + ")");
    }

    /** What only this server can compute of a result. */
    private byte[] proof(UUID id, String result) {
        return keys.commit(null, "verification/" + id, Instant.EPOCH, result.getBytes(StandardCharsets.UTF_8))
                .commitment()
                .toByteArray();
    }

    /** Says how far this instance is, and that it is still here; ends what was forgotten, or claimed by another. */
    private void beat() {
        Running now = running;
        if (now != null) {
            int still = jdbc.update(
                    "update audit.verification set done = ?, total = ?, beat_at = now() where id = ? and claim = ?",
                    now.done,
                    now.total,
                    now.job.id,
                    now.job.claim);
            now.cancelled = still == 0;
        }
    }

    private final class Running implements Progress {
        private final Claimed job;
        private volatile long done;
        private volatile long total;
        private volatile boolean cancelled;

        Running(Claimed job) {
            this.job = job;
        }

        @Override
        public void at(long entries, long all) {
            if (closed || cancelled) {
                throw new CancellationException();
            }
            done = entries;
            total = all;
        }
    }

    private Report verify(Range range, Progress progress) {
        Report report = range.isAll() ? all(progress) : part(range, progress);
        if (!report.isWhole()) {
            log.atError()
                    .addKeyValue("findings", report.findingCount())
                    .addKeyValue("first", report.findings().get(0).table())
                    .log("the ledger is not as it was signed");
        }
        return report;
    }

    private Report part(Range range, Progress progress) {
        Long from = range.from();
        Long to = range.to();
        return new RangeVerifier(ledger).verify(from == null ? 0 : from, to == null ? Long.MAX_VALUE : to, progress);
    }

    private Report all(Progress progress) {
        try (Connection connection = dataSource.getConnection()) {
            return new Verifier(ledger.logKeys().get(0)).reportingTo(progress).verify(connection);
        } catch (SQLException e) {
            throw new IllegalStateException("the ledger cannot be read", e);
        }
    }

    private Job job(ResultSet row) throws SQLException {
        UUID id = row.getObject(1, UUID.class);
        String result = row.getString(4);
        byte[] proof = row.getBytes(5);
        if (result != null && !(proof != null && MessageDigest.isEqual(proof, proof(id, result)))) {
            return new Job(id, 0, 0, null, "The stored result is not what was found. Ask again.");
        }
        return new Job(
                id,
                row.getLong(2),
                row.getLong(3),
                result == null ? null : VerificationResult.parse(result),
                row.getString(6));
    }

    @Override
    public void close() {
        closed = true;
        work.close();
        heart.close();
    }
}
