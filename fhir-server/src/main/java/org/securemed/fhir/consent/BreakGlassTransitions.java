package org.securemed.fhir.consent;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import javax.sql.DataSource;
import org.securemed.fhir.audit.TransitionRecorder;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.storage.ConsentStateStore;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.TransactionTemplate;

/** Brings a declared emergency into the patient's consent contract, in one transaction with its entry. */
final class BreakGlassTransitions {
    private final ConsentStateStore store;
    private final ConsentStates states;
    private final SubjectKeys keys;
    private final TransitionRecorder recorder;
    private final DataSource dataSource;
    private final TransactionTemplate transaction;

    BreakGlassTransitions(
            ConsentStateStore store,
            ConsentStates states,
            SubjectKeys keys,
            TransitionRecorder recorder,
            DataSource dataSource,
            TransactionTemplate transaction) {
        this.store = store;
        this.states = states;
        this.keys = keys;
        this.recorder = recorder;
        this.dataSource = dataSource;
        this.transaction = transaction;
    }

    /**
     * The requester breaks the glass before a patient of this server. If the contract refuses, nothing is opened, and
     * nobody is told by this answer.
     */
    void breakGlass(Exchange exchange, String patient, String reason, Instant until) {
        Pseudonym subject = keys.subject(patient);
        ConsentState after = transaction.execute(status -> {
            Connection connection = DataSourceUtils.getConnection(dataSource);
            try {
                return apply(connection, exchange, patient, subject, reason, until);
            } catch (SQLException e) {
                throw new IllegalStateException("the consent state cannot be written", e);
            } finally {
                DataSourceUtils.releaseConnection(connection, dataSource);
            }
        });
        states.put(subject, after);
    }

    private ConsentState apply(
            Connection connection, Exchange exchange, String patient, Pseudonym subject, String reason, Instant until)
            throws SQLException {
        Requester requester = exchange.requester();
        // From the moment of the request, so that its own record can say what it opens.
        Transition transition = new Transition.BreakGlass(
                UUID.randomUUID().toString(),
                "Patient/" + patient,
                Author.user(requester.user().orElseThrow(), requester.tokenId()),
                exchange.started(),
                reason,
                until);
        ConsentState before = store.load(connection, subject)
                .orElseThrow(() -> new IllegalStateException("the patient's key has been destroyed"));
        return store.apply(connection, subject, transition)
                .fold(
                        applied -> {
                            recorder.record(exchange, patient, transition, applied.state());
                            return applied.state();
                        },
                        refused -> before);
    }
}
