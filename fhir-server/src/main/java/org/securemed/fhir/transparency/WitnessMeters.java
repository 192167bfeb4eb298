package org.securemed.fhir.transparency;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.time.Duration;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.witness.Witnessing;

/** How old the newest checkpoint is that a quorum of the witnesses cosigned. */
record WitnessMeters(Witnessing witnessing, Ledger ledger, Clock clock) implements MeterBinder {
    @Override
    public void bindTo(MeterRegistry meters) {
        Gauge.builder(
                        "securemed.witness.quorum.age",
                        this,
                        there -> Duration.between(there.witnessing.status().lastQuorum(), there.clock.instant())
                                        .toMillis()
                                / 1000.0)
                .description("Since a quorum of the witnesses cosigned what it was asked to; before the first, since"
                        + " witnessing began")
                .baseUnit("seconds")
                .register(meters);
        Gauge.builder(
                        "securemed.witness.backlog",
                        this,
                        there -> Math.max(
                                0,
                                there.ledger.size()
                                        - Math.max(0, there.witnessing.status().size())))
                .description("Entries that no checkpoint with a quorum covers yet")
                .register(meters);
        Gauge.builder(
                        "securemed.witness.troubled",
                        witnessing,
                        there -> there.status().troubles().size())
                .description("Witnesses with which something is wrong")
                .register(meters);
        Gauge.builder(
                        "securemed.witness.equivocations",
                        witnessing,
                        there -> there.status().equivocations())
                .description("Pieces of evidence that the log's key signed two trees")
                .register(meters);
    }
}
