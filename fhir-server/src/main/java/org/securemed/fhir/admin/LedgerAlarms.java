package org.securemed.fhir.admin;

import java.util.List;
import java.util.concurrent.ConcurrentSkipListSet;
import org.securemed.ledger.log.Alarm;

/**
 * What the ledger and its witnessing have told of since the server started: each goes to the server's log, and its code
 * stays in {@code GET /health} until the next start, since somebody has to have looked. Thread-safe.
 */
public final class LedgerAlarms implements Alarm {
    private final Alarm log = Alarm.logging();
    private final ConcurrentSkipListSet<String> codes = new ConcurrentSkipListSet<>();

    @Override
    public void raise(String code, String detail) {
        codes.add(code);
        log.raise(code, detail);
    }

    /** The codes, in their order. */
    List<String> codes() {
        return List.copyOf(codes);
    }
}
