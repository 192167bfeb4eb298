package org.securemed.fhir.subscription;

import java.net.URI;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.smart.StandingGrant;

/**
 * A Subscription.
 *
 * @param grant by what the subscriber may see anything
 * @param type FHIR resource type
 * @param criteria search, beginning with the type
 * @param reason why, in the subscriber's words
 * @param endpoint to which notifications go
 * @param payload whether they bring the resource
 * @param ends when it is over; null if it says nothing of it
 */
record Hook(
        UUID id,
        StandingGrant grant,
        String type,
        String criteria,
        String reason,
        URI endpoint,
        boolean payload,
        @Nullable Instant ends,
        Status status) {

    /** {@code Subscription.status}. */
    enum Status {
        ACTIVE,
        ERROR,
        OFF
    }
}
