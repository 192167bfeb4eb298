package org.securemed.fhir.subscription;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.SealedSecrets;
import org.securemed.fhir.smart.StandingGrant;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Subscriptions and what is to be sent, known to every instance. Thread-safe. */
final class Hooks {
    /** How long one attempt takes at most. */
    private static final Duration LEASE = Duration.ofMinutes(2);

    private static final String COLUMNS = "id, client, authorization_id, username, scopes, patient, encounter, consent,"
            + " granted_at, type, criteria, reason, endpoint, payload, ends_at, status";

    private final JdbcTemplate jdbc;
    private final TransactionTemplate transactions;
    private final SealedSecrets secrets;
    private final Clock clock;
    private volatile Set<String> types = Set.of();

    Hooks(JdbcTemplate jdbc, TransactionTemplate transactions, SealedSecrets secrets, Clock clock) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.secrets = secrets;
        this.clock = clock;
    }

    /**
     * Keeps a Subscription in the caller's transaction; false if its subscriber has {@code most} already.
     *
     * @param headers lines of name and value; null if there are none
     */
    boolean add(Requester requester, Hook hook, @Nullable String headers, int most) {
        byte[] owner = owner(requester);
        jdbc.query("select pg_advisory_xact_lock(hashtext('securemed subscription'))", row -> {});
        Integer there =
                jdbc.queryForObject("select count(*) from subscription.hook where owner = ?", Integer.class, owner);
        if (there != null && there >= most) {
            return false;
        }
        StandingGrant grant = hook.grant();
        jdbc.update(
                "insert into subscription.hook (" + COLUMNS + ", headers, owner, created_at)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                hook.id(),
                grant.clientId(),
                grant.authorization(),
                grant.username(),
                grant.scopes(),
                grant.patient(),
                grant.encounter(),
                grant.consent(),
                Timestamp.from(grant.since()),
                hook.type(),
                hook.criteria(),
                hook.reason(),
                hook.endpoint().toString(),
                hook.payload(),
                hook.ends() == null ? null : Timestamp.from(hook.ends()),
                code(hook.status()),
                headers == null ? null : secrets.seal(headers, name(hook.id())),
                owner,
                Timestamp.from(clock.instant()));
        return true;
    }

    /** The subscriber's own, in the order of creation. */
    List<Hook> of(Requester requester) {
        return jdbc.query(
                "select " + COLUMNS + " from subscription.hook where owner = ? order by created_at, id",
                (row, number) -> hook(row),
                owner(requester));
    }

    /** Removes one of the subscriber's own, in the caller's transaction; false if there is none of this id. */
    boolean remove(Requester requester, UUID id) {
        return jdbc.update("delete from subscription.hook where id = ? and owner = ?", id, owner(requester)) == 1;
    }

    /** Ends a Subscription, and forgets what it has not been told. */
    void end(UUID id, Hook.Status status) {
        transactions.executeWithoutResult(transaction -> {
            jdbc.update("update subscription.hook set status = ? where id = ?", code(status), id);
            jdbc.update("delete from subscription.delivery where hook_id = ?", id);
        });
    }

    /** The types of which somebody wants to hear, as they were when {@link #look} was last called. */
    Set<String> types() {
        return types;
    }

    /** Looks anew for {@link #types}; one look after the other, so that none brings back what an earlier one saw. */
    synchronized void look() {
        types = Set.copyOf(
                jdbc.queryForList("select distinct type from subscription.hook where status = 'active'", String.class));
    }

    /** Those that have not ended. */
    List<Hook> active() {
        return jdbc.query(
                "select " + COLUMNS + " from subscription.hook where status = 'active'", (row, number) -> hook(row));
    }

    /** Notes in the caller's transaction that a resource was written. */
    void changed(String type, String reference) {
        jdbc.update("insert into subscription.change (type, reference) values (?, ?)", type, reference);
    }

    /** Makes of what was written what is to be sent: to each who has subscribed to the type. */
    void spread() {
        transactions.executeWithoutResult(status -> jdbc.update(
                "with taken as (delete from subscription.change where id in (select id from subscription.change"
                        + " order by id limit 500 for update skip locked) returning type, reference)"
                        + " insert into subscription.delivery (hook_id, reference, next_at)"
                        + " select h.id, t.reference, ? from taken t"
                        + " join subscription.hook h on h.type = t.type and h.status = 'active'",
                Timestamp.from(clock.instant())));
    }

    /** One attempt to send. */
    record Due(
            long id,
            Hook hook,
            String reference,
            int attempt,
            @Nullable String headers) {}

    /** Takes what is due; for {@link #LEASE} nobody else does. */
    List<Due> take(int most) {
        Instant now = clock.instant();
        return jdbc.query(
                // Materialized: a subquery might be run more than once, and each time take others.
                "with due as materialized (select id from subscription.delivery where next_at <= ?"
                        + " order by next_at, id limit ? for update skip locked),"
                        + " taken as (update subscription.delivery d set attempts = d.attempts + 1, next_at = ?"
                        + " from due where d.id = due.id"
                        + " returning d.id as delivery_id, d.hook_id, d.reference, d.attempts)"
                        + " select t.delivery_id, t.reference, t.attempts, h.headers, h.* from taken t"
                        + " join subscription.hook h on h.id = t.hook_id order by t.delivery_id",
                (row, number) -> {
                    Hook hook = hook(row);
                    byte[] headers = row.getBytes("headers");
                    return new Due(
                            row.getLong("delivery_id"),
                            hook,
                            row.getString("reference"),
                            row.getInt("attempts"),
                            headers == null ? null : secrets.open(headers, name(hook.id())));
                },
                Timestamp.from(now),
                most,
                Timestamp.from(now.plus(LEASE)));
    }

    /** Whether it is still to be sent. */
    boolean isWanted(Due due) {
        Integer there = jdbc.queryForObject(
                "select count(*) from subscription.delivery d join subscription.hook h on h.id = d.hook_id"
                        + " where d.id = ? and h.status = 'active'",
                Integer.class,
                due.id());
        return there != null && there == 1;
    }

    /** It is to be tried again after {@code pause}. */
    void later(Due due, Duration pause) {
        jdbc.update(
                "update subscription.delivery set next_at = ? where id = ?",
                Timestamp.from(clock.instant().plus(pause)),
                due.id());
    }

    /** It was sent, or is not to be. */
    void done(Due due) {
        jdbc.update("delete from subscription.delivery where id = ?", due.id());
    }

    private static Hook hook(ResultSet row) throws SQLException {
        Timestamp ends = row.getTimestamp("ends_at");
        StandingGrant grant = new StandingGrant(
                row.getString("client"),
                row.getString("authorization_id"),
                row.getString("username"),
                row.getString("scopes"),
                row.getString("patient"),
                row.getString("encounter"),
                row.getString("consent"),
                row.getTimestamp("granted_at").toInstant());
        return new Hook(
                row.getObject("id", UUID.class),
                grant,
                row.getString("type"),
                row.getString("criteria"),
                row.getString("reason"),
                URI.create(row.getString("endpoint")),
                row.getBoolean("payload"),
                ends == null ? null : ends.toInstant(),
                Hook.Status.valueOf(row.getString("status").toUpperCase(Locale.ROOT)));
    }

    private static String code(Hook.Status status) {
        return status.name().toLowerCase(Locale.ROOT);
    }

    private static String name(UUID id) {
        return "subscription " + id;
    }

    /** Who may hear of a Subscription: the same person or machine, by the same app, for the same patient if for one. */
    private static byte[] owner(Requester requester) {
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
}
