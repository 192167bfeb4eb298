package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleEntryComponent;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.translate.ConsentTranslator;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.CardStatements;
import org.securemed.fhir.smart.SecurityEvents;
import org.springframework.jdbc.core.JdbcTemplate;

/** Looking for a patient finds those who let one in, and asking the others is answered as asking nobody. */
class PatientMatchIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String CLINICIAN = "physician2";
    private static final String GRANTEE = "Practitioner/jonas-lindqvist";
    private static final String GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade";

    private static String consent = "";

    @BeforeAll
    static void load() {
        for (String patient : List.of("match-open", "match-hidden", "match-twin-1", "match-twin-2")) {
            boolean twin = patient.startsWith("match-twin");
            put("Patient/" + patient, """
                    {"resourceType":"Patient","id":"$","identifier":[{"system":"urn:match","value":"$"}],"name":[{"family":"%s","given":["Ada"]}],"gender":"female","birthDate":"1970-03-03"}""".formatted(twin ? "Matchtwin" : "Matchmann")
                    .replace("$", patient));
        }
        Consents.form(SERVER, "match-open");
        consent = Consents.record(SERVER, Consents.permit("match-open", GRANTEE));
    }

    @AfterAll
    static void end() {
        Consents.end(SERVER, consent);
    }

    @Test
    void a_number_finds_whom_it_belongs_to_if_they_let_the_clinician_in() {
        Bundle found = match(CLINICIAN, byNumber("match-open")).bundle();

        assertThat(found.getTotal()).isEqualTo(1);
        BundleEntryComponent first = found.getEntryFirstRep();
        assertThat(first.getResource().getIdElement().getIdPart()).isEqualTo("match-open");
        assertThat(((CodeType) first.getSearch().getExtensionByUrl(GRADE).getValue()).getValue())
                .isEqualTo("certain");
        assertThat(found.getEntry().get(1).getSearch().getMode()).isEqualTo(Bundle.SearchEntryMode.OUTCOME);
        assertThat(Normal.of(match(CLINICIAN, byNumber("match-hidden"))))
                .isEqualTo(Normal.of(match(CLINICIAN, byNumber("match-nobody"))))
                .contains("$request-access");
        assertThat(total("Patient?identifier=urn:match|match-open")).isEqualTo(1);
        assertThat(total("Patient?identifier=urn:match|match-hidden")).isZero();
    }

    @Test
    void name_and_birth_date_find_those_who_let_the_clinician_in_and_no_namesake() {
        Bundle found = match(CLINICIAN, byName("Matchmann", "1970-03-03")).bundle();

        assertThat(found.getTotal()).isEqualTo(1);
        assertThat(((CodeType) found.getEntryFirstRep()
                                .getSearch()
                                .getExtensionByUrl(GRADE)
                                .getValue())
                        .getValue())
                .isEqualTo("probable");
        assertThat(total("Patient?family=Matchmann&birthdate=1970-03-03")).isEqualTo(1);
        Parameters certain = byName("Matchmann", "1970-03-03");
        certain.addParameter().setName("onlyCertainMatches").setValue(new BooleanType(true));
        assertThat(match(CLINICIAN, certain).bundle().getTotal()).isZero();
        assertThat(match("backend", byName("matchmann", "1970-03-03")).bundle().getTotal())
                .isEqualTo(2);
        Patient otherBirth = sought("match-open");
        otherBirth.getBirthDateElement().setValueAsString("1980-01-01");
        assertThat(((CodeType) match(CLINICIAN, parameters(otherBirth))
                                .bundle()
                                .getEntryFirstRep()
                                .getSearch()
                                .getExtensionByUrl(GRADE)
                                .getValue())
                        .getValue())
                .isEqualTo("probable");
    }

    @Test
    void too_little_is_refused_whoever_is_meant() {
        for (Patient sought : List.of(
                new Patient(),
                (Patient) new Patient().addIdentifier(new org.hl7.fhir.r4.model.Identifier().setValue("match-open")),
                sought("", "1970-03-03"))) {
            assertThat(match(CLINICIAN, parameters(sought)).text()).contains("match-incomplete");
            assertThat(ask(CLINICIAN, parameters(sought)).text()).contains("match-incomplete");
        }
        assertThat(match("administrator", byNumber("match-open")).bundle().getTotal())
                .isZero();
        for (String user : List.of("administrator", "compliance", "patient2", "backend")) {
            assertThat(ask(user, byNumber("match-open")).status()).as(user).isEqualTo(403);
        }
    }

    @Test
    void a_question_reaches_the_one_who_is_meant_and_is_answered_alike_for_nobody_and_for_many() {
        Answer hidden = ask(CLINICIAN, byNumber("match-hidden"));
        Answer nobody = ask(CLINICIAN, byNumber("match-nobody"));
        Answer twins = ask(CLINICIAN, byName("Matchtwin", "1970-03-03"));

        assertThat(hidden.status()).as(hidden.text()).isEqualTo(200);
        assertThat(Normal.of(nobody)).isEqualTo(Normal.of(hidden)).isEqualTo(Normal.of(twins));
        awaitDelivery(id(hidden), id(nobody), id(twins));
        Consent asked = (Consent) SERVER.get("backend", "Consent/" + id(hidden)).resource();
        assertThat(asked.getStatus()).isEqualTo(Consent.ConsentState.PROPOSED);
        assertThat(asked.getPatient().getReference()).isEqualTo("Patient/match-hidden");
        assertThat(SERVER.get("backend", "Consent/" + id(nobody)).status()).isEqualTo(404);
        assertThat(SERVER.get("backend", "Consent/" + id(twins)).status()).isEqualTo(404);
        assertThat(SERVER.get(CLINICIAN, "Consent/" + id(hidden)).status()).isEqualTo(404);
        assertThat(SERVER.get(CLINICIAN, "Patient/match-hidden").status()).isEqualTo(404);
    }

    /** Anybody can see the log grow: by the question, and when it is over without an answer. */
    @Test
    void the_log_grows_alike_whoever_is_meant() {
        UnansweredRequests unanswered = SERVER.bean(UnansweredRequests.class);
        Instant over = Instant.now().plusSeconds(48 * 3600);
        unanswered.run(over);
        List<Long> growths = new ArrayList<>();
        for (Parameters sought :
                List.of(byNumber("match-hidden"), byNumber("match-nobody"), byName("Matchtwin", "1970-03-03"))) {
            long before = LogGrowth.size(SERVER);
            id(ask(CLINICIAN, sought));
            growths.add(LogGrowth.since(SERVER, before));
            before = LogGrowth.size(SERVER);
            unanswered.run(over);
            growths.add(LogGrowth.since(SERVER, before));
        }

        assertThat(growths.subList(2, 4)).isEqualTo(growths.subList(0, 2));
        assertThat(growths.subList(4, 6)).isEqualTo(growths.subList(0, 2));
        assertThat(growths.get(0)).isEqualTo(2);
    }

    @Test
    void the_patient_who_is_asked_says_yes_and_the_record_is_open() {
        Patient known =
                (Patient) SERVER.get("backend", "Patient/mateusz-kowalczyk").resource();
        Patient sought = new Patient();
        sought.addName().setFamily(known.getNameFirstRep().getFamily());
        sought.getBirthDateElement()
                .setValueAsString(known.getBirthDateElement().getValueAsString());

        Answer asked = ask("nurse", parameters(sought));
        assertThat(SERVER.get("nurse", "Patient/mateusz-kowalczyk").status()).isEqualTo(404);
        String path = "Consent/" + id(asked);
        awaitDelivery(id(asked));
        String patient = LogIns.now(SERVER, "patient2");
        Consent proposed = (Consent) Probe.get(path).send(SERVER, patient).resource();
        proposed.setStatus(Consent.ConsentState.ACTIVE);
        Answer granted = Probe.of("PUT", path, text(proposed)).send(SERVER, patient);

        assertThat(granted.status()).as(granted.text()).isEqualTo(200);
        assertThat(SERVER.get("nurse", "Patient/mateusz-kowalczyk").status()).isEqualTo(200);
        proposed.setStatus(Consent.ConsentState.INACTIVE);
        assertThat(Probe.of("PUT", path, text(proposed)).send(SERVER, patient).status())
                .isEqualTo(200);
        assertThat(SERVER.get("nurse", "Patient/mateusz-kowalczyk").status()).isEqualTo(404);
    }

    /** By their ids or by what is known of them: how many were asked counts. */
    @Test
    void nobody_asks_more_people_in_an_hour_than_they_may() {
        CardConsents two = new CardConsents(
                SERVER.bean(HouseRequests.class),
                SERVER.bean(AccessRequests.class),
                SERVER.bean(ConsentTranslator.class),
                SERVER.bean(ConsentStates.class),
                SERVER.bean(OwnerIndex.class),
                SERVER.bean(CardStatements.class),
                SERVER.bean(SecurityEvents.class),
                new ConsentProperties.Cards(Duration.ofHours(1), Duration.ofMinutes(1), 2),
                "http://localhost:8080",
                Duration.ZERO,
                Clock.systemUTC());
        Exchange exchange = Exchange.of(LayersIT.request("Patient")).orElseThrow();

        CardConsents.Asked known = two.ask(sought("match-nobody"), exchange);
        CardConsents.Asked named = two.ask("match-nobody", Optional.empty(), exchange);

        assertThatThrownBy(() -> two.ask(sought("match-nobody"), exchange)).hasMessageContaining("too-many-requests");
        assertThatThrownBy(() -> two.ask("match-nobody", Optional.empty(), exchange))
                .hasMessageContaining("too-many-requests");
        awaitDelivery(known.consent(), named.consent());
    }

    /** On a healthy server it is done before the answer leaves. */
    private static void awaitDelivery(String... ids) {
        Instant deadline = Instant.now().plusSeconds(60);
        JdbcTemplate database = new JdbcTemplate(SERVER.database());
        Integer waiting = 1;
        while (waiting != null && waiting > 0) {
            assertThat(Instant.now()).isBefore(deadline);
            waiting = database.queryForObject(
                    "select count(*) from securemed.access_request where id = any(?)", Integer.class, (Object) ids);
        }
    }

    private static Answer match(String user, Parameters parameters) {
        return Probe.of("POST", "Patient/$match", text(parameters)).send(SERVER, SERVER.token(user));
    }

    private static Answer ask(String user, Parameters parameters) {
        return Probe.of("POST", "Patient/$request-access", text(parameters)).send(SERVER, SERVER.token(user));
    }

    private static Parameters byNumber(String value) {
        return parameters(sought(value));
    }

    private static Parameters byName(String family, String birthDate) {
        Patient sought = sought(family, birthDate);
        sought.getNameFirstRep().addGiven("Ada");
        return parameters(sought);
    }

    private static Patient sought(String number) {
        Patient patient = new Patient();
        patient.addIdentifier().setSystem("urn:match").setValue(number);
        return patient;
    }

    private static Patient sought(String family, String birthDate) {
        Patient patient = new Patient();
        patient.addName().setFamily(family);
        patient.getBirthDateElement().setValueAsString(birthDate);
        return patient;
    }

    private static Parameters parameters(Patient sought) {
        Parameters parameters = new Parameters();
        parameters.addParameter().setName("resource").setResource(sought);
        return parameters;
    }

    private static String id(Answer asked) {
        assertThat(asked.status()).as(asked.text()).isEqualTo(200);
        return ((Reference)
                        ((Parameters) asked.resource()).getParameter("consent").getValue())
                .getReference()
                .substring("Consent/".length());
    }

    private static int total(String search) {
        return Probe.get(search).send(SERVER, SERVER.token(CLINICIAN)).bundle().getTotal();
    }

    private static String text(Resource resource) {
        return SERVER.fhir().newJsonParser().encodeResourceToString(resource);
    }

    private static void put(String path, String json) {
        Answer stored = SERVER.put(
                "backend", path, (Resource) SERVER.fhir().newJsonParser().parseResource(json));
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }
}
