package org.securemed.fhir.consent;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.TransitionRecorder;
import org.securemed.fhir.work.RepeatedWork;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionResult;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.storage.ConsentStateStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Closes Consents whose period is over, by a transition of the contract with its entry in the ledger, so that the log
 * says when each ended. Decisions do not wait for it: they go by the clock.
 *
 * <p>Every instance does this. The transition names the version that it leads to, under the patient's row lock: of
 * several that find the same Consent, one closes it, and it never closes one that has gone on meanwhile. Thread-safe.
 *
 * @see Transition.Expire
 */
final class ExpiredConsents implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ExpiredConsents.class);
    private static final Duration INTERVAL = Duration.ofMinutes(1);
    // The rest has the next minute: a clinic's worth of Consents may end at one midnight.
    private static final int AT_ONCE = 2_000;
    private static final String CUSTODIAN = "Device/securemed";
    private static final String JOB = "consent-expiry";

    private final ConsentStateStore store;
    private final ConsentStates states;
    private final TransitionRecorder recorder;
    private final DataSource dataSource;
    private final TransactionTemplate transaction;
    private final Clock clock;
    private @Nullable RepeatedWork work;

    ExpiredConsents(
            ConsentStateStore store,
            ConsentStates states,
            TransitionRecorder recorder,
            DataSource dataSource,
            TransactionTemplate transaction,
            Clock clock) {
        this.store = store;
        this.states = states;
        this.recorder = recorder;
        this.dataSource = dataSource;
        this.transaction = transaction;
        this.clock = clock;
    }

    /** Begins; the first run is in a minute. */
    ExpiredConsents start() {
        work = new RepeatedWork(JOB, INTERVAL, this::run);
        return this;
    }

    /**
     * Closes what is over now.
     *
     * @return how many were closed by this call
     */
    int run() {
        Instant now = clock.instant();
        int closed = 0;
        for (Pseudonym subject : states.withPeriodsOver(now, AT_ONCE)) {
            for (Optional<Closed> one = close(subject, now); one.isPresent(); one = close(subject, now)) {
                states.put(subject, one.get().state);
                recorder.seal(one.get().entry);
                closed++;
            }
            // Whoever closed the rest, this instance knows it now.
            states.refresh(subject);
        }
        if (closed > 0) {
            log.atInfo().addKeyValue("consents", closed).log("closed Consents whose period is over");
        }
        return closed;
    }

    /** Closes one Consent of a patient; empty if none is over. */
    private Optional<Closed> close(Pseudonym subject, Instant now) {
        Optional<Closed> closed = transaction.execute(status -> {
            Connection connection = DataSourceUtils.getConnection(dataSource);
            try {
                return close(connection, subject, now);
            } catch (SQLException e) {
                throw new IllegalStateException("the consent state cannot be written", e);
            } finally {
                DataSourceUtils.releaseConnection(connection, dataSource);
            }
        });
        return closed == null ? Optional.empty() : closed;
    }

    private Optional<Closed> close(Connection connection, Pseudonym subject, Instant now) throws SQLException {
        Optional<ConsentState> state = store.load(connection, subject);
        Optional<ConsentRecord> over =
                state.stream().flatMap(known -> ConsentStates.over(known, now)).findFirst();
        if (over.isEmpty()) {
            return Optional.empty();
        }
        ConsentRecord consent = over.get();
        Transition expire = new Transition.Expire(
                UUID.randomUUID().toString(),
                state.get().subject(),
                Author.custodian(CUSTODIAN, JOB),
                now,
                consent.id(),
                consent.version() + 1);
        TransitionResult result = store.apply(connection, subject, expire);
        return result.fold(
                applied -> Optional.of(
                        new Closed(applied.state(), recorder.recordOfCustodian(CUSTODIAN, expire, applied.state()))),
                refused -> Optional.empty());
    }

    @Override
    public void close() {
        if (work != null) {
            work.close();
        }
    }

    private record Closed(ConsentState state, Entry entry) {}
}
