package org.securemed.card.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.backend.RefusedWriteException;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.problem.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Audit events that the FHIR server does not have yet. An event is durable when {@link #keep} returns, or when the
 * caller's transaction commits, and is sent until it was taken: at least once, and a second time only if the answer to
 * the first was lost; each has its own id. One instance sends them one after the other in the order in which they were
 * kept, but for those that the FHIR server refused. Several instances share the table; an event is with one of them at
 * a time. Thread-safe.
 */
public final class AuditOutbox {
    private static final Logger log = LoggerFactory.getLogger(AuditOutbox.class);
    /** More events of strangers than this wait for no server: whoever makes more of them is told to come back. */
    private static final long MOST_WAITING = 10_000;

    /** How long one instance has an event for itself; longer than a request to the FHIR server takes. */
    private static final Duration LEASE = Duration.ofMinutes(2);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);
    private static final Duration PAUSE_OF_REFUSED = Duration.ofHours(1);
    private static final int MOST_DOUBLINGS = 10;

    private record Waiting(UUID id, ObjectNode event, int attempts) {}

    private final JdbcClient database;
    private final @Nullable BackendClient fhir;
    private final Clock clock;

    // Guarded by this.
    private Instant silentUntil = Instant.MIN;
    private int failures;

    /** @param fhir null: there is no client to send with, and events wait until there is one */
    AuditOutbox(JdbcClient database, @Nullable BackendClient fhir, Clock clock) {
        this.database = database;
        this.fhir = fhir;
        this.clock = clock;
    }

    /**
     * Keeps an event until it was sent. Joins the caller's transaction.
     *
     * @param event an AuditEvent; gets an entity with an id of its own, by which one that was sent twice is told
     */
    public void keep(ObjectNode event) {
        UUID id = UUID.randomUUID();
        ObjectNode entity = event.withArray("entity").addObject();
        entity.putObject("what").putObject("identifier").put("value", id.toString());
        entity.set("type", AuditCodes.requestId());
        Timestamp now = Timestamp.from(clock.instant());
        database.sql("insert into card.audit_outbox (id, event, kept_at, next_attempt_at)"
                        + " values (:id, :event, :now, :now)")
                .param("id", id)
                .param("event", new String(StrictJson.minified(event), StandardCharsets.UTF_8))
                .param("now", now)
                .update();
    }

    /**
     * Keeps an event that a stranger can cause.
     *
     * @throws Problem 503 if too many wait; the caller then does not do what is recorded
     */
    public void keepOfStranger(ObjectNode event) {
        if (waiting() >= MOST_WAITING) {
            throw Problem.unavailable(
                    "record-unavailable",
                    "It cannot be recorded now who asks for what, so nothing is answered. Try again.",
                    Duration.ofSeconds(30));
        }
        keep(event);
    }

    /** How many events the FHIR server does not have yet. */
    public long waiting() {
        return database.sql("select count(*) from card.audit_outbox")
                .query(Long.class)
                .single();
    }

    /**
     * Sends what is due, until all of it was taken or the FHIR server does not answer. After that nothing is sent for a
     * while, which is longer each time.
     *
     * @return how many were taken
     */
    public synchronized int send() {
        int sent = 0;
        if (fhir == null || clock.instant().isBefore(silentUntil)) {
            return sent;
        }
        for (Optional<Waiting> next = lease(); next.isPresent(); next = lease()) {
            Waiting event = next.get();
            try {
                fhir.create(event.event());
                database.sql("delete from card.audit_outbox where id = :id")
                        .param("id", event.id())
                        .update();
                sent++;
                failures = 0;
            } catch (RefusedWriteException e) {
                // Kept, since it is the only record; somebody has to look.
                log.atError()
                        .addKeyValue("event", event.id())
                        .addKeyValue("failure", e.getMessage())
                        .log("the FHIR server does not take an audit event");
                postpone(event, PAUSE_OF_REFUSED);
            } catch (IOException e) {
                log.atWarn()
                        .addKeyValue("attempt", event.attempts())
                        .addKeyValue("failure", e.getMessage())
                        .log("an audit event could not be sent and is kept");
                // It stays the first one.
                postpone(event, Duration.ZERO);
                silentUntil = clock.instant().plus(pause(failures++));
                return sent;
            }
        }
        return sent;
    }

    private Optional<Waiting> lease() {
        Instant now = clock.instant();
        return database.sql("update card.audit_outbox set attempts = attempts + 1, next_attempt_at = :until where id ="
                        + " (select id from card.audit_outbox where next_attempt_at <= :now"
                        + " order by kept_at, id limit 1 for update skip locked)"
                        + " returning id, event, attempts")
                .param("now", Timestamp.from(now))
                .param("until", Timestamp.from(now.plus(LEASE)))
                .query((row, number) -> new Waiting(
                        row.getObject("id", UUID.class), parsed(row.getString("event")), row.getInt("attempts")))
                .optional();
    }

    private void postpone(Waiting event, Duration pause) {
        database.sql("update card.audit_outbox set next_attempt_at = :next where id = :id")
                .param("next", Timestamp.from(clock.instant().plus(pause)))
                .param("id", event.id())
                .update();
    }

    private static Duration pause(int failures) {
        Duration pause = Duration.ofSeconds(1L << Math.min(failures, MOST_DOUBLINGS));
        return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }

    private static ObjectNode parsed(String json) {
        try {
            return StrictJson.object(json.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException("an event that was kept cannot be read", e);
        }
    }
}
