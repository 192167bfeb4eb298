package org.securemed.fhir.smart;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Which cards were blocked, and when: what was opened with one before ends. Whoever keeps the Devices says so here, in
 * the transaction that writes the Device; access tokens end with the very next request on every instance. Thread-safe.
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

    /** Whether a card is blocked now, or was at or after a time. */
    boolean isBlocked(String device, Instant since) {
        return database.sql("select exists (select 1 from smart.card where device = :device"
                        + " and (blocked or blocked_at >= :since))")
                .param("device", device)
                .param("since", Timestamp.from(since))
                .query(Boolean.class)
                .single();
    }

    /** Whether a log-in was made with a card that was blocked since. */
    boolean isOver(SignedIn person) {
        return person.device() != null && isBlocked(person.device(), Instant.ofEpochSecond(person.epochSecond()));
    }
}
