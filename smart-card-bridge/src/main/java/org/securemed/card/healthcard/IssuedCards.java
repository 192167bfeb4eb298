package org.securemed.card.healthcard;

import java.security.SecureRandom;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Which cards were issued to whom, and which of them were taken back. Thread-safe. */
final class IssuedCards {
    private static final int ID_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final JdbcClient database;
    private final TransactionTemplate transactions;
    private final Clock clock;

    /**
     * One card.
     *
     * @param id its {@code rid}
     * @param revokedAt null while it stands
     */
    record Issued(
            String id,
            CardContent content,
            Instant issuedAt,
            Instant expiresAt,
            @Nullable Instant revokedAt) {}

    IssuedCards(JdbcClient database, TransactionTemplate transactions, Clock clock) {
        this.database = database;
        this.transactions = transactions;
        this.clock = clock;
    }

    /** Writes a card down, before it is handed out; returns its {@code rid}, which says nothing about anybody. */
    String add(String keyId, String patient, CardContent content, Instant issued, Instant expires) {
        byte[] random = new byte[ID_BYTES];
        RANDOM.nextBytes(random);
        String id = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        database.sql("insert into card.health_card (rid, kid, patient, content, issued_at, expires_at)"
                        + " values (:rid, :kid, :patient, :content, :issued, :expires)")
                .param("rid", id)
                .param("kid", keyId)
                .param("patient", patient)
                .param("content", content.code())
                .param("issued", Timestamp.from(issued))
                .param("expires", Timestamp.from(expires))
                .update();
        return id;
    }

    /** A patient's cards, the newest first. */
    List<Issued> of(String patient) {
        return database.sql("select rid, content, issued_at, expires_at, revoked_at from card.health_card"
                        + " where patient = :patient order by issued_at desc")
                .param("patient", patient)
                .query((row, number) -> {
                    Timestamp revoked = row.getTimestamp("revoked_at");
                    return new Issued(
                            row.getString("rid"),
                            CardContent.of(row.getString("content"))
                                    .orElseThrow(() -> new IllegalStateException("a card with unknown content")),
                            row.getTimestamp("issued_at").toInstant(),
                            row.getTimestamp("expires_at").toInstant(),
                            revoked == null ? null : revoked.toInstant());
                })
                .list();
    }

    /**
     * Takes a card back: its key's revocation list names it from now on.
     *
     * @param alongside done in the same transaction, if there was such a card
     * @return whether the patient had such a card that stood
     */
    boolean revoke(String patient, String id, Runnable alongside) {
        return Boolean.TRUE.equals(transactions.execute(status -> {
            List<String> keys = database.sql("update card.health_card set revoked_at = :now"
                            + " where rid = :rid and patient = :patient and revoked_at is null returning kid")
                    .param("now", Timestamp.from(clock.instant()))
                    .param("rid", id)
                    .param("patient", patient)
                    .query(String.class)
                    .list();
            for (String key : keys) {
                database.sql("update card.health_card_key set crl_version = crl_version + 1 where kid = :kid")
                        .param("kid", key)
                        .update();
            }
            if (!keys.isEmpty()) {
                alongside.run();
            }
            return !keys.isEmpty();
        }));
    }

    /** The ids of all cards under a key that were taken back, in no telling order. */
    List<String> revoked(String keyId) {
        return database.sql("select rid from card.health_card where kid = :kid and revoked_at is not null order by rid")
                .param("kid", keyId)
                .query(String.class)
                .list();
    }
}
