package org.securemed.fhir.audit;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** How long an answer waited for its record, by what came of that. Thread-safe. */
final class AppendTimes {
    private static final Duration[] BOUNDS = Stream.of(1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000)
            .map(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final Timer appended;
    private final Timer refused;
    private final Timer failed;

    AppendTimes(MeterRegistry meters) {
        this.appended = timer(meters, "appended");
        this.refused = timer(meters, "refused");
        this.failed = timer(meters, "failed");
    }

    /** It is in a durable block. */
    void appended(long nanos) {
        appended.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A consent changed meanwhile, or the ledger has too much to do. */
    void refused(long nanos) {
        refused.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** The ledger cannot be written, or took too long. */
    void failed(long nanos) {
        failed.record(nanos, TimeUnit.NANOSECONDS);
    }

    private static Timer timer(MeterRegistry meters, String outcome) {
        return Timer.builder("securemed.ledger.append")
                .description("How long answers waited until their record was in a durable block")
                .tag("outcome", outcome)
                .serviceLevelObjectives(BOUNDS)
                .register(meters);
    }
}
