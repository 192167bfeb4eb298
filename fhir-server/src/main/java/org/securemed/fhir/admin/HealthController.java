package org.securemed.fhir.admin;

import java.util.Map;
import org.securemed.ledger.log.Ledger;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /health}: whether requests can be answered, which takes a ledger that can be written. */
@RestController
public class HealthController {
    private final Ledger ledger;

    /** @param ledger asked whether it runs */
    public HealthController(Ledger ledger) {
        this.ledger = ledger;
    }

    /** 200 {@code UP} or 503 {@code DOWN}; tells nothing else. */
    @GetMapping("/health")
    ResponseEntity<Map<String, String>> health() {
        boolean up = ledger.isRunning();
        return ResponseEntity.status(up ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
                .body(Map.of("status", up ? "UP" : "DOWN"));
    }
}
