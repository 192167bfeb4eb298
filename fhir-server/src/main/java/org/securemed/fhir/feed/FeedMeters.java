package org.securemed.fhir.feed;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.securemed.fhir.audit.EventStream;

/** How far the other repository is behind; the same on every instance. */
record FeedMeters(AuditFeed feed, EventStream events) implements MeterBinder {
    @Override
    public void bindTo(MeterRegistry meters) {
        Gauge.builder("securemed.feed.backlog", this, there -> Math.max(0, there.events.size() - there.feed.place()))
                .description("Ledger entries that were not sent to the other repository yet")
                .register(meters);
        Gauge.builder("securemed.feed.laid.aside", feed, AuditFeed::laidAside)
                .description("Events that the other repository refused again and again")
                .register(meters);
    }
}
