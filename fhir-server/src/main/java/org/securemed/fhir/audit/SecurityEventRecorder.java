package org.securemed.fhir.audit;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.fhir.smart.SecurityEvents;

/** Appends security events to the ledger. Thread-safe. */
final class SecurityEventRecorder implements SecurityEvents {
    private static final String PATIENT = "Patient/";
    private static final int LONGEST_REQUEST_ID = 128;

    private final EntryFactory entries;
    private final LedgerGateway ledger;
    private final OwnerIndex index;

    SecurityEventRecorder(EntryFactory entries, LedgerGateway ledger, OwnerIndex index) {
        this.entries = entries;
        this.ledger = ledger;
        this.index = index;
    }

    @Override
    public void record(SecurityEvent event) {
        ledger.append(
                List.of(entries.entry(event, patient(event).orElse(null), requestId(event.requestId()))), List.of());
    }

    /** Whom it concerns, if it is a patient of this server; nobody else gets a key. */
    private Optional<String> patient(SecurityEvent event) {
        String user = event.fhirUser();
        return Optional.ofNullable(event.patient())
                .or(() -> Optional.ofNullable(user)
                        .filter(reference -> reference.startsWith(PATIENT))
                        .map(reference -> reference.substring(PATIENT.length())))
                .filter(patient -> index.partitionOf(patient).isPresent());
    }

    private static String requestId(@Nullable String sent) {
        return sent != null
                        && sent.length() <= LONGEST_REQUEST_ID
                        && sent.chars().allMatch(c -> c > 0x20 && c < 0x7f)
                ? sent
                : UUID.randomUUID().toString();
    }
}
