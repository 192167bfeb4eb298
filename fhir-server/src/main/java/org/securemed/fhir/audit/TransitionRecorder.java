package org.securemed.fhir.audit;

import java.time.Clock;
import java.util.UUID;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.keys.LedgerProperties;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.replay.RecordedTransition;

/** Records transitions of the consent contract in the transaction that makes them. */
public final class TransitionRecorder {
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
    public void record(Exchange exchange, String patientId, Transition transition, ConsentState state) {
        UUID id = EntryIds.next(clock.instant());
        Entry entry = RecordedTransition.entry(id, clock.instant(), instance, keys.key(patientId), transition, state)
                .actor(exchange.requester().clientId())
                .role(exchange.requester().roles().stream()
                        .sorted()
                        .map(Role::code)
                        .findFirst()
                        .orElse(null))
                .purpose(exchange.declared().map(Exchange.Declared::purpose).orElse(null))
                .build();
        recorder.attach(exchange, entry);
    }
}
