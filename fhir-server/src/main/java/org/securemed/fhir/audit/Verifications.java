package org.securemed.fhir.audit;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.verify.Progress;
import org.securemed.ledger.verify.RangeVerifier;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifications of the ledger that somebody asked for, one after the other. They are kept in memory, the last twenty of
 * them: a restart forgets them, and nothing is lost but the asking. Thread-safe.
 */
final class Verifications implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Verifications.class);
    private static final int KEPT = 20;

    private final Ledger ledger;
    private final DataSource dataSource;
    /** By id, the oldest first; guarded by itself. */
    private final Map<UUID, Job> jobs = new LinkedHashMap<>();

    private final ExecutorService thread = Executors.newSingleThreadExecutor(work -> {
        Thread made = new Thread(work, "verification");
        made.setDaemon(true);
        return made;
    });

    Verifications(Ledger ledger, DataSource dataSource) {
        this.ledger = ledger;
        this.dataSource = dataSource;
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

    /** One verification. */
    static final class Job {
        private final UUID id = UUID.randomUUID();
        private volatile long done;
        private volatile long total;
        private volatile boolean cancelled;
        private volatile @Nullable Report report;
        private volatile @Nullable String failure;

        UUID id() {
            return id;
        }

        /** Such as {@code 512 of 40000 entries}. */
        String progress() {
            return total == 0 ? "waiting" : done + " of " + total + " entries";
        }

        /** What was found; empty while it runs. */
        Optional<Report> report() {
            return Optional.ofNullable(report);
        }

        /** Why there will be no report; empty if there may be one. */
        Optional<String> failure() {
            return Optional.ofNullable(failure);
        }

        private void at(long entries, long all) {
            if (cancelled) {
                throw new CancellationException();
            }
            done = entries;
            total = all;
        }
    }

    /** Verifies in the caller's thread. */
    Report verify(Range range) {
        return verify(range, Progress.none());
    }

    /**
     * Begins a verification, or puts it behind those that run.
     *
     * @return empty if too many wait
     */
    Optional<Job> begin(Range range) {
        Job job = new Job();
        synchronized (jobs) {
            jobs.values().removeIf(old -> jobs.size() >= KEPT && (old.report != null || old.failure != null));
            if (jobs.size() >= KEPT) {
                return Optional.empty();
            }
            jobs.put(job.id, job);
        }
        thread.execute(() -> run(job, range));
        return Optional.of(job);
    }

    /** The verification of this id, if it is known. */
    Optional<Job> find(String id) {
        synchronized (jobs) {
            return jobs.values().stream()
                    .filter(job -> job.id.toString().equals(id))
                    .findFirst();
        }
    }

    /** Ends a verification and forgets it. */
    void forget(Job job) {
        job.cancelled = true;
        synchronized (jobs) {
            jobs.remove(job.id);
        }
    }

    private void run(Job job, Range range) {
        try {
            job.report = verify(range, job::at);
        } catch (CancellationException e) {
            job.failure = "cancelled";
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("a verification of the ledger could not be finished");
            job.failure = "The verification could not be finished. Ask again.";
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

    @Override
    public void close() {
        synchronized (jobs) {
            jobs.values().forEach(job -> job.cancelled = true);
        }
        thread.shutdownNow();
    }
}
