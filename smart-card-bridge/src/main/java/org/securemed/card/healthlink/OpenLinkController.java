package org.securemed.card.healthlink;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.card.problem.Problem;
import org.securemed.card.server.BridgeProperties;
import org.securemed.card.share.ShareEvent;
import org.securemed.card.share.ShareEvents;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.CrossOrigin;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code /shl/…}: whoever has a link opens it, without an account. What leaves is encrypted, and is recorded in the
 * ledger with the recipient's name before it leaves.
 *
 * @see <a href="https://hl7.org/fhir/uv/smart-health-cards-and-links/links-specification.html">SMART Health Links,
 *     SMART Health Link manifest request</a>
 */
@RestController
@CrossOrigin
class OpenLinkController {
    private static final String FINALIZED = "finalized";
    private static final MediaType JOSE = MediaType.parseMediaType("application/jose");
    private static final String FHIR_VERSION = "4.0.1";
    private static final MediaType PROBLEM = MediaType.APPLICATION_PROBLEM_JSON;
    private static final int LONGEST_RECIPIENT = 200;
    private static final Duration PAUSE = Duration.ofSeconds(60);

    private final HealthLinks links;
    private final ShareEvents events;
    private final URI base;
    private final Clock clock;

    OpenLinkController(HealthLinks links, ShareEvents events, BridgeProperties bridge, Clock clock) {
        this.links = links;
        this.events = events;
        this.base = bridge.baseUrl();
        this.clock = clock;
    }

    /**
     * A manifest request.
     *
     * @param recipient who asks, for the patient's eyes
     * @param embeddedLengthMax files up to this many characters come with the manifest; absent: all
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record ManifestRequest(
            @Nullable String recipient,
            @Nullable String passcode,
            @Nullable Integer embeddedLengthMax) {
        @Override
        public String toString() {
            return "ManifestRequest";
        }
    }

    /**
     * Status and files.
     *
     * @param status of all of them, as STU 1 has it; later editions have it with each file
     */
    record Manifest(String status, List<File> files) {}

    /**
     * One file: with its content, or where to get it.
     *
     * @param lastUpdated when the link was made: what it leads to is as it was then
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record File(
            String contentType,
            @Nullable String embedded,
            @Nullable String location,
            String lastUpdated,
            String status,
            String fhirVersion) {}

    @PostMapping("/shl/{address}")
    ResponseEntity<?> manifest(@PathVariable String address, @RequestBody ManifestRequest request) {
        String recipient = recipient(request.recipient());
        return LinkAddress.of(address)
                .map(it -> links.open(it, /* direct= */ false, recipient, request.passcode()))
                .orElseGet(Opening.Gone::new)
                .<ResponseEntity<?>>fold(
                        opened -> {
                            record(opened, recipient);
                            return answer(
                                    MediaType.APPLICATION_JSON,
                                    new Manifest(FINALIZED, files(opened, recipient, request.embeddedLengthMax())));
                        },
                        OpenLinkController::wrongPasscode,
                        () -> {
                            throw tooOften();
                        },
                        () -> {
                            throw gone();
                        });
    }

    @GetMapping("/shl/{address}")
    ResponseEntity<byte[]> direct(
            @PathVariable String address, @RequestParam(required = false) @Nullable String recipient) {
        String name = recipient(recipient);
        return LinkAddress.of(address)
                .map(it -> links.open(it, /* direct= */ true, name, null))
                .orElseGet(Opening.Gone::new)
                .fold(
                        opened -> {
                            record(opened, name);
                            return jose(opened.files().get(0));
                        },
                        attempts -> {
                            throw gone();
                        },
                        () -> {
                            throw tooOften();
                        },
                        () -> {
                            throw gone();
                        });
    }

    /** A file of a manifest, recorded when the manifest was given. */
    @GetMapping("/shl/files/{ticket}")
    ResponseEntity<byte[]> file(@PathVariable String ticket) {
        return LinkAddress.of(ticket)
                .flatMap(links::redeem)
                .map(OpenLinkController::jose)
                .orElseThrow(OpenLinkController::gone);
    }

    /** In the ledger first, then for the patient's list; if the ledger cannot be written nothing leaves. */
    private void record(Opening.Opened opened, String recipient) {
        UUID link = opened.link();
        try {
            events.record(new ShareEvent(
                    ShareEvent.Kind.LINK_OPENED, opened.patient(), recipient, "urn:uuid:" + link, clock.instant()));
        } catch (RuntimeException e) {
            links.giveBack(link);
            throw e;
        }
        links.write(link, recipient, "opened");
    }

    private List<File> files(Opening.Opened opened, String recipient, @Nullable Integer embeddedLengthMax) {
        int longest = Optional.ofNullable(embeddedLengthMax).orElse(Integer.MAX_VALUE);
        List<File> files = new ArrayList<>();
        String updated = opened.created().truncatedTo(ChronoUnit.SECONDS).toString();
        for (int number = 0; number < opened.files().size(); number++) {
            SharedFile file = opened.files().get(number);
            boolean embedded = file.jwe().length() <= longest;
            String location = embedded
                    ? null
                    : base + "/shl/files/"
                            + links.ticket(opened.link(), number, recipient).text();
            files.add(new File(
                    file.contentType(), embedded ? file.jwe() : null, location, updated, FINALIZED, FHIR_VERSION));
        }
        return files;
    }

    private static String recipient(@Nullable String name) {
        if (name == null
                || name.isBlank()
                || name.length() > LONGEST_RECIPIENT
                || name.chars().anyMatch(Character::isISOControl)) {
            throw Problem.badRequest("recipient-missing", "Say who you are: the patient will see it.");
        }
        return name.strip();
    }

    private static ResponseEntity<byte[]> jose(SharedFile file) {
        return answer(JOSE, file.jwe().getBytes(StandardCharsets.US_ASCII));
    }

    private static <T> ResponseEntity<T> answer(MediaType type, T body) {
        return ResponseEntity.ok()
                .contentType(type)
                .cacheControl(CacheControl.noStore())
                .body(body);
    }

    /** The specification wants the number beside the status. */
    private static ResponseEntity<?> wrongPasscode(int attemptsLeft) {
        return ResponseEntity.status(HttpStatus.UNAUTHORIZED)
                .contentType(PROBLEM)
                .cacheControl(CacheControl.noStore())
                .body(Map.of(
                        "type",
                        "urn:securemed:problem:passcode",
                        "title",
                        "Unauthorized",
                        "status",
                        HttpStatus.UNAUTHORIZED.value(),
                        "detail",
                        "The passcode is missing or wrong.",
                        "remainingAttempts",
                        attemptsLeft));
    }

    private static Problem gone() {
        return Problem.notFound("link-gone", "There is no such link, or it has ended. Ask the patient for another.");
    }

    private static Problem tooOften() {
        return Problem.tooMany("link-busy", "This link is asked for too often.", PAUSE);
    }
}
