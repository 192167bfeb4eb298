package org.securemed.ledger.log;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.LedgerDatabase;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.storage.PostgresLogStore;

/** A log's keys and database, and the entries tests put into it. */
public final class LogFixture implements AutoCloseable {
    public static final String ORIGIN = "hospital.example/ledger";

    public final SigningKey logKey;
    public final SigningKey instanceKey = SigningKey.generate("server-1", new SecureRandom());
    public final @Nullable CosignKey cosigner;
    public final LedgerDatabase database = LedgerDatabase.create();
    public final List<String> alarms = new CopyOnWriteArrayList<>();

    public LogFixture() {
        this(SigningKey.generate(ORIGIN, new SecureRandom()));
    }

    /** Another log by the holder of this key. */
    public LogFixture(SigningKey logKey) {
        this(logKey, null);
    }

    private LogFixture(SigningKey logKey, @Nullable CosignKey cosigner) {
        this.logKey = logKey;
        this.cosigner = cosigner;
    }

    /** A log whose checkpoints are cosigned with ML-DSA-44. */
    public static LogFixture cosigned() {
        return new LogFixture(
                SigningKey.generate(ORIGIN, new SecureRandom()),
                CosignKey.generate(ORIGIN + "/pq", new SecureRandom()));
    }

    public Ledger open() {
        return open(new PostgresLogStore(database.dataSource()), instanceKey);
    }

    public Ledger open(LogStore store, SigningKey instance) {
        return open(store, instance, CheckpointVault.none());
    }

    public Ledger open(LogStore store, SigningKey instance, CheckpointVault vault) {
        return open(store, instance, vault, Clock.systemUTC());
    }

    /** The log at another time. */
    public Ledger open(Clock clock) {
        return open(new PostgresLogStore(database.dataSource()), instanceKey, CheckpointVault.none(), clock);
    }

    /** Another instance at another time. */
    public Ledger open(LogStore store, SigningKey instance, CheckpointVault vault, Clock clock) {
        return Ledger.open(
                store,
                new LedgerKeys(logKey, instance, cosigner),
                vault,
                LedgerOptions.defaults().creating(),
                clock,
                (code, detail) -> alarms.add(code + ": " + detail));
    }

    public static Entry entry(String actor) {
        return builder(actor).build();
    }

    public static Entry.Builder builder(String actor) {
        Instant now = Instant.now();
        return Entry.builder(EntryIds.next(now), now, "server-1", Op.READ)
                .actor(actor)
                .role("physician")
                .purpose("TREAT")
                .resourceType("Patient")
                .patient(new Pseudonym(7, actor.hashCode()))
                .outcome(0)
                .status(200);
    }

    public static AppendResult append(Ledger ledger, Entry entry) throws Exception {
        return ledger.append(Submission.of(entry)).get(10, TimeUnit.SECONDS);
    }

    /** Appends and expects it to be appended. */
    public static long index(Ledger ledger, Entry entry) throws Exception {
        return ((AppendResult.Appended) append(ledger, entry)).index();
    }

    @Override
    public void close() {
        database.close();
    }
}
