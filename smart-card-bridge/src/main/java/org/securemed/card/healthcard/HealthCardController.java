package org.securemed.card.healthcard;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.problem.Problem;
import org.securemed.card.qr.QrCode;
import org.securemed.card.record.Subject;
import org.securemed.card.server.Caller;
import org.securemed.card.share.ShareEvent;
import org.securemed.card.share.ShareEvents;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** {@code /health-cards}: patients have cards made of their own record, see them and take them back. */
@RestController
@RequestMapping("/health-cards")
class HealthCardController {
    private static final int PIXELS_PER_MODULE = 6;
    /** A {@code .smart-health-card} file. */
    private static final MediaType FILE = MediaType.parseMediaType("application/smart-health-card");

    private final CardResources resources;
    private final HealthCardIssuer issuer;
    private final IssuedCards cards;
    private final ShareEvents events;
    private final Clock clock;

    HealthCardController(
            CardResources resources, HealthCardIssuer issuer, IssuedCards cards, ShareEvents events, Clock clock) {
        this.resources = resources;
        this.issuer = issuer;
        this.cards = cards;
        this.events = events;
        this.clock = clock;
    }

    /** @param content {@code immunizations} or {@code emergency} */
    record Order(String content) {}

    /**
     * A new card, which is not kept: whoever loses it has another made.
     *
     * @param id by which it is taken back
     * @param verifiableCredential the card; saved as {@code {"verifiableCredential":[…]}} it is a
     *     {@code .smart-health-card} file
     * @param qr absent if the card is too large for a code
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Answer(
            String id,
            String content,
            Instant expires,
            List<String> verifiableCredential,
            @Nullable Code qr) {}

    /**
     * The card as a code.
     *
     * @param text {@code shc:/} and digits
     * @param png base64 in JSON
     */
    record Code(String text, int version, String svg, byte[] png) {}

    /** One line of the list. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Line(
            String id,
            String content,
            Instant issued,
            Instant expires,
            @Nullable Instant revoked) {}

    /**
     * Makes a card.
     *
     * @param accept {@code application/smart-health-card}: the card is answered as the file that it can be saved as
     */
    @PostMapping
    ResponseEntity<?> issue(
            @RequestBody Order order, @RequestHeader(name = HttpHeaders.ACCEPT, defaultValue = "*/*") String accept) {
        Caller caller = Caller.current();
        String patient = Subject.of(caller);
        // Before a card is made that could not be handed out.
        boolean asFile = isFile(accept);
        CardContent content = CardContent.of(String.valueOf(order.content()))
                .orElseThrow(() -> Problem.of(422, "card-content", "Ask for immunizations or emergency."));
        HealthCard card = issuer.issue(patient, content, resources.collect(caller.token(), patient, content));
        try {
            events.record(event(ShareEvent.Kind.CARD_ISSUED, patient, card.id()));
        } catch (RuntimeException e) {
            cards.revoke(patient, card.id(), () -> {});
            throw e;
        }
        List<String> file = List.of(card.jws());
        ResponseEntity.BodyBuilder answer =
                ResponseEntity.status(HttpStatus.CREATED).cacheControl(CacheControl.noStore());
        if (asFile) {
            return answer.contentType(FILE)
                    .header(
                            HttpHeaders.CONTENT_DISPOSITION,
                            "attachment; filename=\"%s.smart-health-card\"".formatted(content.code()))
                    .body(StrictJson.minified(StrictJson.newObject()
                            .set(
                                    "verifiableCredential",
                                    StrictJson.newObject().arrayNode().add(card.jws()))));
        }
        return answer.contentType(MediaType.APPLICATION_JSON)
                .body(new Answer(
                        card.id(),
                        content.code(),
                        card.expiresAt(),
                        file,
                        card.code().map(code -> code(card, code)).orElse(null)));
    }

    private static boolean isFile(String accept) {
        try {
            return MediaType.parseMediaTypes(accept).stream().anyMatch(FILE::equalsTypeAndSubtype);
        } catch (InvalidMediaTypeException e) {
            throw Problem.badRequest("bad-request", "The header Accept cannot be understood.");
        }
    }

    private static Code code(HealthCard card, QrCode code) {
        return new Code(
                card.numeric(),
                code.version(),
                new String(code.svg(), StandardCharsets.US_ASCII),
                code.png(PIXELS_PER_MODULE));
    }

    @GetMapping
    List<Line> list() {
        return cards.of(Subject.of(Caller.current())).stream()
                .map(card ->
                        new Line(card.id(), card.content().code(), card.issuedAt(), card.expiresAt(), card.revokedAt()))
                .toList();
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void revoke(@PathVariable String id) {
        String patient = Subject.of(Caller.current());
        // It ends now, whether or not the ledger can be written now.
        if (!cards.revoke(patient, id, () -> events.recordLater(event(ShareEvent.Kind.CARD_REVOKED, patient, id)))) {
            throw Problem.notFound("not-found", "You have no such card that stands.");
        }
    }

    private ShareEvent event(ShareEvent.Kind kind, String patient, String id) {
        return new ShareEvent(kind, patient, null, "health-card:" + id, clock.instant());
    }
}
