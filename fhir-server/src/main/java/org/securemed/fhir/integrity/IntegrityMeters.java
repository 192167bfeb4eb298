package org.securemed.fhir.integrity;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.ToDoubleFunction;

/** How far the comparison of what is stored with what is recorded is; the same on every instance. */
record IntegrityMeters(Sweep sweep, Findings findings, Clock clock) implements MeterBinder {
    @Override
    public void bindTo(MeterRegistry meters) {
        Gauge.builder("securemed.integrity.findings.open", findings, Findings::count)
                .description("Stored versions that are not what was recorded")
                .register(meters);
        gauge(meters, "running", "1 while a round is under way", status -> status.isDone() ? 0 : 1);
        gauge(meters, "checked", "Versions and entries looked at in this round or the last", Sweep.Status::checked);
        gauge(meters, "findings", "What differed in this round or the last", Sweep.Status::findings);
        Gauge.builder("securemed.integrity.sweep.age", this, IntegrityMeters::age)
                .description("Since the end of the last round; while one runs, since it began")
                .baseUnit("seconds")
                .register(meters);
    }

    private void gauge(MeterRegistry meters, String name, String what, ToDoubleFunction<Sweep.Status> figure) {
        Gauge.builder(
                        "securemed.integrity.sweep." + name,
                        sweep,
                        there -> there.status().map(figure::applyAsDouble).orElse(0.0))
                .description(what)
                .register(meters);
    }

    private double age() {
        return sweep.status()
                .map(status -> {
                    Instant ended = status.endedAt();
                    return (double) Duration.between(ended == null ? status.begunAt() : ended, clock.instant())
                            .toSeconds();
                })
                .orElse(Double.NaN);
    }
}
