package org.securemed.fhir.smart;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The keys that sign tokens, shared by all instances through the database and read again when they may have changed. A
 * new key is published for {@link #LEAD} before it signs, so that every instance and every client knows it by then; a
 * retired one verifies until the last token it signed has ended. Thread-safe.
 */
public final class SigningKeys implements JWKSource<SecurityContext> {
    /** How long a new key is published before it signs. */
    public static final Duration LEAD = Duration.ofMinutes(10);

    private static final Duration FRESH = Duration.ofMinutes(2);
    // An unknown kid asks for a reload; whoever invents kids gets no more than this.
    private static final Duration RELOAD_PAUSE = Duration.ofSeconds(5);
    private static final int BITS = 2048;
    private static final long LOCK = 0x5365_634b_6579_7331L;

    private record Key(RSAKey jwk, Instant activeFrom) {}

    private record Loaded(List<Key> keys, Instant at) {}

    private final JdbcClient database;
    private final TransactionTemplate transactions;
    private final KeyEncryption encryption;
    private final Revocations revocations;
    private final Clock clock;
    private volatile Loaded loaded;

    SigningKeys(
            JdbcClient database,
            TransactionTemplate transactions,
            KeyEncryption encryption,
            Revocations revocations,
            Clock clock) {
        this.database = database;
        this.transactions = transactions;
        this.encryption = encryption;
        this.revocations = revocations;
        this.clock = clock;
        transactions.executeWithoutResult(status -> {
            lock();
            if (read().isEmpty()) {
                insert(clock.instant());
            }
        });
        this.loaded = new Loaded(read(), clock.instant());
    }

    /** Adds a key that signs from {@link #LEAD} from now on; older ones then only verify. */
    public void rotate() {
        transactions.executeWithoutResult(status -> {
            lock();
            insert(clock.instant().plus(LEAD));
        });
        reload();
    }

    /**
     * Ends a key at once: nothing that it signed is accepted any more.
     *
     * @return whether there was such a key in use
     */
    public boolean retire(String kid) {
        Boolean retired = transactions.execute(status -> {
            int keys = database.sql(
                            "update smart.signing_key set retired_at = :now where kid = :kid and retired_at is null")
                    .param("now", Timestamp.from(clock.instant()))
                    .param("kid", kid)
                    .update();
            if (keys > 0) {
                // Tokens already verified are remembered; this reaches them, on every instance.
                revocations.revoke(Revocations.Kind.KEY, kid);
            }
            return keys > 0;
        });
        reload();
        return Boolean.TRUE.equals(retired);
    }

    /** The id of the key that signs now. */
    public String signingKeyId() {
        return signingKey().getKeyID();
    }

    private RSAKey signingKey() {
        Instant now = clock.instant();
        Loaded current = fresh(now);
        return current.keys().stream()
                .filter(key -> !key.activeFrom().isAfter(now))
                .max(Comparator.comparing(Key::activeFrom))
                .orElseThrow(() -> new IllegalStateException("there is no signing key; retire one only after rotating"))
                .jwk();
    }

    @Override
    public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) {
        Instant now = clock.instant();
        List<JWK> found = selector.select(set(fresh(now)));
        if (found.isEmpty()
                && asksForKeyId(selector.getMatcher())
                && loaded.at().plus(RELOAD_PAUSE).isBefore(now)) {
            found = selector.select(set(reload()));
        }
        return found;
    }

    private static boolean asksForKeyId(JWKMatcher matcher) {
        return matcher.getKeyIDs() != null && !matcher.getKeyIDs().isEmpty();
    }

    private static JWKSet set(Loaded keys) {
        return new JWKSet(keys.keys().stream().<JWK>map(Key::jwk).toList());
    }

    private Loaded fresh(Instant now) {
        Loaded current = loaded;
        return current.at().plus(FRESH).isBefore(now) ? reload() : current;
    }

    private Loaded reload() {
        Loaded now = new Loaded(read(), clock.instant());
        loaded = now;
        return now;
    }

    private void lock() {
        database.sql("select pg_advisory_xact_lock(:lock)")
                .param("lock", LOCK)
                .query()
                .listOfRows();
    }

    private List<Key> read() {
        return database.sql(
                        "select kid, private_jwk_sealed, active_from from smart.signing_key where retired_at is null")
                .query((row, number) -> {
                    String kid = row.getString("kid");
                    byte[] plain = encryption.open(row.getBytes("private_jwk_sealed"), kid);
                    try {
                        return new Key(
                                RSAKey.parse(new String(plain, StandardCharsets.UTF_8)),
                                row.getTimestamp("active_from").toInstant());
                    } catch (ParseException e) {
                        throw new IllegalStateException("a stored signing key is no JWK: " + kid);
                    }
                })
                .list();
    }

    private void insert(Instant activeFrom) {
        String kid = UUID.randomUUID().toString();
        RSAKey key;
        try {
            key = new RSAKeyGenerator(BITS)
                    .keyID(kid)
                    .keyUse(KeyUse.SIGNATURE)
                    .algorithm(JWSAlgorithm.RS256)
                    .generate();
        } catch (JOSEException e) {
            throw new IllegalStateException("could not make a signing key", e);
        }
        database.sql("insert into smart.signing_key"
                        + " (kid, algorithm, public_jwk, private_jwk_sealed, created_at, active_from)"
                        + " values (:kid, 'RS256', :public, :sealed, :created, :active)")
                .param("kid", kid)
                .param("public", key.toPublicJWK().toJSONString())
                .param("sealed", encryption.seal(key.toJSONString().getBytes(StandardCharsets.UTF_8), kid))
                .param("created", Timestamp.from(clock.instant()))
                .param("active", Timestamp.from(activeFrom))
                .update();
    }
}
