package org.securemed.ledger.consent;

import java.time.Instant;

/**
 * A declared break-glass access.
 *
 * @param id id of the transition that declared it
 * @param user who declared it
 * @param from from when, inclusive
 * @param until until when, exclusive
 */
public record BreakGlassAccess(String id, String user, Instant from, Instant until) {
    boolean isFor(AccessRequest request) {
        return user.equals(request.user())
                && !request.at().isBefore(from)
                && request.at().isBefore(until);
    }
}
