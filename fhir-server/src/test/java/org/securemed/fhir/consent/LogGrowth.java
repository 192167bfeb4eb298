package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.securemed.fhir.server.TestServer;
import org.securemed.ledger.log.Ledger;
import org.springframework.jdbc.core.JdbcTemplate;

/** How much the log of a server, which anybody can see, grows by what is asked. */
final class LogGrowth {
    private static final Duration LONGEST = Duration.ofSeconds(60);

    /**
     * Entries of somebody's doing. Below zero as long as a question to a patient is on its way, or the entry of a write
     * is: on a busy machine their entries come after the answer.
     */
    private static final String COUNT = "select case when exists (select 1 from securemed.access_request)"
            + " or exists (select 1 from ledger.ledger_outbox) then -1"
            + " else (select count(*) from ledger.ledger_entry where seq >= ? and actor is not null) end";

    private LogGrowth() {}

    /** Where the log ends. */
    static long size(TestServer server) {
        return server.bean(Ledger.class).size();
    }

    /** How many entries have come since, but for those that the server makes by itself now and then. */
    static long since(TestServer server, long size) {
        Instant deadline = Instant.now().plus(LONGEST);
        JdbcTemplate database = new JdbcTemplate(server.database());
        long growth = -1;
        while (growth < 0) {
            assertThat(Instant.now()).as("questions are delivered").isBefore(deadline);
            growth = Objects.requireNonNull(database.queryForObject(COUNT, Long.class, size));
        }
        return growth;
    }
}
