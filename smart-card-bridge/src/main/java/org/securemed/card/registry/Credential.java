package org.securemed.card.registry;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.card.apdu.Bytes;

/**
 * A card that was handed out.
 *
 * @param id random; also the logical id of its Device at the FHIR server
 * @param kind name of the card's profile
 * @param owner whose it is: {@code Patient/…}, {@code Practitioner/…} or {@code RelatedPerson/…}
 * @param validUntil when the first of its certificates ends
 * @param replacedBy the card that took its place
 * @param signingKey with which a patient's card signs consents, X.509 SubjectPublicKeyInfo; null if it signs none
 * @param version counts the changes, from 1
 * @param recorded of which change the FHIR server has been told
 */
public record Credential(
        UUID id,
        String kind,
        String owner,
        Status status,
        Instant issuedAt,
        Instant changedAt,
        Instant validUntil,
        @Nullable UUID replacedBy,
        @Nullable Bytes signingKey,
        long version,
        long recorded) {

    /** Its Device at the FHIR server, a relative reference. */
    public String device() {
        return "Device/" + id;
    }
}
