package org.securemed.fhir.smart;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Which cards were blocked or taken out of the reader, and when: what was opened with one before ends. Whoever keeps
 * the Devices says so here, in the transaction that writes the Device; access tokens end with the very next request on
 * every instance. Thread-safe.
 */
public final class CardLogIns {
    private final JdbcClient database;
    private final TransactionTemplate transactions;
    private final Revocations revocations;
    private final Clock clock;

    CardLogIns(JdbcClient database, TransactionTemplate transactions, Revocations revocations, Clock clock) {
        this.database = database;
        this.transactions = transactions;
        this.revocations = revocations;
        this.clock = clock;
    }

    /**
     * A card is new and not in use yet: nobody can have logged in with it, so nothing ends, and from the moment in
     * which it is {@linkplain #unblock in use} it may.
     *
     * @param device {@code Device/…}
     */
    public void add(String device) {
        int added = database.sql("insert into smart.card (device, blocked) values (:device, true)"
                        + " on conflict (device) do nothing")
                .param("device", device)
                .update();
        if (added == 0) {
            block(device);
        }
    }

    /**
     * A card was suspended, lost, replaced, or has expired: sessions, access and refresh tokens of log-ins with it end.
     *
     * @param device {@code Device/…}
     */
    public void block(String device) {
        transactions.executeWithoutResult(status -> {
            database.sql("insert into smart.card (device, blocked, blocked_at) values (:device, true, :now)"
                            + " on conflict (device) do update set blocked = true, blocked_at = :now")
                    .param("device", device)
                    .param("now", Timestamp.from(clock.instant()))
                    .update();
            revocations.revoke(Revocations.Kind.CARD, device);
        });
    }

    /** A card is in use again; what ended stays so. */
    public void unblock(String device) {
        database.sql("update smart.card set blocked = false where device = :device")
                .param("device", device)
                .update();
    }

    /**
     * A card was taken out of the reader: sessions, access and refresh tokens of log-ins with it up to then end. Later
     * log-ins with it do not. May be told again, and late.
     *
     * @param device {@code Device/…}
     * @param ago how long ago, not negative
     * @param said when, by the clock of whoever tells it
     */
    void removed(String device, Duration ago, Instant said) {
        Instant at = clock.instant().minus(ago);
        transactions.executeWithoutResult(status -> {
            database.sql("insert into smart.card (device, blocked, removed_at, removed_said)"
                            + " values (:device, false, :at, :said) on conflict (device) do update set"
                            + " removed_at = greatest(smart.card.removed_at, excluded.removed_at),"
                            + " removed_said = greatest(smart.card.removed_said, excluded.removed_said)")
                    .param("device", device)
                    .param("at", Timestamp.from(at))
                    .param("said", Timestamp.from(said))
                    .update();
            revocations.revoke(Revocations.Kind.CARD, device, at);
        });
    }

    /** Whether a card is blocked now, or was at or after a time. */
    boolean isBlocked(String device, Instant since) {
        return found(device, since, "blocked or blocked_at >= :since");
    }

    /** Whether a card was taken out of the reader after the bridge said something of it, by the bridge's clock. */
    boolean isRemoved(String device, Instant statement) {
        return found(device, statement, "removed_said >= :since");
    }

    /** Whether a log-in was made with a card that was blocked, or taken out of the reader, since. */
    boolean isOver(SignedIn person) {
        return person.device() != null
                && found(
                        person.device(),
                        Instant.ofEpochSecond(person.epochSecond()),
                        "blocked or blocked_at >= :since or removed_at >= :since");
    }

    private boolean found(String device, Instant since, String condition) {
        return database.sql("select exists (select 1 from smart.card where device = :device and (" + condition + "))")
                .param("device", device)
                .param("since", Timestamp.from(since))
                .query(Boolean.class)
                .single();
    }
}
