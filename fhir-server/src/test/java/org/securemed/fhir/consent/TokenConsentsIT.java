package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.param.TokenParam;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.PersonsApp;
import org.securemed.fhir.smart.PrivacyGrant;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.ScopeException;
import org.securemed.fhir.smart.ScopeSet;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.ProvisionType;
import org.securemed.ledger.consent.Residual;
import org.securemed.ledger.consent.SecurityLabels;

/** IHE PCF's claim {@code ihe_pcf}: what ours says to resource servers, and what another server's binds here. */
class TokenConsentsIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String CLINICIAN = "Practitioner/jonas-lindqvist";
    private static final String PATIENT = "tc-anna";
    private static final String BASE = "http://localhost:8080/fhir";
    private static final String CODES = "urn:token-consents";

    private final List<String> consents = new ArrayList<>();

    @BeforeAll
    static void load() {
        for (String patient : List.of(PATIENT, "tc-boris")) {
            put("Patient/" + patient, "{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}");
            Consents.form(SERVER, patient);
            observation(patient + "-normal", patient, "");
            observation(
                    patient + "-psy",
                    patient,
                    ",\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"PSY\"}]}");
        }
    }

    @AfterEach
    void end() {
        consents.forEach(consent -> Consents.end(SERVER, consent));
    }

    @Test
    void a_resource_server_is_told_what_consents_leave_of_a_token_now_and_the_app_is_not() {
        String first = permit(
                PATIENT,
                provision -> provision
                        .addSecurityLabel()
                        .setSystem(SecurityLabels.CONFIDENTIALITY)
                        .setCode("N"));
        PersonsApp app = PersonsApp.of(SERVER, "physician2");
        String token = app.tokenFor(PATIENT);
        assertThat(PersonsApp.claims(token).at("/extensions/ihe_pcf").isMissingNode())
                .as("an app can read its token")
                .isTrue();

        JsonNode told = app.introspect(token, PersonsApp.backEnd());
        JsonNode toTheApp = app.introspect(token, "Bearer " + SERVER.token("physician2"));

        assertThat(toTheApp.path("active").asBoolean()).isTrue();
        assertThat(toTheApp.toString()).contains("ihe_iua").doesNotContain("ihe_pcf", first);
        JsonNode claim = told.at("/extensions/ihe_pcf");
        assertThat(claim.path("patient_id").asText()).isEqualTo(BASE + "/Patient/" + PATIENT);
        assertThat(claim.path("doc_id").toString()).isEqualTo("[\"" + BASE + "/Consent/" + first + "\"]");
        assertThat(claim.path("acp").path(0).asText()).isEqualTo("https://securemed.org/policy/basic-consent");
        assertThat(claim.path("residual").toString())
                .isEqualTo(
                        "[{\"type\":\"forbid\"},{\"type\":\"permit\",\"securityLabel\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"N\"}]}]");

        end();
        consents.clear();
        assertThat(app.introspect(token, PersonsApp.backEnd())
                        .at("/extensions/ihe_pcf/residual")
                        .toString())
                .as("the same token after the consent ended")
                .isEqualTo("[{\"type\":\"forbid\"}]");
    }

    @Test
    void a_patients_own_token_says_whose_it_is_and_leaves_everything_open() {
        PersonsApp app = PersonsApp.of(SERVER, "physician2");
        JsonNode claim =
                app.introspect(SERVER.token("patient"), PersonsApp.backEnd()).at("/extensions/ihe_pcf");

        assertThat(claim.path("residual").isMissingNode()).as(claim.toString()).isTrue();
    }

    @Test
    void another_servers_token_opens_no_more_than_its_residual_whatever_our_consents_open() {
        permit(PATIENT, provision -> {});
        permit("tc-boris", provision -> {});
        Residual.Rule noPsychiatry = new Residual.Rule(
                ProvisionType.DENY, List.of(SecurityLabels.sensitivity("PSY")), Period.ALWAYS, List.of());

        assertThat(seen((PrivacyGrant) null))
                .contains("tc-anna-normal", "tc-anna-psy", "tc-boris-normal", "tc-boris-psy");
        assertThat(seen(new PrivacyGrant(PATIENT, Residual.NONE))).containsExactly("tc-anna-normal", "tc-anna-psy");
        assertThat(seen(new PrivacyGrant(PATIENT, new Residual(List.of(noPsychiatry)))))
                .containsExactly("tc-anna-normal");
        assertThat(seen(new PrivacyGrant(PATIENT, Residual.NOTHING_OPEN))).isEmpty();
        assertThat(seen(new PrivacyGrant("nobody-here", Residual.NONE))).isEmpty();
    }

    @Test
    void another_servers_token_opens_nothing_that_our_consents_do_not() {
        permit(
                PATIENT,
                provision -> provision
                        .addSecurityLabel()
                        .setSystem(SecurityLabels.CONFIDENTIALITY)
                        .setCode("N"));
        Residual.Rule everything = new Residual.Rule(ProvisionType.PERMIT, List.of(), Period.ALWAYS, List.of());

        assertThat(seen(new PrivacyGrant(PATIENT, new Residual(List.of(everything)))))
                .containsExactly("tc-anna-normal");
        assertThat(seen(new PrivacyGrant("tc-boris", Residual.NONE))).isEmpty();
    }

    @Test
    void whatever_the_role_another_servers_token_opens_nobody_elses_data() {
        put(
                "Observation/tc-lost",
                "{\"resourceType\":\"Observation\",\"id\":\"tc-lost\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\""
                        + CODES + "\",\"code\":\"x\"}]}}");
        PrivacyGrant nobody = new PrivacyGrant("nobody-here", Residual.NONE);

        assertThat(seen(requester("Practitioner/x", Role.ADMINISTRATOR, null))).containsExactly("tc-lost");
        assertThat(seen(requester("Practitioner/x", Role.ADMINISTRATOR, nobody)))
                .isEmpty();
        assertThat(seen(requester("Device/x", Role.SYSTEM, nobody))).isEmpty();
    }

    @Test
    void a_patient_sees_their_own_record_through_it_in_part() {
        Residual.Rule noPsychiatry = new Residual.Rule(
                ProvisionType.DENY, List.of(SecurityLabels.sensitivity("PSY")), Period.ALWAYS, List.of());
        Requester own = requester(
                "Patient/" + PATIENT, Role.PATIENT, new PrivacyGrant(PATIENT, new Residual(List.of(noPsychiatry))));

        assertThat(seen(own)).containsExactly("tc-anna-normal");
    }

    /** Observations of both patients that a search finds, and that are found by their ids. */
    private static Set<String> seen(@org.jspecify.annotations.Nullable PrivacyGrant privacy) {
        return seen(requester(CLINICIAN, Role.PHYSICIAN, privacy));
    }

    private static Set<String> seen(Requester requester) {
        HouseRequests requests = SERVER.bean(HouseRequests.class);
        Set<String> searched = new TreeSet<>();
        // Other tests' patients may have let the same clinician in.
        SearchParameterMap ofThisTest = new SearchParameterMap("code", new TokenParam(CODES, "x"));
        requests.search(requester, "Observation", ofThisTest, Map.of(), 100).stream()
                .map(found -> found.getIdElement().getIdPart())
                .filter(id -> id.startsWith("tc-"))
                .forEach(searched::add);
        Set<String> read = new TreeSet<>();
        for (String id : List.of("tc-anna-normal", "tc-anna-psy", "tc-boris-normal", "tc-boris-psy", "tc-lost")) {
            try {
                requests.read(requester, org.hl7.fhir.r4.model.Observation.class, id);
                read.add(id);
            } catch (ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException e) {
                assertThat(e.getMessage()).contains("is not known");
            }
        }
        assertThat(read).isEqualTo(searched);
        return read;
    }

    private static Requester requester(
            String user, Role role, @org.jspecify.annotations.Nullable PrivacyGrant privacy) {
        try {
            return new Requester(
                    "https://elsewhere.example",
                    "somebody",
                    "their-app",
                    "a-token",
                    user,
                    "Somebody",
                    Set.of(role),
                    Set.of(),
                    null,
                    Set.of("TREAT"),
                    ScopeSet.parse("user/*.cruds"),
                    null,
                    null,
                    null,
                    Instant.now(),
                    null,
                    null,
                    null,
                    privacy,
                    Instant.MAX);
        } catch (ScopeException e) {
            throw new AssertionError(e);
        }
    }

    private String permit(String patient, Consumer<Consent.ProvisionComponent> narrow) {
        Consent consent = Consents.permit(patient, CLINICIAN);
        narrow.accept(consent.getProvision());
        String id = Consents.record(SERVER, consent);
        consents.add(id);
        return id;
    }

    private static void observation(String id, String patient, String more) {
        put("Observation/" + id, """
                {"resourceType":"Observation","id":"%s"%s,"status":"final","code":{"coding":[{"system":"%s","code":"x"}]},"subject":{"reference":"Patient/%s"}}""".formatted(id, more, CODES, patient));
    }

    private static void put(String path, String json) {
        Answer stored = SERVER.put(
                "backend", path, (Resource) SERVER.fhir().newJsonParser().parseResource(json));
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }
}
