package org.securemed.card.registry;

import java.sql.Timestamp;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.RefusalReason;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The challenges that wait for a card's answer: each is answered once, soon, on whichever instance. Thread-safe. */
final class Challenges {
    /** More cards than a hospital reads in a minute; whoever asks for more is asking for nothing. */
    private static final long MOST = 10_000;

    private final JdbcClient database;
    private final Duration lifetime;
    private final Clock clock;

    /** A challenge that was handed out. */
    record Open(UUID id, Challenge challenge, Instant expiresAt) {}

    Challenges(JdbcClient database, Duration lifetime, Clock clock) {
        this.database = database;
        this.lifetime = lifetime;
        this.clock = clock;
    }

    /**
     * Makes one.
     *
     * @param workstation that alone may bring the answer; null: whoever has it
     * @throws TooManyException if too many wait
     */
    Open make(@Nullable Workstation workstation) throws TooManyException {
        Instant now = clock.instant();
        database.sql("delete from card.challenge where expires_at <= :now")
                .param("now", Timestamp.from(now))
                .update();
        Open open = new Open(UUID.randomUUID(), Challenge.fresh(), now.plus(lifetime));
        int made = database.sql(
                        "insert into card.challenge (id, random, expires_at, workstation)"
                                + " select :id, :random, :until, :workstation where (select count(*) from card.challenge) < :most")
                .param("id", open.id())
                .param("random", open.challenge().random().toByteArray())
                .param("until", Timestamp.from(open.expiresAt()))
                .param("workstation", fingerprint(workstation), Types.VARCHAR)
                .param("most", MOST)
                .update();
        if (made == 0) {
            throw new TooManyException();
        }
        return open;
    }

    /**
     * Takes one out: whatever comes of it, it is never answered again.
     *
     * @param workstation that brings the answer; null if it did not prove itself
     * @throws CardRefusedException if there is no such challenge, any more
     */
    Challenge take(UUID id, @Nullable Workstation workstation) throws CardRefusedException {
        return database
                .sql("delete from card.challenge where id = :id returning random, expires_at, workstation")
                .param("id", id)
                .query((row, number) ->
                        row.getTimestamp("expires_at").toInstant().isAfter(clock.instant())
                                        && Objects.equals(row.getString("workstation"), fingerprint(workstation))
                                ? new Challenge(Bytes.copyOf(row.getBytes("random")))
                                : null)
                .list()
                .stream()
                .filter(Objects::nonNull)
                .findFirst()
                .orElseThrow(() -> new CardRefusedException(RefusalReason.CHALLENGE_UNKNOWN));
    }

    private static @Nullable String fingerprint(@Nullable Workstation workstation) {
        return workstation == null ? null : workstation.fingerprint();
    }

    /** Too many challenges wait for an answer. */
    static final class TooManyException extends Exception {
        private static final long serialVersionUID = 1L;
    }
}
