package org.securemed.fhir.smart;

/**
 * Records log-ins, log-outs, tokens, people's answers to apps, and administrators' acts in the ledger.
 *
 * <p>How to use it: build a {@link SecurityEvent} with {@link SecurityEvent#of}, and call {@link #record} before the
 * answer leaves.
 *
 * <pre>{@code
 * events.record(SecurityEvent.of(Kind.LOGIN, request)
 *         .user(issuer, account.username(), account.displayName(), account.fhirUser())
 *         .roles(account.roles())
 *         .build());
 * events.record(SecurityEvent.of(Kind.LOGIN, request).failed("bad-credentials").build());
 * events.record(SecurityEvent.of(Kind.TOKEN_ISSUED, request).requester(requester).form().build());
 * }</pre>
 *
 * <p>Each becomes one ledger entry and, seen from outside, one AuditEvent: its kind decides op, type and subtype; see
 * {@link SecurityEvent.Kind}. What identifies somebody is sealed: under the patient's key if {@code patient} is given
 * or the user is a Patient of this server, otherwise under the system's.
 */
@FunctionalInterface
public interface SecurityEvents {
    /**
     * Records durably; returns when the entry is in a signed block.
     *
     * @throws RuntimeException if it could not be recorded; the caller must then not go on, and answers 503
     */
    void record(SecurityEvent event);
}
