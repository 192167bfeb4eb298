package org.securemed.card.registry;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.problem.Problem;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.KeySlot;
import org.securemed.card.profile.RefusalReason;
import org.securemed.card.server.Caller;
import org.securemed.card.trust.FileRevocationLists;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The registry over HTTP; {@code docs/cards.md} describes it. */
@RestController
@RequestMapping("/cards")
class CardController {
    private static final int LONGEST = 24 * 1024;

    /** A challenge, base64url without padding. */
    record ChallengeBody(UUID id, String challenge, Instant expiresAt) {}

    /** A card's answer; bytes are base64url without padding. */
    record AnswerBody(UUID challenge, String profile, String slot, UUID guid, String certificate, String signature) {}

    /** Why a reader gave up on the card that was to answer a challenge. */
    record RefusalBody(@Nullable String reason) {}

    /** What enrols a card. */
    record EnrolmentBody(String owner, @Nullable UUID replaces, List<AnswerBody> answers) {}

    /** A card as it is said. */
    record CardBody(
            UUID id,
            String kind,
            String owner,
            String status,
            String device,
            Instant issuedAt,
            Instant changedAt,
            Instant validUntil,
            @Nullable UUID replacedBy,
            boolean recorded) {}

    /** A status that a card is to take. */
    record StatusBody(String status) {}

    private final CardRegistry registry;
    private final FileRevocationLists revocations;

    CardController(CardRegistry registry, FileRevocationLists revocations) {
        this.registry = registry;
        this.revocations = revocations;
    }

    /** Open to all: a challenge is of no use without a card. */
    @PostMapping("/challenges")
    ResponseEntity<ChallengeBody> challenge(HttpServletRequest request) {
        Challenges.Open open = registry.challenge(Asker.of(request));
        return ResponseEntity.status(HttpStatus.CREATED)
                .header("Cache-Control", "no-store")
                .body(new ChallengeBody(
                        open.id(), encoded(open.challenge().random().toByteArray()), open.expiresAt()));
    }

    /** For readers, where a card is refused before it could answer: it is recorded like any other refusal. */
    @PostMapping("/challenges/{id}/refusal")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void refuse(@PathVariable UUID id, @RequestBody RefusalBody body, HttpServletRequest request) {
        RefusalReason reason = RefusalReason.of(body.reason() == null ? "" : body.reason())
                .filter(RefusalReason::isOfReader)
                .orElseThrow(CardController::malformed);
        accepted(() -> {
            registry.refuse(id, reason, Asker.of(request));
            return reason;
        });
    }

    /** Whose card this is: for whoever has it before them. A token is not needed; it tells who it was. */
    @PostMapping("/identifications")
    Map<String, Object> identify(@RequestBody AnswerBody answer, HttpServletRequest request) {
        CardRegistry.Answer given = answer(answer);
        CardRegistry.Identified found =
                accepted(() -> registry.identify(CardJournal.Kind.IDENTIFICATION, given, Asker.of(request)));
        return Map.of(
                "reference", found.credential().owner(),
                "device", found.credential().device(),
                "slot", found.card().slot().name().toLowerCase(Locale.ROOT),
                "revocationsAsOf", revocations.asOf());
    }

    @PostMapping
    ResponseEntity<CardBody> enrol(@RequestBody EnrolmentBody body, HttpServletRequest request) {
        Caller.current().requireRole("administrator");
        if (body.owner() == null || body.answers() == null) {
            throw malformed();
        }
        List<CardRegistry.Answer> answers =
                body.answers().stream().map(CardController::answer).toList();
        Credential card = accepted(() -> registry.enrol(answers, body.owner(), body.replaces(), Asker.of(request)));
        return ResponseEntity.status(HttpStatus.CREATED).body(body(card));
    }

    /** Somebody's cards: for the card desk, and for everybody about themselves. */
    @GetMapping
    List<CardBody> cards(@RequestParam String owner) {
        requireDeskOr(owner);
        return registry.of(owner).stream().map(CardController::body).toList();
    }

    /** The card desk sets any status; everybody may report their own card lost. */
    @PutMapping("/{id}/status")
    CardBody change(@PathVariable UUID id, @RequestBody StatusBody body, HttpServletRequest request) {
        Status next = Status.of(body.status() == null ? "" : body.status()).orElseThrow(CardController::malformed);
        Caller caller = Caller.current();
        if (next != Status.LOST || !registry.find(id).owner().equals(caller.fhirUser())) {
            caller.requireRole("administrator");
        }
        return body(registry.change(id, next, Asker.of(request)));
    }

    private static void requireDeskOr(String owner) {
        Caller caller = Caller.current();
        if (!owner.equals(caller.fhirUser())) {
            caller.requireRole("administrator");
        }
    }

    /** What a card has to prove. */
    @FunctionalInterface
    interface Judged<T> {
        /** Judges. */
        T get() throws CardRefusedException;
    }

    /** The outcome, if the card is accepted; its reason as a problem if it is refused. */
    static <T> T accepted(Judged<T> judged) {
        try {
            return judged.get();
        } catch (CardRefusedException e) {
            throw Problem.forbidden(e.reason().problem(), e.reason().sentence());
        }
    }

    /** A card's answer from its JSON form. */
    static CardRegistry.Answer answer(AnswerBody body) {
        if (body == null
                || body.challenge() == null
                || body.profile() == null
                || body.guid() == null
                || body.slot() == null) {
            throw malformed();
        }
        KeySlot slot = switch (body.slot()) {
            case "card" -> KeySlot.CARD;
            case "holder" -> KeySlot.HOLDER;
            default -> throw malformed();
        };
        try {
            return new CardRegistry.Answer(
                    body.challenge(),
                    new CardProof(
                            body.profile(), slot, body.guid(), decoded(body.certificate()), decoded(body.signature())));
        } catch (IllegalArgumentException e) {
            throw malformed();
        }
    }

    private static Bytes decoded(@Nullable String text) {
        if (text == null || text.length() > LONGEST) {
            throw malformed();
        }
        return Bytes.copyOf(Base64.getUrlDecoder().decode(text));
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static CardBody body(Credential card) {
        return new CardBody(
                card.id(),
                card.kind(),
                card.owner(),
                card.status().code(),
                card.device(),
                card.issuedAt(),
                card.changedAt(),
                card.validUntil(),
                card.replacedBy(),
                card.recorded() == card.version());
    }

    private static Problem malformed() {
        return Problem.badRequest("bad-request", "The request cannot be understood.");
    }
}
