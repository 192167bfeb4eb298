package org.securemed.card.healthcard;

import com.nimbusds.jose.jwk.ECKey;
import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.securemed.card.sealing.Sealing;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Our keys for health cards, shared by all instances through the database. A new key is published for {@link #LEAD}
 * before it signs; an older one stays published, so that its cards verify, until it is retired. Thread-safe.
 */
public final class IssuerKeys {
    /** How long a new key is published before it signs. */
    public static final Duration LEAD = Duration.ofHours(1);

    private static final long LOCK = 0x5365_634b_4865_6c74L;

    /**
     * A published key.
     *
     * @param activeFrom from when on it signs
     * @param listVersion version of its revocation list: 1 for the first, which names nobody, and one more with each
     *     card that is taken back
     */
    record Published(ECKey jwk, Instant activeFrom, long listVersion) {}

    private record Stored(SigningKey key, Instant activeFrom) {}

    private final JdbcClient database;
    private final TransactionTemplate transactions;
    private final Sealing sealing;
    private final Duration lifetime;
    private final Clock clock;

    /** @param lifetime how long a key signs before the next one does */
    IssuerKeys(JdbcClient database, TransactionTemplate transactions, Sealing sealing, Duration lifetime, Clock clock) {
        this.database = database;
        this.transactions = transactions;
        this.sealing = sealing;
        this.lifetime = lifetime;
        this.clock = clock;
        transactions.executeWithoutResult(status -> {
            lock();
            if (stored().isEmpty()) {
                insert(clock.instant());
            }
        });
    }

    /** The key that signs now; makes its successor known when it has signed for long enough. */
    SigningKey signing() {
        Instant now = clock.instant();
        List<Stored> keys = stored();
        Stored newest = keys.stream()
                .max(Comparator.comparing(Stored::activeFrom))
                .orElseThrow(() -> new IllegalStateException("there is no signing key; rotate"));
        if (newest.activeFrom().plus(lifetime).isBefore(now)) {
            rotate();
        }
        return keys.stream()
                .filter(key -> !key.activeFrom().isAfter(now))
                .max(Comparator.comparing(Stored::activeFrom))
                .orElseThrow(() -> new IllegalStateException("the next signing key does not sign yet"))
                .key();
    }

    /** All keys by which cards verify, the newest first. */
    List<Published> published() {
        return database.sql("select public_jwk, active_from, crl_version from card.health_card_key"
                        + " where retired_at is null order by active_from desc")
                .query((row, number) -> new Published(
                        parsed(row.getString("public_jwk")),
                        row.getTimestamp("active_from").toInstant(),
                        1 + row.getLong("crl_version")))
                .list();
    }

    /**
     * Adds a key that signs from {@link #LEAD} from now on, unless one waits already.
     *
     * @return id of the key that will sign
     */
    public String rotate() {
        String kid = transactions.execute(status -> {
            lock();
            Instant now = clock.instant();
            return stored().stream()
                    .filter(key -> key.activeFrom().isAfter(now))
                    .findFirst()
                    .map(key -> key.key().id())
                    .orElseGet(() -> insert(now.plus(LEAD)));
        });
        if (kid == null) {
            throw new IllegalStateException("a transaction without a result");
        }
        return kid;
    }

    /**
     * Ends a key at once: no card that it signed verifies any more. If it was the one that signs, another signs from
     * now on.
     *
     * @return whether there was such a key in use
     */
    public boolean retire(String kid) {
        return Boolean.TRUE.equals(transactions.execute(status -> {
            lock();
            Instant now = clock.instant();
            int keys = database.sql("update card.health_card_key set retired_at = :now"
                            + " where kid = :kid and retired_at is null")
                    .param("now", Timestamp.from(now))
                    .param("kid", kid)
                    .update();
            if (keys > 0 && stored().stream().allMatch(key -> key.activeFrom().isAfter(now))) {
                insert(now);
            }
            return keys > 0;
        }));
    }

    private void lock() {
        database.sql("select pg_advisory_xact_lock(:lock)")
                .param("lock", LOCK)
                .query()
                .listOfRows();
    }

    private List<Stored> stored() {
        return database.sql("select kid, private_jwk_sealed, active_from from card.health_card_key"
                        + " where retired_at is null")
                .query((row, number) -> new Stored(
                        SigningKey.of(parsed(new String(
                                sealing.open(row.getBytes("private_jwk_sealed"), row.getString("kid")),
                                StandardCharsets.UTF_8))),
                        row.getTimestamp("active_from").toInstant()))
                .list();
    }

    private static ECKey parsed(String jwk) {
        try {
            return ECKey.parse(jwk);
        } catch (ParseException e) {
            throw new IllegalStateException("a stored key for health cards is no JWK");
        }
    }

    private String insert(Instant activeFrom) {
        SigningKey key = SigningKey.generate();
        database.sql("insert into card.health_card_key"
                        + " (kid, public_jwk, private_jwk_sealed, created_at, active_from)"
                        + " values (:kid, :public, :sealed, :created, :active)")
                .param("kid", key.id())
                .param("public", key.publicJwk().toJSONString())
                .param(
                        "sealed",
                        sealing.seal(key.privateJwk().toJSONString().getBytes(StandardCharsets.UTF_8), key.id()))
                .param("created", Timestamp.from(clock.instant()))
                .param("active", Timestamp.from(activeFrom))
                .update();
        return key.id();
    }
}
