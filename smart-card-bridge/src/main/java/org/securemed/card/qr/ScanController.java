package org.securemed.card.qr;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.Year;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.securemed.card.gs1.ApplicationIdentifier;
import org.securemed.card.gs1.ElementString;
import org.securemed.card.problem.Problem;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** {@code POST /scan}: what the code in a picture says, for anybody who is logged in. Nothing is kept. */
@RestController
class ScanController {
    private final Scanner scanner;
    private final Semaphore free;
    private final Clock clock;

    ScanController(Scanner scanner, ScanProperties properties, Clock clock) {
        this.scanner = scanner;
        this.free = new Semaphore(properties.parallel());
        this.clock = clock;
    }

    /**
     * What a code says. It is a claim, whatever the kind: anybody can print a code.
     *
     * @param kind {@code gs1}, {@code health-card}, {@code health-link}, {@code check-in} or {@code other}
     * @param text as the code has it, null for {@code gs1}
     * @param elements for {@code gs1}: values by application identifier
     * @param gtin for {@code gs1}: which product (01)
     * @param serial for {@code gs1}: which piece of it (21)
     * @param batch for {@code gs1}: batch or lot (10)
     * @param expiry for {@code gs1}: last day of use (17)
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Answer(
            Symbology symbology,
            String kind,
            @Nullable String text,
            @Nullable Map<String, String> elements,
            @Nullable String gtin,
            @Nullable String serial,
            @Nullable String batch,
            @Nullable LocalDate expiry) {}

    @PostMapping(
            path = "/scan",
            consumes = {MediaType.IMAGE_PNG_VALUE, MediaType.IMAGE_JPEG_VALUE})
    Answer scan(@RequestBody byte[] picture) {
        if (!free.tryAcquire()) {
            throw Problem.unavailable("busy", "Other pictures are being read. Try again.", Duration.ofSeconds(1));
        }
        try {
            Supplier<Answer> none = () -> {
                throw Problem.of(422, "code-missing", "No code could be read. Take the picture from nearer.");
            };
            Supplier<Answer> several = () -> {
                throw Problem.of(422, "code-ambiguous", "There are several codes. Show one of them.");
            };
            return scanner.scan(picture).fold(this::answer, several, none);
        } catch (PictureException e) {
            throw problem(e.reason());
        } finally {
            free.release();
        }
    }

    private static Problem problem(PictureException.Reason reason) {
        return switch (reason) {
            case FORMAT -> Problem.of(415, "picture-format", "Send a PNG or JPEG.");
            case TOO_LARGE -> Problem.of(413, "picture-too-large", "Send a smaller picture.");
            case DAMAGED -> Problem.of(422, "picture-damaged", "The picture cannot be opened. Take another.");
        };
    }

    private Answer answer(ScannedCode code) {
        return ScannedContent.of(code, Year.now(clock))
                .fold(
                        gs1 -> gs1(code.symbology(), gs1.elements()),
                        card -> plain(code, "health-card"),
                        link -> plain(code, "health-link"),
                        checkIn -> plain(code, "check-in"),
                        other -> plain(code, "other"));
    }

    private static Answer plain(ScannedCode code, String kind) {
        return new Answer(code.symbology(), kind, code.text(), null, null, null, null, null);
    }

    private static Answer gs1(Symbology symbology, ElementString elements) {
        Map<String, String> values = new LinkedHashMap<>();
        elements.values().forEach((identifier, value) -> values.put(identifier.code(), value));
        return new Answer(
                symbology,
                "gs1",
                null,
                values,
                elements.value(ApplicationIdentifier.GTIN).orElse(null),
                elements.value(ApplicationIdentifier.SERIAL).orElse(null),
                elements.value(ApplicationIdentifier.BATCH).orElse(null),
                elements.date(ApplicationIdentifier.EXPIRY).orElse(null));
    }
}
