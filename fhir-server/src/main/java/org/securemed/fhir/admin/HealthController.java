package org.securemed.fhir.admin;

import java.util.List;
import java.util.stream.Stream;
import org.securemed.ledger.log.Ledger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code GET /health}: whether requests can be answered, which takes a ledger that can be written, and which alarms are
 * open, by their codes.
 */
@RestController
public class HealthController {
    private static final Logger log = LoggerFactory.getLogger(HealthController.class);

    private final Ledger ledger;
    private final List<OpenAlarm> alarms;
    private final LedgerAlarms ledgerAlarms;

    /** @param ledger asked whether it runs */
    public HealthController(Ledger ledger, List<OpenAlarm> alarms, LedgerAlarms ledgerAlarms) {
        this.ledger = ledger;
        this.alarms = List.copyOf(alarms);
        this.ledgerAlarms = ledgerAlarms;
    }

    /**
     * The answer.
     *
     * @param status {@code UP} or {@code DOWN}
     * @param alarms codes
     */
    record Health(String status, List<String> alarms) {}

    /** 200 {@code UP} or 503 {@code DOWN}; open alarms change nothing of that. */
    @GetMapping("/health")
    ResponseEntity<Health> health() {
        boolean up = ledger.isRunning();
        return ResponseEntity.status(up ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
                .body(new Health(up ? "UP" : "DOWN", open()));
    }

    private List<String> open() {
        try {
            return Stream.concat(
                            ledgerAlarms.codes().stream(),
                            alarms.stream().filter(OpenAlarm::isOpen).map(OpenAlarm::code))
                    .sorted()
                    .toList();
        } catch (RuntimeException e) {
            // The database cannot be read: the ledger says so, too.
            log.atWarn().addKeyValue("error", e.getClass().getName()).log("open alarms are not known");
            return List.of("alarms-unknown");
        }
    }
}
