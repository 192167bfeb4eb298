package org.securemed.card.registry;

import com.nimbusds.jwt.JWTClaimsSet;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.problem.Problem;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * Grants and revocations that a card has signed: judges the card, and states to the FHIR server whose it is. The
 * signature itself goes to the ledger, which verifies it again by the key that it knows.
 */
@RestController
class SignatureController {
    /** What comes before a transition of the consent contract when it is signed. */
    static final byte[] CONTEXT = "securemed/consent-transition/v1\n".getBytes(StandardCharsets.US_ASCII);

    private static final Duration LIFETIME = Duration.ofMinutes(2);
    private static final int LONGEST = 20_000;

    /**
     * A transition of the consent contract and the card's signature of it.
     *
     * @param transition base64url
     * @param answer as for a challenge, but for the challenge's id, which is not looked at
     */
    record SignatureBody(@Nullable String transition, CardController.@Nullable AnswerBody answer) {}

    private final CardRegistry registry;
    private final BackendClient client;

    SignatureController(CardRegistry registry, BackendClient client) {
        this.registry = registry;
        this.client = client;
    }

    /** Open to all: what it gives is of no use without the session of whoever the patient stands before. */
    @PostMapping("/cards/signatures")
    Map<String, String> judge(@RequestBody SignatureBody body, HttpServletRequest request) {
        if (body.transition() == null || body.answer() == null) {
            throw malformed();
        }
        byte[] transition = decoded(body.transition());
        CardRegistry.Answer answer = CardController.answer(body.answer());
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(CONTEXT);
        message.writeBytes(transition);
        CardRegistry.Identified found = CardController.accepted(
                () -> registry.signed(answer.proof(), message.toByteArray(), Asker.of(request)));
        JWTClaimsSet statement = client.claims("/fhir", LIFETIME)
                .subject(found.credential().owner())
                .claim("acr", LogInController.CARD_AND_PIN)
                .claim("device", found.credential().device())
                .claim("signed", sha256(transition))
                .build();
        return Map.of("statement", client.sign(statement));
    }

    private static byte[] decoded(String text) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            if (bytes.length > 0 && bytes.length <= LONGEST) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw malformed();
    }

    private static String sha256(byte[] bytes) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static Problem malformed() {
        return Problem.badRequest("bad-request", "The request cannot be understood.");
    }
}
