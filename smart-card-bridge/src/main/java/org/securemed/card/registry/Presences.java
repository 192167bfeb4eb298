package org.securemed.card.registry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.outbound.StrictJson;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Cards with which somebody has logged in, and that are in a reader. When a card is taken out, or its reader agent has
 * not been heard of for too long, the authorization server is told, and ends what was opened with it; again and again
 * until it has heard. Several instances of the bridge share the table. Thread-safe.
 */
final class Presences {
    /** Where the authorization server wants to hear it. */
    static final String PATH = "/login/card/removals";

    private static final Logger log = LoggerFactory.getLogger(Presences.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BATCH = 50;

    /** A removal that nobody could be told of for so long: no session is that old. */
    private static final Duration LONGEST = Duration.ofDays(30);

    private record Over(byte[] hash, String device, Instant at) {}

    private final JdbcClient database;
    private final BackendClient fhir;
    private final Duration lease;
    private final Clock clock;

    /** @param lease how long an agent may be silent */
    Presences(JdbcClient database, BackendClient fhir, Duration lease, Clock clock) {
        this.database = database;
        this.fhir = fhir;
        this.lease = lease;
        this.clock = clock;
    }

    /** How often an agent has to say that the card is still there. */
    Duration interval() {
        return lease.dividedBy(4);
    }

    /**
     * Somebody logs in with a card.
     *
     * @return by what its reader agent names it; nobody else knows that
     */
    String open(Credential card) {
        byte[] random = new byte[32];
        RANDOM.nextBytes(random);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        database.sql("insert into card.presence (token_hash, device, opened_at, seen_at)"
                        + " values (:hash, :device, :now, :now)")
                .param("hash", hash(token))
                .param("device", card.device())
                .param("now", Timestamp.from(now()))
                .update();
        return token;
    }

    /** The card is still there; false if that is of no interest any more. */
    boolean seen(String token) {
        return database.sql("update card.presence set seen_at = :now where token_hash = :hash and removed_at is null"
                                + " and seen_at >= :silent")
                        .param("now", Timestamp.from(now()))
                        .param("silent", Timestamp.from(now().minus(lease)))
                        .param("hash", hash(token))
                        .update()
                == 1;
    }

    /**
     * The card is gone. The authorization server is told at once, if it answers.
     *
     * @param ago how long already
     * @return false if that is of no interest any more
     */
    boolean removed(String token, Duration ago) {
        boolean known = database.sql("update card.presence set removed_at = greatest(:at, opened_at)"
                                + " where token_hash = :hash and removed_at is null")
                        .param("at", Timestamp.from(now().minus(ago)))
                        .param("hash", hash(token))
                        .update()
                == 1;
        if (known) {
            tell();
        }
        return known;
    }

    /** Tells the authorization server of all cards that are gone. */
    void tell() {
        for (Over over : over()) {
            try {
                Instant now = now();
                fhir.tell(
                        PATH,
                        StrictJson.newObject()
                                .put("device", over.device())
                                .put(
                                        "ago",
                                        Math.max(
                                                0,
                                                Duration.between(over.at(), now).toMillis()))
                                .put("at", over.at().toString()));
            } catch (IOException e) {
                boolean forGood = over.at().isBefore(now().minus(LONGEST));
                log.atWarn()
                        .addKeyValue("device", over.device())
                        .addKeyValue("failure", e.getMessage())
                        .log("the authorization server was not told that a card was removed");
                if (!forGood) {
                    return;
                }
            }
            database.sql("delete from card.presence where token_hash = :hash")
                    .param("hash", over.hash())
                    .update();
        }
    }

    private List<Over> over() {
        return database.sql("select token_hash, device, coalesce(removed_at, seen_at) as at from card.presence"
                        + " where removed_at is not null or seen_at < :silent"
                        + " order by coalesce(removed_at, seen_at) limit :most")
                .param("silent", Timestamp.from(now().minus(lease)))
                .param("most", BATCH)
                .query((row, number) -> new Over(
                        row.getBytes("token_hash"),
                        row.getString("device"),
                        row.getTimestamp("at").toInstant()))
                .list();
    }

    /** As the database keeps it. */
    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
