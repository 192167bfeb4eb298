package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.MovableClock;
import org.securemed.fhir.smart.Representatives;

/** A child has its eighteenth birthday while a parent acts for it, by the server's clock. */
class ComingOfAgeIT {
    private static final String CHILD = "nearly-grown-up";
    private static final String PARENT = "RelatedPerson/parent-of-nearly-grown-up";
    private static final ZoneId ZONE = ZoneId.systemDefault();

    private static final MovableClock CLOCK = new MovableClock();
    private static final LocalDate BIRTHDAY = LocalDate.now(ZONE).plusDays(1);
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.by(CLOCK, "of-age", "--securemed.demo.token-lifetime=24h");
        for (String practitioner : new String[] {"jonas-lindqvist", "amara-okafor"}) {
            put((Resource) new Practitioner().setId(practitioner));
        }
        Patient child = new Patient();
        child.setId(CHILD);
        child.setBirthDateElement(new DateType(BIRTHDAY.minusYears(18).toString()));
        put(child);
        RelatedPerson parent = new RelatedPerson();
        parent.setId(PARENT.substring("RelatedPerson/".length()));
        parent.setPatient(new Reference("Patient/" + CHILD));
        put(parent);
        Observation observation = new Observation();
        observation.setId("of-nearly-grown-up");
        observation.setStatus(Observation.ObservationStatus.FINAL);
        observation.setCode(new CodeableConcept().setText("x"));
        observation.setSubject(new Reference("Patient/" + CHILD));
        put(observation);
        Consents.form(server, CHILD);
        Representatives.account(server, "parent", CHILD, PARENT);
        Representatives.patient(server, "child", CHILD);
        stored(server.post("backend", "Consent", AppointmentIT.appointment(CHILD, PARENT)));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void who_acts_for_a_child_acts_until_the_last_second_before_the_eighteenth_birthday_and_not_a_second_longer() {
        Instant midnight = BIRTHDAY.atStartOfDay(ZONE).toInstant();
        CLOCK.move(Duration.between(CLOCK.instant(), midnight).minusMinutes(5));
        String parent = Representatives.token(server, "parent");
        assertThat(get(parent, "Patient/" + CHILD).status()).isEqualTo(200);
        assertThat(get(parent, "Observation?patient=" + CHILD).bundle().getTotal())
                .isEqualTo(1);
        Answer made = post(parent, permit("Practitioner/jonas-lindqvist"));
        stored(made);
        assertThat(server.get("physician2", "Patient/" + CHILD).status()).isEqualTo(200);

        CLOCK.move(Duration.between(CLOCK.instant(), midnight).plusSeconds(1));

        for (String token : new String[] {parent, Representatives.token(server, "parent")}) {
            Answer hidden = get(token, "Patient/" + CHILD);
            assertThat(hidden.status()).isEqualTo(404);
            assertThat(hidden.text().replace(CHILD, "never-was"))
                    .isEqualTo(get(token, "Patient/never-was").text());
            for (String search : new String[] {
                "Patient?_id=" + CHILD,
                "Observation?patient=" + CHILD,
                "Consent?patient=" + CHILD,
                "Patient",
                "AuditEvent"
            }) {
                assertThat(get(token, search).bundle().getEntry()).as(search).isEmpty();
            }
            assertThat(get(token, "Patient/" + CHILD + "/$everything").status()).isEqualTo(404);
            assertThat(get(token, "Patient/" + CHILD + "/$access-log").status()).isEqualTo(404);
            assertThat(post(token, permit("Practitioner/amara-okafor")).status())
                    .as("nothing is opened any more")
                    .isEqualTo(400);
        }
        // What was consented stays until the grown-up ends it, who alone can.
        assertThat(server.get("physician2", "Patient/" + CHILD).status()).isEqualTo(200);
        String path = "Consent/" + made.resource().getIdElement().getIdPart();
        server.send(server.anonymous(path)
                .header("Authorization", "Bearer " + parent)
                .DELETE());
        assertThat(server.get("physician2", "Patient/" + CHILD).status()).isEqualTo(200);
        String child = Representatives.token(server, "child");
        assertThat(get(child, "Patient/" + CHILD).status()).isEqualTo(200);
        stored(server.send(server.anonymous(path)
                .header("Authorization", "Bearer " + child)
                .DELETE()));
        assertThat(server.get("physician2", "Patient/" + CHILD).status()).isEqualTo(404);
    }

    private static Consent permit(String grantee) {
        Consent consent = Consents.permit(CHILD, grantee);
        consent.getPerformer().clear();
        return consent;
    }

    private static void put(Resource resource) {
        stored(server.put(
                "backend", resource.fhirType() + "/" + resource.getIdElement().getIdPart(), resource));
    }

    private static void stored(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isLessThan(300);
    }

    private static Answer get(String token, String path) {
        return server.send(server.anonymous(path).header("Authorization", "Bearer " + token));
    }

    private static Answer post(String token, Resource body) {
        return server.send(server.anonymous(body.fhirType())
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/fhir+json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        server.fhir().newJsonParser().encodeResourceToString(body))));
    }
}
