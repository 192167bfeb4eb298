package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.keys.LedgerProperties;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;

/**
 * Records transitions of the consent contract: the canonical transition under the patient's key, and a keyed hash of
 * the state that it led to, so that a replay can be checked.
 */
public final class TransitionRecorder {
    private static final Map<Class<? extends Transition>, Op> OPS = Map.of(
            Transition.Grant.class, Op.CONSENT_GRANT,
            Transition.Amend.class, Op.CONSENT_AMEND,
            Transition.Revoke.class, Op.CONSENT_REVOKE);

    private final AuditRecorder recorder;
    private final SubjectKeys keys;
    private final Clock clock;
    private final String instance;

    TransitionRecorder(AuditRecorder recorder, SubjectKeys keys, Clock clock, LedgerProperties properties) {
        this.recorder = recorder;
        this.keys = keys;
        this.clock = clock;
        this.instance = properties.instance();
    }

    /** Stages the entry of a transition in the transaction that is active on this thread. */
    public void record(
            Exchange exchange, RequestDetails request, String patientId, Transition transition, ConsentState state) {
        UUID id = EntryIds.next(clock.instant());
        Pseudonym subject = keys.subject(patientId);
        Op op = OPS.get(transition.getClass());
        if (op == null) {
            throw new IllegalArgumentException("not a transition of a Consent: " + transition.getClass());
        }
        Entry entry = Entry.builder(id, clock.instant(), instance, op)
                .actor(exchange.requester().clientId())
                .role(exchange.requester().roles().stream()
                        .sorted()
                        .map(Role::code)
                        .findFirst()
                        .orElse(null))
                .resourceType("Consent")
                .patient(subject)
                .decision(new Decision(
                        "version " + state.version(),
                        null,
                        "securemed-consent/" + ConsentContract.ENGINE_VERSION,
                        List.of()))
                .resourceCommitment(keys.commitment(subject, state.stateHash()))
                .outcome(0)
                .sealed(keys.seal(subject, id, transition.canonicalBytes()))
                .build();
        recorder.attach(exchange, request, entry);
    }
}
