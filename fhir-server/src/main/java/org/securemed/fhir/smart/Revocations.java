package org.securemed.fhir.smart;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What ended before its time, on all instances at once: each check reads the revocation epoch (one row), and the
 * revocations themselves only when it has changed. Thread-safe.
 */
public final class Revocations {
    /** What a revocation names. */
    public enum Kind {
        /** One access token, by hash. */
        TOKEN,
        /** An app's authorization with all its tokens, by id. */
        AUTHORIZATION,
        /** All tokens of a user, by {@code sub}. */
        SUBJECT,
        /** All tokens of an app or machine client, by {@code client_id}. */
        CLIENT,
        /** All tokens that a signing key has signed, by {@code kid}. */
        KEY,
        /** All tokens of log-ins with a card, by {@code Device/…}; whenever the tokens themselves were issued. */
        CARD;

        String code() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    // The longest life of an access token (the demo's), and a margin: after that nothing the row names is alive.
    private static final Duration KEPT = Duration.ofDays(2);

    /**
     * By what names a token can be revoked.
     *
     * @param loggedInAt when its person logged in; for a machine, when it was issued
     */
    record TokenFacts(
            String keyId,
            @Nullable String authorization,
            String subject,
            String clientId,
            @Nullable String device,
            Instant issuedAt,
            Instant loggedInAt) {}

    private record Named(String kind, String value) {}

    private record Known(long epoch, Map<Named, Instant> rows) {}

    private final JdbcClient database;
    private final TransactionTemplate transactions;
    private final Clock clock;
    private volatile Known known = new Known(-1, Map.of());

    Revocations(JdbcClient database, TransactionTemplate transactions, Clock clock) {
        this.database = database;
        this.transactions = transactions;
        this.clock = clock;
    }

    /**
     * Ends every token of this name that was issued up to now; for the very next request on every instance once the
     * surrounding transaction (or this call, if there is none) has committed.
     */
    public void revoke(Kind kind, String value) {
        revoke(kind, value, clock.instant());
    }

    /** The same for what was issued up to a time that is not in the future. */
    void revoke(Kind kind, String value, Instant at) {
        transactions.executeWithoutResult(status -> {
            database.sql("insert into smart.revocation (kind, value, revoked_at, until)"
                            + " values (:kind, :value, :now, :until) on conflict (kind, value) do update"
                            + " set revoked_at = greatest(smart.revocation.revoked_at, excluded.revoked_at),"
                            + " until = greatest(smart.revocation.until, excluded.until)")
                    .param("kind", kind.code())
                    .param("value", value)
                    .param("now", Timestamp.from(at))
                    .param("until", Timestamp.from(clock.instant().plus(KEPT)))
                    .update();
            database.sql("update smart.revocation_epoch set epoch = epoch + 1").update();
        });
    }

    /** Whether something of this token was revoked; asks the database. */
    boolean revoked(String tokenHash, TokenFacts token) {
        Map<Named, Instant> rows = current().rows();
        if (rows.isEmpty()) {
            return false;
        }
        return rows.containsKey(new Named(Kind.TOKEN.code(), tokenHash))
                || rows.containsKey(new Named(Kind.KEY.code(), token.keyId()))
                || (token.authorization() != null
                        && rows.containsKey(new Named(Kind.AUTHORIZATION.code(), token.authorization())))
                || since(rows, Kind.SUBJECT, token.subject(), token.issuedAt())
                || since(rows, Kind.CLIENT, token.clientId(), token.issuedAt())
                || (token.device() != null && since(rows, Kind.CARD, token.device(), token.loggedInAt()));
    }

    private static boolean since(Map<Named, Instant> rows, Kind kind, String value, Instant issuedAt) {
        Instant revokedAt = rows.get(new Named(kind.code(), value));
        // iat has whole seconds: a token of the same second counts as older.
        return revokedAt != null && !issuedAt.isAfter(revokedAt);
    }

    private Known current() {
        Known held = known;
        long epoch = epoch();
        if (epoch == held.epoch()) {
            return held;
        }
        Map<Named, Instant> rows = new HashMap<>();
        database.sql("select kind, value, revoked_at from smart.revocation where until >= :now")
                .param("now", Timestamp.from(clock.instant()))
                .query(row -> {
                    rows.put(
                            new Named(row.getString("kind"), row.getString("value")),
                            row.getTimestamp("revoked_at").toInstant());
                });
        // The epoch was read before the rows: they hold at least what it promises.
        Known fresh = new Known(epoch, Map.copyOf(rows));
        known = fresh;
        return fresh;
    }

    private long epoch() {
        return database.sql("select epoch from smart.revocation_epoch")
                .query(Long.class)
                .single();
    }
}
