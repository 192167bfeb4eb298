package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.consent.ConsentConsult.Answer;
import org.securemed.fhir.consent.ConsentConsult.Number;
import org.securemed.fhir.consent.ConsentConsult.Outcome;
import org.securemed.fhir.consent.ConsentConsult.Question;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.HookClients;
import org.securemed.fhir.smart.RefusedRequests;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.Purposes;
import org.securemed.ledger.consent.SecurityLabels;
import org.springframework.http.CacheControl;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * CDS Hooks for consent: {@code GET /cds-services} says what there is, {@code POST
 * /cds-services/patient-consent-consult} answers, in the form of LEAP's Consent Decision Service.
 *
 * @see <a href="https://cds-hooks.hl7.org/2.0/">CDS Hooks 2.0</a>
 * @see <a href="https://github.com/sdhealthconnect/leap-cds#cds-hook-interface">LEAP-CDS, CDS Hook interface</a>
 */
@RestController
final class ConsentHookController {
    static final String PREFIX = "/cds-services";
    private static final String HOOK = "patient-consent-consult";
    private static final String TYPES = "http://hl7.org/fhir/resource-types";
    private static final Pattern TYPE = Pattern.compile("[A-Z][A-Za-z]{1,63}");
    private static final int LARGEST = 64 * 1024;
    private static final int MOST = 20;
    private static final int LONGEST = 512;

    private final ConsentConsult consult;
    private final HookClients clients;
    private final RefusedRequests refusals;
    private final ProblemWriter problems;
    private final String fhirBase;
    private final ObjectMapper json = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    ConsentHookController(
            ConsentConsult consult,
            HookClients clients,
            RefusedRequests refusals,
            ProblemWriter problems,
            String fhirBase) {
        this.consult = consult;
        this.clients = clients;
        this.refusals = refusals;
        this.problems = problems;
        this.fhirBase = fhirBase;
    }

    /** What {@code GET /cds-services} lists. */
    record Service(String hook, String title, String description, String id) {}

    /** A code in its system. */
    record Code(String system, String code) {}

    /** What has to be done as well: {@code REDACT} what bears some codes, or all that bears none of them. */
    record Redaction(Code id, Map<String, List<Code>> parameters) {}

    /** What machines read. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Extension(
            Outcome decision,
            List<Redaction> obligations,
            @JsonProperty("basedOn") @Nullable String basedOn) {}

    /** Where a card comes from. */
    record Source(String label, String url) {}

    /** The answer. */
    record Card(String summary, String detail, String indicator, Source source, Extension extension) {}

    @GetMapping(PREFIX)
    Map<String, List<Service>> services() {
        return Map.of(
                "services",
                List.of(new Service(
                        HOOK,
                        "Patient consent",
                        "What a patient's Consents say of somebody who wants to see data of some types for some purposes.",
                        HOOK)));
    }

    @PostMapping(PREFIX + "/" + HOOK)
    ResponseEntity<Map<String, List<Card>>> consult(HttpServletRequest request) throws IOException {
        // Who calls comes first: a stranger's body is not even read.
        Optional<Requester> caller =
                clients.caller(request.getHeader("Authorization"), clients.address(PREFIX + "/" + HOOK));
        if (caller.isEmpty()) {
            throw refused(request);
        }
        Answer answer =
                consult.ask(caller.get(), question(request.getInputStream().readNBytes(LARGEST + 1)));
        return ResponseEntity.ok().cacheControl(CacheControl.noStore()).body(Map.of("cards", List.of(card(answer))));
    }

    private Problem refused(HttpServletRequest request) {
        Problem problem = Problem.unauthorized(
                "token-invalid", "Send a JWT of a registered client for this address, signed by its key, once.");
        refusals.refused(request, problem.status(), problem.code());
        return problem;
    }

    private Card card(Answer answer) {
        List<Redaction> obligations = answer.codes().isEmpty()
                ? List.of()
                : List.of(new Redaction(
                        new Code(SecurityLabels.ACT_CODE, "REDACT"),
                        Map.of(
                                answer.only() ? "exceptAnyOfCodes" : "codes",
                                answer.codes().stream()
                                        .sorted()
                                        .map(label -> new Code(label.system(), label.code()))
                                        .toList())));
        String detail = switch (answer.outcome()) {
            case CONSENT_PERMIT -> "There is a patient consent permitting this action.";
            case CONSENT_DENY -> "There is a patient consent denying this action.";
            case NO_CONSENT -> "No applicable consent was found.";
        };
        String indicator = switch (answer.outcome()) {
            case CONSENT_PERMIT -> "info";
            case CONSENT_DENY -> "critical";
            case NO_CONSENT -> "warning";
        };
        return new Card(
                answer.outcome().name(),
                detail,
                indicator,
                new Source("SecureMed", fhirBase),
                new Extension(
                        answer.outcome(),
                        obligations,
                        answer.basedOn() == null ? null : fhirBase + "/Consent/" + answer.basedOn()));
    }

