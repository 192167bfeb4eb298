package org.securemed.card.checkin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Year;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.card.gs1.ApplicationIdentifier;
import org.securemed.card.problem.Problem;
import org.securemed.card.qr.ScannedCode;
import org.securemed.card.qr.ScannedContent;
import org.securemed.card.qr.Symbology;
import org.securemed.card.record.FhirRecords;
import org.securemed.card.server.Caller;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code POST /wristband}: the patient whom a wristband names, found in the reader's own name. Whoever may not see the
 * patient does not find them; a wristband adds nothing to what its reader may do.
 */
@RestController
class WristbandController {
    /** No character that means something in a FHIR search. */
    private static final Pattern PRINTED = Pattern.compile("[A-Za-z0-9._/-]{1,64}");

    private static final int LONGEST = 1000;

    private final FhirRecords records;
    private final CheckInProperties properties;
    private final Clock clock;

    WristbandController(FhirRecords records, CheckInProperties properties, Clock clock) {
        this.records = records;
        this.properties = properties;
        this.clock = clock;
    }

    /** @param text as the code has it */
    record Reading(@Nullable String text) {
        @Override
        public String toString() {
            return "Reading";
        }
    }

    /**
     * Whom it names.
     *
     * @param patient reference
     * @param claim always true: it is to be confirmed by name and birth date
     */
    record Selected(String patient, boolean claim) {}

    @PostMapping("/wristband")
    Selected select(@RequestBody Reading reading) {
        Caller caller = Caller.current();
        String identifier = Optional.ofNullable(reading.text())
                .filter(text -> text.length() <= LONGEST)
                .flatMap(this::identifier)
                .orElseThrow(() -> Problem.of(422, "wristband", "This is not what stands on a wristband."));
        List<ObjectNode> patients =
                records.search(caller.token(), "Patient", Map.of("identifier", identifier, "_count", "2"));
        if (patients.size() > 1) {
            throw Problem.conflict("wristband-ambiguous", "Several patients have this number. Ask for the name.");
        }
        return patients.stream()
                .findFirst()
                .map(patient -> new Selected("Patient/" + patient.path("id").asText(), true))
                .orElseThrow(() -> Problem.notFound("not-found", "There is no such patient for you."));
    }

    private Optional<String> identifier(String text) {
        // Of which kind the code was does not matter here.
        ScannedContent content = ScannedContent.of(new ScannedCode(Symbology.QR_CODE, text), Year.now(clock));
        return content.fold(
                gs1 -> gs1.elements()
                        .value(ApplicationIdentifier.RECIPIENT)
                        .map(number -> properties.gsrnSystem() + "|" + number),
                card -> Optional.empty(),
                link -> Optional.empty(),
                checkIn -> Optional.empty(),
                other -> Optional.ofNullable(properties.printedSystem())
                        .filter(system -> PRINTED.matcher(other.text()).matches())
                        .map(system -> system + "|" + other.text()));
    }
}
