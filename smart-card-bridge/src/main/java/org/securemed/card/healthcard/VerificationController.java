package org.securemed.card.healthcard;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.card.problem.Problem;
import org.securemed.card.server.Caller;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** {@code POST /health-cards/verify}: whether a card is genuine, for whoever is logged in. Nothing is kept. */
@RestController
class VerificationController {
    private final HealthCardVerifier verifier;

    VerificationController(HealthCardVerifier verifier) {
        this.verifier = verifier;
    }

    /**
     * A card to verify, in one of its forms.
     *
     * @param codes texts of its QR codes
     * @param verifiableCredential as in a {@code .smart-health-card} file, one card
     */
    record Question(@Nullable List<String> codes, @Nullable List<String> verifiableCredential) {}

    /**
     * What came out.
     *
     * @param verified whether it is accepted
     * @param reason why not
     * @param provesIdentity always false: a card proves where its content comes from, and not who shows it
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Answer(
            boolean verified,
            @Nullable String reason,
            @Nullable String issuer,
            @Nullable Instant issued,
            @Nullable Instant expires,
            @Nullable Instant keysAsOf,
            @Nullable Instant revocationsAsOf,
            boolean provesIdentity,
            @Nullable ObjectNode bundle) {}

    @PostMapping("/health-cards/verify")
    Answer verify(@RequestBody Question question) {
        Caller.current();
        try {
            VerifiedCard card = verified(question);
            return new Answer(
                    true,
                    null,
                    card.issuer(),
                    card.notBefore(),
                    card.expiry(),
                    card.keysAsOf(),
                    card.revocationsAsOf(),
                    false,
                    card.bundle());
        } catch (HealthCardException e) {
            return new Answer(false, e.reason().code(), null, null, null, null, null, false, null);
        }
    }

    private VerifiedCard verified(Question question) throws HealthCardException {
        List<String> codes = question.codes();
        List<String> file = question.verifiableCredential();
        if (codes != null && file == null && !codes.isEmpty() && !codes.contains(null)) {
            return verifier.verifyCodes(codes);
        }
        if (codes == null && file != null && file.size() == 1 && file.get(0) != null) {
            return verifier.verify(file.get(0));
        }
        throw Problem.of(422, "card-missing", "Send the codes of one card, or one card of a file.");
    }
}
