package org.securemed.fhir.consent;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.TransitionRecorder;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.StepUp;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.RegisteredKey;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionResult;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.storage.ConsentStateStore;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The keys with which a patient, or who acts for the patient, signs consents themselves. They stand in the patient's
 * consent contract; each change is a transition, in one transaction with its entry. Thread-safe.
 */
final class OwnKeys {
    private static final String PATIENT = "Patient/";

    private final ConsentStateStore store;
    private final ConsentStates states;
    private final Representation representation;
    private final SubjectKeys keys;
    private final OwnerIndex index;
    private final TransitionRecorder recorder;
    private final StepUp stepUp;
    private final DataSource dataSource;
    private final TransactionTemplate transaction;
    private final Clock clock;

    OwnKeys(
            ConsentStateStore store,
            ConsentStates states,
            SubjectKeys keys,
            OwnerIndex index,
            TransitionRecorder recorder,
            StepUp stepUp,
            DataSource dataSource,
            TransactionTemplate transaction,
            Clock clock) {
        this.store = store;
        this.states = states;
        this.representation = new Representation(states);
        this.keys = keys;
        this.index = index;
        this.recorder = recorder;
        this.stepUp = stepUp;
        this.dataSource = dataSource;
        this.transaction = transaction;
        this.clock = clock;
    }

    /**
     * Who signs, as the contract knows them: {@code Patient/…} or {@code RelatedPerson/…}.
     *
     * @throws RuntimeException 403 for anybody else, by their role alone
     */
    static String signer(Requester requester) {
        return requester
                .user()
                .filter(user -> requester.is(Role.PATIENT) && user.startsWith(PATIENT)
                        || requester.is(Role.REPRESENTATIVE) && user.startsWith("RelatedPerson/"))
                .orElseThrow(Refusal::role);
    }

    /** The keys of this patient's contract that are the requester's own. */
    List<RegisteredKey> of(String patient, Exchange exchange) {
        String signer = require(patient, exchange);
        states.refresh(states.subject(patient));
        return states.of(patient).keys().values().stream()
                .filter(key -> key.owner().equals(signer) && OwnKey.isId(key.keyId()))
                .toList();
    }

    /** Registers a key; that it is registered already is no error. */
    RegisteredKey register(String patient, String jwk, Exchange exchange) {
        String signer = require(patient, exchange);
        requireStepUp(exchange);
        RegisteredKey key = OwnKey.read(jwk, signer);
        change(
                patient,
                exchange,
                state -> key.equals(state.keys().get(key.keyId()))
                        ? null
                        : new Transition.RegisterKey(
                                UUID.randomUUID().toString(),
                                state.subject(),
                                author(exchange, signer),
                                clock.instant(),
                                key));
        return key;
    }

    /** Ends a key: what is signed with it opens nothing any more. A strong log-in is not asked for. */
    void revoke(String patient, String keyId, Exchange exchange) {
        String signer = require(patient, exchange);
        change(patient, exchange, state -> {
            RegisteredKey key = state.keys().get(keyId);
            if (key == null || !OwnKey.isId(keyId) || !key.owner().equals(signer)) {
                throw Refusal.unprocessable("signing-key", "You have no key of this id.");
            }
            return new Transition.RevokeKey(
                    UUID.randomUUID().toString(), state.subject(), author(exchange, signer), clock.instant(), keyId);
        });
    }

    private String require(String patient, Exchange exchange) {
        String signer = signer(exchange.requester());
        boolean acts = signer.equals(PATIENT + patient)
                || representation.is(exchange.requester(), patient, exchange.started());
        if (!acts || index.partitionOf(patient).isEmpty()) {
            throw Refusal.notKnown("Patient", patient);
        }
        exchange.name(patient);
        return signer;
    }

    private void requireStepUp(Exchange exchange) {
        if (!stepUp.isMet(exchange.requester())) {
            throw Refusal.stepUp(stepUp);
        }
    }

    private static Author author(Exchange exchange, String signer) {
        String session = exchange.requester().tokenId();
        return signer.startsWith(PATIENT) ? Author.patient(signer, session) : Author.representative(signer, session);
    }

    private interface Step {
        /** The next transition; null if there is none to make. */
        @Nullable
        Transition from(ConsentState state);
    }

    private void change(String patient, Exchange exchange, Step step) {
        Pseudonym subject = keys.subject(patient);
        ConsentState after = transaction.execute(status -> {
            Connection connection = DataSourceUtils.getConnection(dataSource);
            try {
                return change(connection, subject, patient, exchange, step);
            } catch (SQLException e) {
                throw new IllegalStateException("the consent state cannot be written", e);
            } finally {
                DataSourceUtils.releaseConnection(connection, dataSource);
            }
        });
        states.put(subject, after);
    }

    private ConsentState change(Connection connection, Pseudonym subject, String patient, Exchange exchange, Step step)
            throws SQLException {
        ConsentState state = store.load(connection, subject)
                .orElseThrow(() -> new IllegalStateException("the patient's key has been destroyed"));
        Transition transition = step.from(state);
        if (transition == null) {
            return state;
        }
        TransitionResult.Applied applied = store.apply(connection, subject, transition)
                .fold(done -> done, refused -> {
                    throw Refusal.unprocessable("signing-key", refused.text());
                });
        recorder.record(exchange, patient, transition, applied.state());
        return applied.state();
    }
}
