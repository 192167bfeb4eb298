package org.securemed.card.checkin;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.card.problem.Problem;
import org.securemed.card.qr.CodeTooLargeException;
import org.securemed.card.qr.QrCode;
import org.securemed.card.qr.Recovery;
import org.securemed.card.record.Subject;
import org.securemed.card.server.Caller;
import org.securemed.card.share.ShareEvent;
import org.securemed.card.share.ShareEvents;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** {@code /check-in-codes}: a patient shows a code on their telephone, a reader at the desk learns who it is. */
@RestController
class CheckInController {
    private static final int PIXELS_PER_MODULE = 8;
    private static final int LONGEST_AUDIENCE = 200;

    private final CheckInCodes codes;
    private final ShareEvents events;
    private final Clock clock;

    CheckInController(CheckInCodes codes, ShareEvents events, Clock clock) {
        this.codes = codes;
        this.events = events;
        this.clock = clock;
    }

    /** @param audience the organization where the code will be shown, as its staff's access tokens name it */
    record Order(@Nullable String audience) {}

    /** A code to be shown at once. */
    record Answer(String code, Instant expires, String svg, byte[] png) {
        @Override
        public String toString() {
            return "Answer[until " + expires + "]";
        }
    }

    /** What a reader has read. */
    record Reading(@Nullable String code) {
        @Override
        public String toString() {
            return "Reading";
        }
    }

    /**
     * Who it is. That opens nothing: what the reader may see is decided by the FHIR server.
     *
     * @param patient reference
     */
    record Found(String patient) {}

    @PostMapping("/check-in-codes")
    ResponseEntity<Answer> issue(@RequestBody Order order) {
        String patient = Subject.of(Caller.current());
        String audience = order.audience();
        if (audience == null || audience.isBlank() || audience.length() > LONGEST_AUDIENCE) {
            throw Problem.of(422, "check-in-audience-missing", "Say at which organization the code will be shown.");
        }
        CheckInCodes.Issued issued = codes.issue(patient, audience);
        QrCode code = drawn(issued.code());
        return ResponseEntity.status(HttpStatus.CREATED)
                .cacheControl(CacheControl.noStore())
                .body(new Answer(
                        issued.code(),
                        issued.expires(),
                        new String(code.svg(), StandardCharsets.US_ASCII),
                        code.png(PIXELS_PER_MODULE)));
    }

    private static QrCode drawn(String text) {
        try {
            return QrCode.of(text, Recovery.M, QrCode.LARGEST);
        } catch (CodeTooLargeException e) {
            throw new IllegalStateException("a check-in code has a fixed length", e);
        }
    }

    @PostMapping("/check-in")
    Found read(@RequestBody Reading reading) {
        Caller caller = Caller.current().requireRole("physician", "nurse");
        String reader = caller.fhirUser() == null ? caller.clientId() : caller.fhirUser();
        List<String> audiences = Organizations.of(caller);
        return codes.redeem(String.valueOf(reading.code()), audiences, reader)
                .fold(
                        accepted -> {
                            // Used up even if this fails: the patient shows another.
                            events.record(event(accepted.patient(), reader, null));
                            return new Found("Patient/" + accepted.patient());
                        },
                        () -> refuse(
                                404, "check-in-unknown", "This is no check-in code of this hospital.", null, reader),
                        used -> refuse(
                                409,
                                "check-in-used",
                                "This code was read before: one of the two was a copy. Ask for a new one.",
                                used.patient(),
                                reader),
                        expired -> refuse(
                                410,
                                "check-in-expired",
                                "This code is too old. Ask for a new one.",
                                expired.patient(),
                                reader),
                        other -> refuse(
                                403,
                                "check-in-audience",
                                "This code was made for another organization.",
                                other.patient(),
                                reader));
    }

    /** The patient whose code it was finds it in their record: somebody may have a copy. */
    private Found refuse(int status, String code, String detail, @Nullable String patient, String reader) {
        events.recordRefusal(event(patient, reader, code));
        throw Problem.of(status, code, detail);
    }

    private ShareEvent event(@Nullable String patient, String reader, @Nullable String failure) {
        return new ShareEvent(ShareEvent.Kind.CHECK_IN, patient, null, reader, "check-in", failure, clock.instant());
    }
}
