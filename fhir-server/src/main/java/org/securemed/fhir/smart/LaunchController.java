package org.securemed.fhir.smart;

import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * Where an EHR opens a launch: {@code POST /launches}, with the access token of the clinician who is at work in it, or
 * with its own as a system of the custodian, then naming the clinician. What comes back goes to the app's launch
 * address.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch">SMART App Launch 2.2, EHR
 *     launch</a>
 */
@RestController
final class LaunchController {
    static final String PATH = "/launches";

    private final LaunchContexts launches;
    private final Clients clients;
    private final Accounts accounts;
    private final PatientChoices choices;
    private final SecurityTrail trail;
    private final ProblemWriter problems;
    private final String fhirBase;

    LaunchController(
            LaunchContexts launches,
            Clients clients,
            Accounts accounts,
            org.springframework.beans.factory.ObjectProvider<PatientChoices> choices,
            SecurityTrail trail,
            ProblemWriter problems,
            SmartProperties properties) {
        this.launches = launches;
        this.clients = clients;
        this.accounts = accounts;
        this.choices = choices.getIfAvailable(() -> PatientChoices.OWN_RECORD_ONLY);
        this.trail = trail;
        this.problems = problems;
        this.fhirBase = properties.fhirBase();
    }

    /**
     * What an EHR asks for.
     *
     * @param clientId the app
     * @param username who is at work; only if a machine asks
     * @param patient logical id of the Patient
     * @param encounter logical id of the Encounter
     * @param fhirContext further resources
     * @param needPatientBanner whether the app has to show whose record it is
     * @param intent what the app is meant to do
     */
    record Asked(
            @JsonProperty("client_id") @Nullable String clientId,
            @JsonProperty("username") @Nullable String username,
            @JsonProperty("patient") @Nullable String patient,
            @JsonProperty("encounter") @Nullable String encounter,
            @JsonProperty("fhirContext") @Nullable List<LaunchContext.Resource> fhirContext,
            @JsonProperty("need_patient_banner") @Nullable Boolean needPatientBanner,
            @JsonProperty("intent") @Nullable String intent) {
        LaunchContext context() {
            return new LaunchContext(
                    patient, encounter, fhirContext == null ? List.of() : fhirContext, needPatientBanner, intent);
        }
    }

    /** Parameters for the app's launch address. */
    record Opened(String iss, String launch) {}

    @PostMapping(PATH)
    ResponseEntity<Opened> open(@RequestBody Asked asked, Authentication caller, HttpServletRequest request) {
        Requester requester = Requester.from(caller);
        SecurityEvent.Builder event = SecurityEvent.of(SecurityEvent.Kind.APP_CONSENT, request)
                .requester(requester)
                .note("launch");
        if (!mayOpen(requester)) {
            trail.record(event.failed("scope-not-allowed").build());
            throw Problem.forbidden("scope-not-allowed", "Opening a launch takes user/Patient.r or system/Patient.r.");
        }
        LaunchContext context;
        try {
            context = asked.context();
        } catch (IllegalArgumentException e) {
            throw malformed();
        }
        String username = requester.isMachine() ? asked.username() : requester.subject();
        String client = asked.clientId();
        if (client == null || username == null || (!requester.isMachine() && asked.username() != null)) {
            throw malformed();
        }
        AppUser user = accounts.find(username)
                .filter(Account::enabled)
                .map(AppUser::of)
                .orElse(null);
        boolean known = user != null
                && clients.findByClientId(client) != null
                && (context.patient() == null || choices.mayOpen(user, context.patient()));
        if (!known || user == null) {
            trail.record(event.failed("not-found").build());
            throw Problem.notFound(
                    "not-found", "There is no such app, person or patient here, or not for this person.");
        }
        trail.record(event.client(client).patient(context.patient()).build());
        return ResponseEntity.status(201)
                .cacheControl(CacheControl.noStore())
                // Whatever Accept says: the launch is open.
                .contentType(MediaType.APPLICATION_JSON)
                .body(new Opened(fhirBase, launches.open(client, user.username(), context)));
    }

    /** Whoever may read patients as themselves; an app that was let into one record may not open others. */
    private static boolean mayOpen(Requester requester) {
        return requester.privacy() == null
                && requester
                        .scopes()
                        .permits(
                                "Patient",
                                Interaction.READ,
                                requester.isMachine() ? ScopeContext.SYSTEM : ScopeContext.USER);
    }

    private static Problem malformed() {
        return Problem.badRequest(
                "launch-malformed",
                "Send client_id, and as you like patient, encounter, fhirContext, need_patient_banner and intent;"
                        + " a machine also username.");
    }

    @ExceptionHandler
    void unreadable(HttpMessageNotReadableException e, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        problems.write(request, response, malformed());
    }

    @ExceptionHandler
    void answer(Problem problem, HttpServletRequest request, HttpServletResponse response) throws IOException {
        problems.write(request, response, problem);
    }
}
