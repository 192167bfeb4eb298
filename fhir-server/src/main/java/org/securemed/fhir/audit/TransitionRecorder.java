package org.securemed.fhir.audit;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.keys.LedgerProperties;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.replay.RecordedTransition;

/** Records transitions of the consent contract in the transaction that makes them. */
public final class TransitionRecorder {
    private final AuditRecorder recorder;
    private final LedgerGateway ledger;
    private final SubjectKeys keys;
    private final Clock clock;
    private final String instance;

    TransitionRecorder(
            AuditRecorder recorder, LedgerGateway ledger, SubjectKeys keys, Clock clock, LedgerProperties properties) {
        this.recorder = recorder;
        this.ledger = ledger;
        this.keys = keys;
        this.clock = clock;
        this.instance = properties.instance();
    }

    /** Stages the entry of a transition in the transaction that is active on this thread. */
    public void record(Exchange exchange, String patientId, Transition transition, ConsentState state) {
        attach(exchange, begin(patientId, transition, state));
    }

    /** As {@link #record(Exchange, String, Transition, ConsentState)}, with the author's signature. */
    public void record(Exchange exchange, String patientId, SignedTransition signed, ConsentState state) {
        UUID id = EntryIds.next(clock.instant());
        attach(exchange, RecordedTransition.entry(id, clock.instant(), instance, keys.key(patientId), signed, state));
    }

    private void attach(Exchange exchange, Entry.Builder begun) {
        Entry entry = begun.actor(exchange.requester().clientId())
                .role(exchange.requester().roles().stream()
                        .sorted()
                        .map(Role::code)
                        .findFirst()
                        .orElse(null))
                .purpose(exchange.declared().map(Exchange.Declared::purpose).orElse(null))
                .build();
        recorder.attach(exchange, entry);
    }

    /**
     * Stages the entry of a transition that nobody asked for, in the transaction that is active on this thread.
     *
     * @param device reference of what made it
     * @return the entry, to be {@linkplain #seal sealed} after the commit
     */
    public Entry recordOfCustodian(String device, Transition transition, ConsentState state) {
        String patientId = state.subject().substring("Patient/".length());
        Entry entry = begin(patientId, transition, state).actor(device).build();
        ledger.stage(List.of(entry));
        return entry;
    }

    /**
     * Returns when an entry that a committed transaction staged is in a durable block.
     *
     * @throws LedgerFailure if it can't be brought there now; it stays staged and gets there later
     */
    public void seal(Entry entry) {
        ledger.seal(List.of(entry));
    }

    private Entry.Builder begin(String patientId, Transition transition, ConsentState state) {
        Instant now = clock.instant();
        return RecordedTransition.entry(EntryIds.next(now), now, instance, keys.key(patientId), transition, state);
    }
}
