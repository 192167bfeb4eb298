package org.securemed.fhir.export;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.smart.Requester;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** The exports that are under way or can be fetched, known to every instance. Thread-safe. */
final class ExportJobs {
    /** Who prepares an export says so at least this often, or another instance goes on. */
    static final Duration LEASE = Duration.ofSeconds(60);

    private static final String COLUMNS =
            "id, request, level, group_id, types, since, begun_at, state, patients," + " lease_until, expires_at";

    private final JdbcTemplate jdbc;
    private final TransactionTemplate transactions;
    private final Clock clock;

    ExportJobs(JdbcTemplate jdbc, TransactionTemplate transactions, Clock clock) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.clock = clock;
    }

    /** How far an export is. */
    enum State {
        PREPARING,
        READY,
        FAILED
    }

    /**
     * One export.
     *
     * @param patients of whom something is there, as far as it is prepared
     * @param leaseUntil until when somebody prepares it
     */
    record Job(
            UUID id,
            ExportOrder order,
            Instant begun,
            State state,
            int patients,
            Instant leaseUntil,
            Instant expires) {}

    /**
     * A file of an export: where to look for resources of a type.
     *
     * @param partitions in ascending order
     */
    record File(UUID id, String type, List<Integer> partitions) {
        File {
            partitions = List.copyOf(partitions);
        }
    }

    /** Keeps an order, to be prepared by {@code worker}; empty if the requester has {@code most} already. */
    Optional<UUID> begin(Requester requester, ExportOrder order, UUID worker, Duration lifetime, int most) {
        Instant now = clock.instant();
        byte[] asker = asker(requester);
        UUID id = UUID.randomUUID();
        return Optional.ofNullable(transactions.execute(status -> {
            jdbc.update("delete from export.job where expires_at <= ?", Timestamp.from(now));
            // Requests of one client count each other.
            jdbc.query("select pg_advisory_xact_lock(hashtext('securemed export'))", row -> {});
            Integer there =
                    jdbc.queryForObject("select count(*) from export.job where asked_by = ?", Integer.class, asker);
            if (there != null && there >= most) {
                return null;
            }
            jdbc.update(
                    "insert into export.job (id, asked_by, request, level, group_id, types, since, begun_at, state,"
                            + " worker, lease_until, expires_at)"
                            + " values (?, ?, ?, ?, ?, ?::text[], ?, ?, 'PREPARING', ?, ?, ?)",
                    id,
                    asker,
                    order.request(),
                    order.level().name(),
                    order.groupId(),
                    order.types().isEmpty() ? null : order.types().toArray(String[]::new),
                    timestamp(order.since()),
                    Timestamp.from(now),
                    worker,
                    Timestamp.from(now.plus(LEASE)),
                    Timestamp.from(now.plus(lifetime)));
            return id;
        }));
    }

    /** The export of this id, if it is this requester's and not over. */
    Optional<Job> find(Requester requester, String id) {
        return uuid(id).flatMap(known -> jdbc
                .query(
                        "select " + COLUMNS + " from export.job where id = ? and asked_by = ? and expires_at > ?",
                        (row, number) -> job(row),
                        known,
                        asker(requester),
                        Timestamp.from(clock.instant()))
                .stream()
                .findFirst());
    }

    /** Forgets an export and its files. */
    void forget(Job job) {
        jdbc.update("delete from export.job where id = ?", job.id());
    }

    /** Forgets what is over. */
    void sweep() {
        jdbc.update("delete from export.job where expires_at <= ?", Timestamp.from(clock.instant()));
    }

    /** Takes over an export that nobody prepares any more; false if somebody does. */
    boolean takeOver(UUID job, UUID worker) {
        Instant now = clock.instant();
        return jdbc.update(
                        "update export.job set worker = ?, lease_until = ?, patients = 0"
                                + " where id = ? and state = 'PREPARING' and lease_until < ?",
                        worker,
                        Timestamp.from(now.plus(LEASE)),
                        job,
                        Timestamp.from(now))
                == 1;
    }

    /** Says that {@code worker} goes on; false if the export was ended or taken over. */
    boolean goOn(UUID job, UUID worker, int patients) {
        return jdbc.update(
                        "update export.job set lease_until = ?, patients = ?"
                                + " where id = ? and worker = ? and state = 'PREPARING'",
                        Timestamp.from(clock.instant().plus(LEASE)),
                        patients,
                        job,
                        worker)
                == 1;
    }

    /** Ends the preparation with these files, all at once; without effect if the export was ended or taken over. */
    void ready(UUID job, UUID worker, List<File> files) {
        transactions.executeWithoutResult(status -> {
            if (!end(job, worker, State.READY)) {
                return;
            }
            for (int number = 0; number < files.size(); number++) {
                File file = files.get(number);
                jdbc.update(
                        "insert into export.file (id, job_id, number, type, partitions) values (?, ?, ?, ?, ?)",
                        file.id(),
                        job,
                        number,
                        file.type(),
                        file.partitions().toArray(Integer[]::new));
            }
        });
    }

    /** Ends the preparation without a result. */
    void failed(UUID job, UUID worker) {
        end(job, worker, State.FAILED);
    }

    private boolean end(UUID job, UUID worker, State state) {
        return jdbc.update(
                        "update export.job set state = ? where id = ? and worker = ? and state = 'PREPARING'",
                        state.name(),
                        job,
                        worker)
                == 1;
    }

    /** The files of an export, in order. */
    List<File> files(Job job) {
        return jdbc.query(
                "select id, type, partitions from export.file where job_id = ? order by number",
                (row, number) -> file(row),
                job.id());
    }

    /** One of them. */
    Optional<File> file(Job job, String id) {
        return uuid(id).flatMap(known -> jdbc
                .query(
                        "select id, type, partitions from export.file where job_id = ? and id = ?",
                        (row, number) -> file(row),
                        job.id(),
                        known)
                .stream()
                .findFirst());
    }

    private static Job job(ResultSet row) throws SQLException {
        Array types = row.getArray("types");
        Timestamp since = row.getTimestamp("since");
        ExportOrder order = new ExportOrder(
                ExportOrder.Level.valueOf(row.getString("level")),
                row.getString("group_id"),
                types == null ? Set.of() : Set.of((String[]) types.getArray()),
                since == null ? null : since.toInstant(),
                row.getString("request"));
        return new Job(
                row.getObject("id", UUID.class),
                order,
                row.getTimestamp("begun_at").toInstant(),
                State.valueOf(row.getString("state")),
                row.getInt("patients"),
                row.getTimestamp("lease_until").toInstant(),
                row.getTimestamp("expires_at").toInstant());
    }

    private static File file(ResultSet row) throws SQLException {
        return new File(row.getObject("id", UUID.class), row.getString("type"), List.of((Integer[])
                row.getArray("partitions").getArray()));
    }

    /** Who may hear of an export: the same person or machine, by the same app, for the same patient if for one. */
    private static byte[] asker(Requester requester) {
        String who = String.join(
                "\n",
                requester.issuer(),
                requester.clientId(),
                requester.subject(),
                requester.user().orElse(""),
                requester.launchPatient().orElse(""));
        try {
            return MessageDigest.getInstance("SHA-256").digest(who.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is part of every Java", e);
        }
    }

    private static @Nullable Timestamp timestamp(@Nullable Instant instant) {
        return instant == null ? null : Timestamp.from(instant);
    }

    private static Optional<UUID> uuid(String text) {
        try {
            UUID parsed = UUID.fromString(text);
            return parsed.toString().equals(text) ? Optional.of(parsed) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
