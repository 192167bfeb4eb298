package org.securemed.fhir.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import org.securemed.fhir.admin.OpenAlarm;
import org.securemed.ledger.log.Ledger;
import org.springframework.jdbc.core.JdbcTemplate;

/** The ledger as this instance sees it; what is read from the database is read when somebody looks. */
record LedgerMeters(Ledger ledger, JdbcTemplate jdbc, List<OpenAlarm> alarms) implements MeterBinder {
    @Override
    public void bindTo(MeterRegistry meters) {
        Gauge.builder("securemed.ledger.running", ledger, log -> log.isRunning() ? 1 : 0)
                .description("1 while the ledger takes entries")
                .register(meters);
        Gauge.builder("securemed.ledger.waiting", ledger, Ledger::waitingEntries)
                .description("Entries of this instance that wait for a block")
                .register(meters);
        Gauge.builder("securemed.ledger.size", ledger, Ledger::size)
                .description("Entries in the log, of all instances")
                .register(meters);
        FunctionCounter.builder(
                        "securemed.ledger.blocks",
                        ledger,
                        log -> log.throughput().blocks())
                .description("Blocks that this instance has committed")
                .register(meters);
        FunctionCounter.builder(
                        "securemed.ledger.block.entries",
                        ledger,
                        log -> log.throughput().entries())
                .description("Entries in these blocks: their rate by that of the blocks is the size of a block")
                .register(meters);
        Gauge.builder(
                        "securemed.ledger.block.largest",
                        ledger,
                        log -> log.throughput().largest())
                .description("Entries in the largest block that this instance has committed")
                .register(meters);
        Gauge.builder("securemed.ledger.outbox", jdbc, LedgerMeters::outbox)
                .description("Entries of committed writes, of all instances, that are not in the log yet")
                .register(meters);
        for (OpenAlarm alarm : alarms) {
            Gauge.builder("securemed.alarm.open", alarm, one -> one.isOpen() ? 1 : 0)
                    .description("1 while the alarm is open; see GET /health")
                    .tag("code", alarm.code())
                    .register(meters);
        }
    }

    private static double outbox(JdbcTemplate jdbc) {
        Long waiting = jdbc.queryForObject("select count(*) from ledger.ledger_outbox", Long.class);
        return waiting == null ? 0 : waiting;
    }
}
