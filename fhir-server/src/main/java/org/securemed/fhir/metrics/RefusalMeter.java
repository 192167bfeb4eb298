package org.securemed.fhir.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.securemed.fhir.problem.RefusalCount;

/** Counts refusals by status and code, and by nothing that a request could choose. Thread-safe. */
final class RefusalMeter implements RefusalCount {
    private static final Pattern CODE = Pattern.compile("[a-z][a-z0-9-]{0,63}");
    private static final int MOST_CODES = 500;

    private final MeterRegistry meters;
    private final Set<String> codes = ConcurrentHashMap.newKeySet();

    RefusalMeter(MeterRegistry meters) {
        this.meters = meters;
    }

    @Override
    public void refused(int status, String code) {
        boolean known = CODE.matcher(code).matches() && (codes.contains(code) || codes.size() < MOST_CODES);
        if (known) {
            codes.add(code);
        }
        Counter.builder("securemed.requests.refused")
                .description("Requests that were answered 400 or more, by status and code of docs/errors.md")
                .tag("status", Integer.toString(status))
                .tag("code", known ? code : "other")
                .register(meters)
                .increment();
    }
}
