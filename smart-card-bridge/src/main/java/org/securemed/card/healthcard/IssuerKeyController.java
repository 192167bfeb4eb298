package org.securemed.card.healthcard;

import java.util.Map;
import org.securemed.card.problem.Problem;
import org.securemed.card.server.Caller;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** {@code /health-card-keys}: administrators replace the key that signs, or end one that was stolen. */
@RestController
@RequestMapping("/health-card-keys")
class IssuerKeyController {
    private final IssuerKeys keys;

    IssuerKeyController(IssuerKeys keys) {
        this.keys = keys;
    }

    @PostMapping
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, String> rotate() {
        Caller.current().requireRole("administrator");
        return Map.of("kid", keys.rotate());
    }

    @DeleteMapping("/{kid}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void retire(@PathVariable String kid) {
        Caller.current().requireRole("administrator");
        if (!keys.retire(kid)) {
            throw Problem.notFound("not-found", "There is no such key in use.");
        }
    }
}
