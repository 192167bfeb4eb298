package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.exchange.Exchange;

/**
 * Answers a declared emergency, and a request to a patient, at a fixed time after it was asked for. A known patient
 * costs a transaction more than an unknown one, and the answer is to be the same for both.
 */
@Interceptor
public final class BreakGlassPace {
    private static final Set<String> PACED = Set.of("$break-glass", "$request-access");

    /** Longer than the work takes on a healthy server. Both are rare. */
    static final Duration ANSWER_AFTER = Duration.ofMillis(500);

    /** After the record is durable. */
    @Hook(value = Pointcut.SERVER_OUTGOING_RESPONSE, order = AuditRecorder.LAST + 1)
    public void hold(RequestDetails request) {
        if (PACED.contains(String.valueOf(request.getOperation()))) {
            Exchange.of(request)
                    .ifPresent(exchange -> holdUntil(exchange.started().plus(ANSWER_AFTER)));
        }
    }

    private static void holdUntil(Instant moment) {
        Duration rest = Duration.between(Instant.now(), moment);
        while (!rest.isNegative() && !rest.isZero() && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(rest.toNanos());
            rest = Duration.between(Instant.now(), moment);
        }
    }
}
