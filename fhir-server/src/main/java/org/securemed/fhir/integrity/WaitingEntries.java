package org.securemed.fhir.integrity;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Entries of committed writes that are in no block yet. Whether their instance signed them is not looked at: nobody
 * else can give one the id or the commitment that a version has. Thread-safe.
 */
final class WaitingEntries {
    private final JdbcTemplate jdbc;

    /** @param jdbc on the data source of the ledger */
    WaitingEntries(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** The one with this id. */
    Optional<Entry> find(UUID id) {
        return parse(jdbc.queryForList("select body from ledger.ledger_outbox where id = ?", byte[].class, id)).stream()
                .findFirst();
    }

    /** All of them. What comes after them is in the log. */
    List<Entry> all() {
        return parse(jdbc.queryForList("select body from ledger.ledger_outbox", byte[].class));
    }

    private static List<Entry> parse(List<byte[]> bodies) {
        return bodies.stream().flatMap(body -> parse(body).stream()).toList();
    }

    private static Optional<Entry> parse(byte[] body) {
        try {
            return Optional.of(Entry.parse(body));
        } catch (EntryException e) {
            // The log will not take it either, and says so.
            return Optional.empty();
        }
    }
}
