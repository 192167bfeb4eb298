package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.ResponseDetails;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleEntryComponent;
import org.hl7.fhir.r4.model.Bundle.SearchEntryMode;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.work.EvenTime;

/**
 * Holds answers back so that their time does not tell what they do not say.
 *
 * <p>An answer that says that something is not there, or may not be, leaves at an even time after its request came
 * ({@link EvenTime}): looking at what is hidden, and recording that, takes longer than finding nothing. So does
 * whatever was made of a record of which only a part is seen, whether or not there is another part. The more a request
 * names, the longer the slot, since each name may cost a little. A declared emergency, and a request to a patient, is
 * answered at a fixed time, because a known patient costs a transaction more than an unknown one.
 */
@Interceptor
public final class AnswerPace {
    private static final Set<String> PACED = Set.of("$break-glass", "$request-access");

    /** They look at more than what they show. */
    private static final Set<RestOperationTypeEnum> OF_MANY = Set.of(
            RestOperationTypeEnum.SEARCH_TYPE,
            RestOperationTypeEnum.HISTORY_INSTANCE,
            RestOperationTypeEnum.EXTENDED_OPERATION_INSTANCE,
            RestOperationTypeEnum.EXTENDED_OPERATION_TYPE,
            RestOperationTypeEnum.EXTENDED_OPERATION_SERVER,
            RestOperationTypeEnum.TRANSACTION);

    /** Longer than the work takes on a healthy server. Both are rare. */
    static final Duration ANSWER_AFTER = Duration.ofMillis(500);

    /** How many names a slot has time for. */
    private static final int NAMES = 10;

    /** As long as a resource that names one or two others. */
    private static final int BYTES_OF_A_NAME = 500;

    /** More of them wait no longer, so that nobody can keep this server's threads. */
    private static final int MOST_NAMES = 1000;

    private final Duration interval;

    /** @param interval slot of the answers that say that nothing is there; zero holds none of them back */
    public AnswerPace(Duration interval) {
        if (interval.isNegative() || interval.compareTo(Duration.ofSeconds(1)) > 0) {
            throw new IllegalArgumentException("securemed.consent.answer-interval is 0 to 1s");
        }
        this.interval = interval;
    }

    /** After the record is durable. */
    @Hook(value = Pointcut.SERVER_OUTGOING_RESPONSE, order = AuditRecorder.LAST + 1)
    public void hold(RequestDetails request, @Nullable ResponseDetails response) {
        Optional<Exchange> exchange = Exchange.of(request);
        if (exchange.isEmpty()) {
            return;
        }
        if (PACED.contains(String.valueOf(request.getOperation()))) {
            EvenTime.until(exchange.get().startedNanos(), ANSWER_AFTER);
        } else if (request.getRequestType() == RequestTypeEnum.DELETE
                || (response != null && saysNothing(response.getResponseResource()))
                || isOfAPart(request, exchange.get())) {
            holdEvenly(request, exchange.get());
        }
    }

    /** After the refusal is on record. */
    @Hook(value = Pointcut.SERVER_HANDLE_EXCEPTION, order = -AuditRecorder.LAST + 1)
    public void holdRefusal(RequestDetails request) {
        Exchange.of(request).ifPresent(exchange -> holdEvenly(request, exchange));
    }

    private void holdEvenly(RequestDetails request, Exchange exchange) {
        if (!interval.isZero()) {
            EvenTime.hold(exchange.startedNanos(), interval.multipliedBy(1 + names(request) / NAMES));
        }
    }

    /** How much a request can name, by the request alone. */
    private static int names(RequestDetails request) {
        long names = request.getHeader("Content-Encoding") == null
                ? length(request.getHeader("Content-Length")) / BYTES_OF_A_NAME
                : MOST_NAMES;
        for (String[] values : request.getParameters().values()) {
            for (String value : values) {
                names += value.chars().filter(c -> c == ',').count();
            }
        }
        if (request.getResource() instanceof Bundle bundle) {
            names += bundle.getEntry().size();
        }
        return (int) Math.min(names, MOST_NAMES);
    }

    /** Of a body of unknown length, the longest. */
    private static long length(@Nullable String header) {
        return header == null ? 0 : header.matches("[0-9]{1,9}") ? Long.parseLong(header) : Integer.MAX_VALUE;
    }

    /** Whether consents let the requester see some resources of a type and not others. */
    private static boolean isOfAPart(RequestDetails request, Exchange exchange) {
        return OF_MANY.contains(request.getRestOperationType())
                && exchange.accesses().stream().anyMatch(Access::partly);
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
