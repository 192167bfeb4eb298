package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.param.TokenParam;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
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
import org.securemed.fhir.smart.TestIssuer;
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

    @Test
    void over_http_another_servers_token_reads_finds_and_writes_what_its_residual_leaves() {
        permit(PATIENT, provision -> {});
        permit("tc-boris", provision -> {});
        String whole =
                TestIssuer.token(SERVER, "physician2", "user/*.cruds", Map.of("patient_id", "Patient/" + PATIENT));
        String token = TestIssuer.token(
                SERVER,
                "physician2",
                "user/*.cruds",
                Map.of("patient_id", BASE + "/Patient/" + PATIENT, "residual", List.of(forbid("PSY"))));
        assertThat(get(token, "Observation/tc-anna-normal").status()).isEqualTo(200);
        assertThat(get(token, "Patient/" + PATIENT).status()).isEqualTo(200);
        assertThat(get(whole, "Observation/tc-anna-psy").status()).isEqualTo(200);
        assertThat(get(whole, "Observation/tc-boris-normal").status()).isEqualTo(404);

        for (String hidden : List.of("Observation/tc-anna-psy", "Observation/tc-boris-normal", "Patient/tc-boris")) {
            String absent = hidden.substring(0, hidden.indexOf('/')) + "/tc-nothing";
            for (String suffix : List.of("", "/_history", "/_history/1", "?_elements=id", "?_summary=true")) {
                alike(get(token, hidden + suffix), get(token, absent + suffix), hidden);
            }
            alike(send(token, "DELETE", hidden, ""), send(token, "DELETE", absent, ""), hidden);
            alike(
                    send(token, "POST", "Observation", refers("Observation/tc-anna-normal", hidden)),
                    send(token, "POST", "Observation", refers("Observation/tc-anna-normal", absent)),
                    hidden);
        }
        String psychiatric = observationJson("tc-anna-psy", PATIENT, "");
        alike(
                send(token, "PUT", "Observation/tc-anna-psy", psychiatric),
                send(token, "PUT", "Observation/tc-nothing", psychiatric.replace("tc-anna-psy", "tc-nothing")),
                "Observation/tc-anna-psy");

        assertThat(found(token, "Observation?code=x&_count=100")).containsExactly("tc-anna-normal");
        assertThat(found(whole, "Observation?code=x&_count=100")).containsExactly("tc-anna-normal", "tc-anna-psy");
        assertThat(get(token, "Observation?patient=" + PATIENT + "&_summary=count")
                        .bundle()
                        .getTotal())
                .isEqualTo(1);
        assertThat(get(token, "Observation?patient=tc-boris&_total=accurate")
                        .bundle()
                        .getTotal())
                .isZero();
        assertThat(found(token, "Patient?_id=" + PATIENT + ",tc-boris&_revinclude=Observation:subject"))
                .contains(PATIENT, "tc-anna-normal")
                .doesNotContain("tc-boris", "tc-anna-psy");
        assertThat(found(token, "Patient/" + PATIENT + "/$everything"))
                .contains("tc-anna-normal")
                .doesNotContain("tc-anna-psy");

        Answer written = send(token, "POST", "Observation", observationJson("", PATIENT, ""));
        assertThat(written.status()).as(written.text()).isEqualTo(201);
        String id = written.resource().getIdElement().getIdPart();
        assertThat(send(token, "DELETE", "Observation/" + id, "").status()).isEqualTo(200);
        assertThat(send(token, "POST", "Observation", observationJson("", "tc-boris", ""))
                        .status())
                .isEqualTo(400);
    }

    @Test
    void over_http_a_residual_by_date_reference_or_for_everything_binds() {
        permit(PATIENT, provision -> {});
        Map<String, Object> forbidAll = Map.of("type", "forbid");
        Map<String, Object> now = Map.of("type", "permit", "dataPeriod", Map.of("start", "2020"));
        Map<String, Object> past = Map.of("type", "permit", "dataPeriod", Map.of("end", "2000-01"));
        Map<String, Object> one = Map.of(
                "type",
                "permit",
                "data",
                List.of(Map.of("meaning", "instance", "reference", Map.of("reference", "Observation/tc-anna-psy"))));

        assertThat(throughResidual(forbidAll)).isEmpty();
        assertThat(throughResidual(forbidAll, now)).containsExactly("tc-anna-normal", "tc-anna-psy");
        assertThat(throughResidual(forbidAll, past)).isEmpty();
        assertThat(throughResidual(forbidAll, one)).containsExactly("tc-anna-psy");
    }

    @Test
    void over_http_what_a_token_says_of_privacy_and_cannot_be_enforced_is_no_token() {
        permit(PATIENT, provision -> {});
        String patient = "Patient/" + PATIENT;
        List<Object> malformed = List.of(
                "text",
                List.of(),
                Map.of(),
                Map.of("patient_id", "Practitioner/x"),
                Map.of("patient_id", "https://elsewhere.example/fhir/" + patient),
                Map.of("patient_id", patient, "residual", List.of()),
                Map.of("patient_id", patient, "residual", "forbid"),
                Map.of("patient_id", patient, "residual", List.of(Map.of())),
                Map.of("patient_id", patient, "residual", List.of(Map.of("type", "maybe"))),
                Map.of("patient_id", patient, "residual", List.of(Map.of("type", "forbid", "class", "x"))),
                Map.of("patient_id", patient, "residue", List.of(Map.of("type", "forbid"))));
        for (Object claim : malformed) {
            noToken(TestIssuer.token(SERVER, "physician2", "user/*.rs", claim));
        }
        Map<String, Object> good = Map.of("patient_id", patient);
        noToken(TestIssuer.tokenSaying(SERVER, "physician2", "user/*.rs", Map.of("ihe_pcf", good)));
        noToken(TestIssuer.tokenSaying(SERVER, "physician2", "user/*.rs", Map.of("extensions", "ihe_pcf")));
        noToken(TestIssuer.tokenSaying(
                SERVER, "physician2", "user/*.rs", Map.of("extensions", Map.of("ihe_iua", Map.of()), "ihe_pcf", good)));
        assertThat(get(TestIssuer.token(SERVER, "physician2", "user/*.rs", good), "Observation/tc-anna-normal")
                        .status())
                .isEqualTo(200);
    }

    private static void noToken(String token) {
        Answer refused = get(token, "Observation/tc-anna-normal");
        assertThat(refused.status()).as(token + refused.text()).isEqualTo(401);
        assertThat(refused.text()).contains("token-claims");
    }

    @SafeVarargs
    private static Set<String> throughResidual(Map<String, Object>... rules) {
        String token = TestIssuer.token(
                SERVER,
                "physician2",
                "user/*.rs",
                Map.of("patient_id", "Patient/" + PATIENT, "residual", List.of(rules)));
        Set<String> found = found(token, "Observation?code=x&_count=100");
        for (String id : List.of("tc-anna-normal", "tc-anna-psy")) {
            assertThat(get(token, "Observation/" + id).status()).isEqualTo(found.contains(id) ? 200 : 404);
        }
        return found;
    }

    private static Map<String, Object> forbid(String label) {
        return Map.of(
                "type",
                "forbid",
                "securityLabel",
                List.of(Map.of("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", label)));
    }

    private static String observationJson(String id, String patient, String more) {
        return "{\"resourceType\":\"Observation\"" + (id.isEmpty() ? "" : ",\"id\":\"" + id + "\"") + more
                + ",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"" + CODES
                + "\",\"code\":\"y\"}]},\"subject\":{\"reference\":\"Patient/" + patient + "\"}}";
    }

    private static String refers(String known, String other) {
        return observationJson("", PATIENT, "")
                .replace(
                        ",\"status\"",
                        ",\"derivedFrom\":[{\"reference\":\"" + known + "\"}],\"hasMember\":[{\"reference\":\"" + other
                                + "\"}],\"status\"");
    }

    /** What is hidden is answered as what isn't there. */
    private static void alike(Answer hidden, Answer absent, String name) {
        String id = name.substring(name.indexOf('/') + 1);
        assertThat(hidden.text().replace(id, "tc-nothing")).isEqualTo(absent.text());
        assertThat(hidden.status()).isEqualTo(absent.status());
        assertThat(hidden.response().headers().map().keySet())
                .isEqualTo(absent.response().headers().map().keySet());
    }

    private static Set<String> found(String token, String search) {
        Set<String> found = new TreeSet<>();
        get(token, search).bundle().getEntry().stream()
                .map(entry -> entry.getResource().getIdElement().getIdPart())
                .filter(id -> id.startsWith("tc-"))
                .forEach(found::add);
        return found;
    }

    private static Answer get(String token, String path) {
        return send(token, "GET", path, "");
    }

    private static Answer send(String token, String method, String path, String body) {
        return SERVER.send(SERVER.anonymous(path.replace("$", "%24").replace("|", "%7C"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/fhir+json")
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body)));
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
