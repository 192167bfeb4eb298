package org.securemed.card.registry;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Notices a card that is in two places, or is used more often than hands can: one of them is a copy, or somebody relays
 * it. It is an alarm and refuses nothing, since a reader may move and an attacker must not lock a card out.
 * Thread-safe.
 */
final class CardPace {
    /** How long it takes to carry a card from one reader to another. */
    private static final Duration BETWEEN_PLACES = Duration.ofSeconds(30);

    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final int MOST_USES = 20;

    private final JdbcClient database;
    private final Clock clock;

    /** What is strange. */
    enum Alarm {
        /** Used from two addresses within half a minute. */
        TWO_PLACES,
        /** Used more than twenty times in a minute. */
        TOO_OFTEN;

        String code() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private record Use(String address, Instant at, Instant countedFrom, int uses) {}

    CardPace(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** A card was accepted; what is strange about that, if anything. */
    Optional<Alarm> used(Credential card, Asker asker) {
        Instant now = clock.instant();
        String address = asker.address() == null ? "" : asker.address();
        Optional<Use> before = database.sql("select * from card.credential_use where credential = :card")
                .param("card", card.id())
                .query((row, number) -> new Use(
                        row.getString("address"),
                        row.getTimestamp("used_at").toInstant(),
                        row.getTimestamp("counted_from").toInstant(),
                        row.getInt("uses")))
                .optional();
        boolean counted = before.filter(use -> now.isBefore(use.countedFrom().plus(WINDOW)))
                .isPresent();
        int uses = counted ? before.get().uses() + 1 : 1;
        database.sql("insert into card.credential_use (credential, address, used_at, counted_from, uses)"
                        + " values (:card, :address, :now, :from, :uses) on conflict (credential) do update"
                        + " set address = :address, used_at = :now, counted_from = :from, uses = :uses")
                .param("card", card.id())
                .param("address", address)
                .param("now", Timestamp.from(now))
                .param("from", Timestamp.from(counted ? before.get().countedFrom() : now))
                .param("uses", uses)
                .update();
        if (before.filter(use ->
                        !use.address().equals(address) && now.isBefore(use.at().plus(BETWEEN_PLACES)))
                .isPresent()) {
            return Optional.of(Alarm.TWO_PLACES);
        }
        // Once a window is enough.
        return uses == MOST_USES + 1 ? Optional.of(Alarm.TOO_OFTEN) : Optional.empty();
    }
}