    private Question question(byte[] body) {
        if (body.length > LARGEST) {
            throw Problem.of(413, "too-large", IssueType.TOOLONG, "A question is 64 KiB long at most.");
        }
        JsonNode asked = tree(body);
        JsonNode context = asked.path("context");
        String instance = asked.path("hookInstance").asText("");
        if (!HOOK.equals(asked.path("hook").asText()) || instance.isBlank() || instance.length() > LONGEST) {
            throw malformed("Send hook " + HOOK + " and a hookInstance.");
        }
        if (context.has("content")) {
            throw malformed("Send no content: ask for the resources, this server leaves out what is hidden.");
        }
        List<Number> patients = numbers(context.path("patientId"));
        List<Number> actors = numbers(context.path("actor"));
        if (patients.isEmpty() || actors.isEmpty()) {
            throw malformed("Send context.patientId and context.actor, each with system and value.");
        }
        return new Question(
                patients,
                actors,
                purposes(context.path("purposeOfUse")),
                types(context.path("class")),
                categories(context.path("category")));
    }

    private JsonNode tree(byte[] body) {
        try {
            JsonNode tree = json.readTree(body);
            if (tree != null && tree.isObject()) {
                return tree;
            }
            throw malformed("Send a JSON object.");
        } catch (JacksonException e) {
            throw malformed("The body is not well-formed JSON.");
        } catch (IOException e) {
            throw new IllegalStateException("reading an array failed", e);
        }
    }

    private static List<Number> numbers(JsonNode array) {
        List<Number> numbers = new ArrayList<>();
        for (JsonNode one : bounded(array)) {
            numbers.add(new Number(text(one.path("system")), text(one.path("value"))));
        }
        return numbers;
    }

    private static List<Coding> purposes(JsonNode given) {
        Set<Coding> purposes = new LinkedHashSet<>();
        List<JsonNode> all = new ArrayList<>();
        if (given.isTextual()) {
            all.add(given);
        } else {
            bounded(given).forEach(all::add);
        }
        for (JsonNode one : all) {
            Coding purpose = Coding.ifValid(Purposes.SYSTEM, text(one))
                    .filter(Purposes::isKnown)
                    .orElseThrow(() -> malformed("purposeOfUse holds codes of v3-ActReason."));
            purposes.add(purpose);
        }
        return List.copyOf(purposes);
    }

    private static Set<Coding> categories(JsonNode array) {
        Set<Coding> categories = new LinkedHashSet<>();
        for (JsonNode one : bounded(array)) {
            categories.add(Coding.ifValid(text(one.path("system")), text(one.path("code")))
                    .orElseThrow(() -> malformed("category holds codings, each with system and code.")));
        }
        return categories;
    }

    private static Set<String> types(JsonNode array) {
        Set<String> types = new LinkedHashSet<>();
        for (JsonNode one : bounded(array)) {
            String type = text(one.path("code"));
            if (!TYPES.equals(one.path("system").asText())
                    || !TYPE.matcher(type).matches()) {
                throw malformed("class holds types of resources, in the system " + TYPES + ".");
            }
            types.add(type);
        }
        return types;
    }

    private static JsonNode bounded(JsonNode array) {
        if (!array.isMissingNode() && !array.isArray() || array.size() > MOST) {
            throw malformed("Send arrays of at most " + MOST + " elements.");
        }
        return array;
    }

    private static String text(JsonNode node) {
        if (!node.isTextual() || node.asText().isBlank() || node.asText().length() > LONGEST) {
            throw malformed("A system, value or code is a text of 1 to " + LONGEST + " characters.");
        }
        return node.asText();
    }

    private static Problem malformed(String text) {
        return Problem.badRequest("hook-malformed", text);
    }

    @ExceptionHandler
    void answer(Problem problem, HttpServletRequest request, HttpServletResponse response) throws IOException {
        problems.write(request, response, problem);
    }

    /** It could not be recorded, or a consent changed meanwhile: nothing is answered. */
    @ExceptionHandler
    void answer(BaseServerResponseException failure, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        problems.write(
                request,
                response,
                Problem.unavailable(
                        "ledger-unavailable",
                        "The question could not be recorded, so nothing is answered. Ask again.",
                        Duration.ofSeconds(1)));
    }
}
