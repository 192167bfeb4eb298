package org.securemed.fhir.consent;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.LedgerGateway;
import org.securemed.fhir.work.RepeatedWork;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.replay.ConsentSnapshot;
import org.securemed.ledger.storage.ConsentSnapshots;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * States in the ledger, now and then, where all consents stand, so that what is loaded at the next start can be
 * compared with it. Several instances may say the same; it does no harm. Thread-safe.
 */
final class StatedConsents implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StatedConsents.class);
    private static final Duration FIRST = Duration.ofMinutes(2);
    private static final Duration INTERVAL = Duration.ofHours(1);
    private static final Duration LONGEST = Duration.ofDays(1);
    /** So many changes are looked at one by one at a start: for many patients, those of a twentieth of them. */
    private static final long MANY_CHANGES = 1_000;

    private static final long PATIENTS_FOR_A_CHANGE = 20;

    private final ConsentSnapshots snapshots;
    private final LedgerGateway ledger;
    private final DataSource dataSource;
    private final String instance;
    private final Clock clock;
    private @Nullable RepeatedWork work;
    private volatile Instant stated;

    /** @param instance name of this server instance */
    StatedConsents(
            ConsentSnapshots snapshots, LedgerGateway ledger, DataSource dataSource, String instance, Clock clock) {
        this.snapshots = snapshots;
        this.ledger = ledger;
        this.dataSource = dataSource;
        this.instance = instance;
        this.clock = clock;
        this.stated = clock.instant();
    }

    /** Begins; the first run is in two minutes, then each hour. */
    StatedConsents start() {
        work = new RepeatedWork("stated-consents", FIRST, INTERVAL, this::run);
        return this;
    }

    /** States where the consents stand, if enough has changed since the last time, or a day has gone. */
    void run() {
        due().ifPresent(this::state);
    }

    private Optional<ConsentSnapshot> due() {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setReadOnly(true);
            try {
                Optional<ConsentSnapshot> newest = snapshots.newest(connection);
                long changes = snapshots.changesSince(
                        connection, newest.map(ConsentSnapshot::size).orElse(0L));
                boolean old = newest.isEmpty() || !clock.instant().isBefore(stated.plus(LONGEST));
                long many = Math.max(
                        MANY_CHANGES, newest.map(ConsentSnapshot::patients).orElse(0L) / PATIENTS_FOR_A_CHANGE);
                return changes >= many || (changes > 0 && old)
                        ? Optional.of(snapshots.take(connection))
                        : Optional.empty();
            } finally {
                connection.rollback();
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the ledger cannot be read", e);
        }
    }

    private void state(ConsentSnapshot snapshot) {
        Instant now = clock.instant();
        Entry entry = Entry.builder(EntryIds.next(now), now, instance, Op.CONSENT_SNAPSHOT)
                .statement(snapshot.statement())
                .build();
        ledger.append(List.of(entry), List.of());
        stated = now;
        log.atInfo().addKeyValue("patients", snapshot.patients()).log("stated where the consents stand");
    }

    @Override
    public void close() {
        if (work != null) {
            work.close();
        }
    }
}
