package org.securemed.fhir.consent;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.EntryQuery.Order;
import org.securemed.ledger.log.EntryQuery.Place;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.replay.RecordedTransition;
import org.securemed.ledger.replay.ReplayException;

/** Where in the ledger consents were granted. Thread-safe. */
final class GrantEntries {
    private static final int BATCH = 50;

    private final Ledger ledger;
    private final SubjectKeys keys;

    GrantEntries(Ledger ledger, SubjectKeys keys) {
        this.ledger = ledger;
        this.keys = keys;
    }

    /** The zero-based index of the entry that granted a patient's Consent, the newest if it was granted repeatedly. */
    Optional<Long> position(String patientId, String consentId) {
        if (keys.known(patientId).isEmpty()) {
            return Optional.empty();
        }
        @Nullable Place place = null;
        while (true) {
            List<StoredEntry> batch = ledger.find(new EntryQuery(
                    Set.of(keys.subject(patientId)),
                    null,
                    Set.of(Op.CONSENT_GRANT),
                    null,
                    null,
                    Long.MAX_VALUE,
                    Order.NEWEST_FIRST,
                    place,
                    BATCH));
            for (StoredEntry stored : batch) {
                place = Place.of(stored);
                if (grants(stored, patientId, consentId)) {
                    return Optional.of(stored.index());
                }
            }
            if (batch.size() < BATCH) {
                return Optional.empty();
            }
        }
    }

    private boolean grants(StoredEntry stored, String patientId, String consentId) {
        try {
            Transition transition =
                    RecordedTransition.open(stored.entry(), keys.key(patientId)).transition();
            return transition instanceof Transition.Grant grant
                    && grant.consentId().equals(consentId);
        } catch (ReplayException e) {
            throw new IllegalStateException("entry %d holds no transition".formatted(stored.index()), e);
        }
    }
}
