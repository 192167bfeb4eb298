package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.ResponseDetails;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleEntryComponent;
import org.hl7.fhir.r4.model.Bundle.SearchEntryMode;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.exchange.Exchange;

/**
 * Holds answers back so that their time does not tell what they do not say.
 *
 * <p>An answer that says that something is not there, or may not be, leaves at a whole multiple of an interval after
 * its request came: looking at what is hidden, and recording that, takes microseconds longer than finding nothing. A
 * declared emergency, and a request to a patient, is answered at a fixed time, because a known patient costs a
 * transaction more than an unknown one.
 */
@Interceptor
public final class AnswerPace {
    private static final Set<String> PACED = Set.of("$break-glass", "$request-access");

    /** Longer than the work takes on a healthy server. Both are rare. */
    static final Duration ANSWER_AFTER = Duration.ofMillis(500);

    private final Duration interval;

    /** @param interval of the answers that say that nothing is there; zero holds none of them back */
    public AnswerPace(Duration interval) {
        if (interval.isNegative() || interval.compareTo(Duration.ofSeconds(1)) > 0) {
            throw new IllegalArgumentException("securemed.consent.answer-interval is 0 to 1s");
        }
        this.interval = interval;
    }

    /** After the record is durable. */
    @Hook(value = Pointcut.SERVER_OUTGOING_RESPONSE, order = AuditRecorder.LAST + 1)
    public void hold(RequestDetails request, @Nullable ResponseDetails response) {
        if (PACED.contains(String.valueOf(request.getOperation()))) {
            Exchange.of(request).ifPresent(exchange -> hold(exchange, ANSWER_AFTER));
        } else if (request.getRequestType() == RequestTypeEnum.DELETE
                || (response != null && saysNothing(response.getResponseResource()))) {
            holdEvenly(request);
        }
    }

    /** After the refusal is on record. */
    @Hook(value = Pointcut.SERVER_HANDLE_EXCEPTION, order = -AuditRecorder.LAST + 1)
    public void holdRefusal(RequestDetails request) {
        holdEvenly(request);
    }

    private void holdEvenly(RequestDetails request) {
        if (!interval.isZero()) {
            Exchange.of(request).ifPresent(exchange -> {
                long turns = exchange.age().toNanos() / interval.toNanos() + 1;
                hold(exchange, interval.multipliedBy(turns));
            });
        }
    }

    private static void hold(Exchange exchange, Duration age) {
        long rest = age.minus(exchange.age()).toNanos();
        while (rest > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(rest);
            rest = age.minus(exchange.age()).toNanos();
        }
    }

    /** Whether an answer, or the answer to an entry of a Bundle, has nothing to show or is a refusal. */
    private static boolean saysNothing(@Nullable IBaseResource answer) {
        return answer instanceof Bundle bundle
                && (isResponse(bundle)
                        ? bundle.getEntry().stream().anyMatch(AnswerPace::isRefused)
                        : shown(bundle).isEmpty());
    }

    private static boolean isResponse(Bundle bundle) {
        return bundle.getType() == Bundle.BundleType.BATCHRESPONSE
                || bundle.getType() == Bundle.BundleType.TRANSACTIONRESPONSE;
    }

    private static boolean isRefused(BundleEntryComponent entry) {
        return !String.valueOf(entry.getResponse().getStatus()).startsWith("2") || saysNothing(entry.getResource());
    }

    private static List<BundleEntryComponent> shown(Bundle bundle) {
        return bundle.getEntry().stream()
                .filter(entry -> entry.getSearch().getMode() != SearchEntryMode.OUTCOME)
                .toList();
    }
}
