package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.UUID;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.RelatedPerson;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.Representatives;

/** Who may act for a patient, by whose word, and until when. */
class AppointmentIT {
    private static final TestServer SERVER = TestServer.shared();

    /** A patient with a RelatedPerson who can log in as {@code username}; ids are those of the test. */
    private record Family(String child, String parent, String username) {
        String token() {
            return Representatives.token(SERVER, username);
        }
    }

    private static Family family(LocalDate born) {
        String id = UUID.randomUUID().toString();
        Patient child = new Patient();
        child.setId("child-" + id);
        child.addName().setFamily("Child");
        child.setBirthDateElement(new DateType(born.toString()));
        stored(SERVER.put("backend", "Patient/child-" + id, child));
        RelatedPerson parent = new RelatedPerson();
        parent.setId("parent-" + id);
        parent.setPatient(new Reference("Patient/child-" + id));
        stored(SERVER.put("backend", "RelatedPerson/parent-" + id, parent));
        Consents.form(SERVER, "child-" + id);
        Representatives.account(SERVER, "p-" + id, "child-" + id, "RelatedPerson/parent-" + id);
        return new Family("child-" + id, "RelatedPerson/parent-" + id, "p-" + id);
    }

    private static void stored(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isLessThan(300);
    }

    /** What a custodian records from a signed form. */
    static Consent appointment(String patient, String representative) {
        Consent consent = new Consent();
        consent.setStatus(Consent.ConsentState.ACTIVE);
        consent.setScope(new CodeableConcept(
                new Coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", null)));
        consent.addCategory(new CodeableConcept(
                new Coding("https://securemed.org/fhir/CodeSystem/consent-category", "representation", null)));
        consent.setPatient(new Reference("Patient/" + patient));
        consent.addPolicy().setUri("https://securemed.org/policy/basic-consent");
        consent.setSource(new Reference("DocumentReference/form-" + patient));
        consent.getProvision()
                .setType(Consent.ConsentProvisionType.PERMIT)
                .addActor()
                .setRole(new CodeableConcept(
                        new Coding("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "GUARD", null)))
                .setReference(new Reference(representative));
        return consent;
    }

    private static Instant until(Family family) {
        return SERVER.bean(ConsentStates.class)
                .of(family.child())
                .representatives()
                .getOrDefault(family.parent(), Instant.MIN);
    }

    private int reads(Family family) {
        return SERVER.send(SERVER.anonymous("Patient/" + family.child())
                        .header("Authorization", "Bearer " + family.token()))
                .status();
    }

    @Test
    void whoever_was_not_appointed_sees_nothing_and_appoints_nobody() {
        Family family = family(LocalDate.now(ZoneId.systemDefault()).minusYears(40));
        assertThat(reads(family)).isEqualTo(404);
        Answer self = SERVER.send(SERVER.anonymous("Consent")
                .header("Authorization", "Bearer " + family.token())
                .header("Content-Type", "application/fhir+json")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString(SERVER.fhir()
                        .newJsonParser()
                        .encodeResourceToString(appointment(family.child(), family.parent())))));
        assertThat(self.status()).as(self.text()).isEqualTo(400);
        assertThat(SERVER.post("physician", "Consent", appointment(family.child(), family.parent()))
                        .status())
                .isEqualTo(403);
        assertThat(SERVER.post("patient2", "Consent", appointment(family.child(), family.parent()))
                        .status())
                .isEqualTo(400);
        assertThat(reads(family)).isEqualTo(404);
    }

    @Test
    void a_child_is_represented_until_the_eighteenth_birthday_and_a_grown_up_as_long_as_was_said() {
        LocalDate born = LocalDate.now(ZoneId.systemDefault()).minusYears(17).minusDays(10);
        Family family = family(born);
        stored(SERVER.post("backend", "Consent", appointment(family.child(), family.parent())));
        assertThat(until(family))
                .isEqualTo(
                        born.plusYears(18).atStartOfDay(ZoneId.systemDefault()).toInstant());

        Family old = family(LocalDate.now(ZoneId.systemDefault()).minusYears(80));
        stored(SERVER.post("backend", "Consent", appointment(old.child(), old.parent())));
        assertThat(until(old)).isEqualTo(Instant.MAX);
    }

    @Test
    void an_appointment_ends_when_its_time_is_over() {
        Family family = family(LocalDate.now(ZoneId.systemDefault()).minusYears(5));
        Consent appointment = appointment(family.child(), family.parent());
        appointment
                .getProvision()
                .getPeriod()
                .setEndElement(new DateTimeType(Date.from(Instant.now().plus(3, ChronoUnit.SECONDS))));
        stored(SERVER.post("backend", "Consent", appointment));
        assertThat(reads(family)).isEqualTo(200);

        Instant deadline = Instant.now().plusSeconds(20);
        int status = 200;
        while (status == 200 && Instant.now().isBefore(deadline)) {
            status = reads(family);
        }
        assertThat(status).isEqualTo(404);
    }

    @Test
    void an_appointment_without_evidence_or_with_conditions_or_of_somebody_else_is_refused() {
        Family family = family(LocalDate.now(ZoneId.systemDefault()).minusYears(5));
        Family other = family(LocalDate.now(ZoneId.systemDefault()).minusYears(5));
        Consent bare = appointment(family.child(), family.parent());
        bare.setSource(null);
        assertThat(SERVER.post("backend", "Consent", bare).status()).isEqualTo(422);
        Consent partly = appointment(family.child(), family.parent());
        partly.getProvision().addClass_(new Coding("http://hl7.org/fhir/resource-types", "Observation", null));
        assertThat(SERVER.post("backend", "Consent", partly).text()).contains("consent-representation");
        Consent later = appointment(family.child(), family.parent());
        later.getProvision().getPeriod().setStart(Date.from(Instant.now().plus(2, ChronoUnit.DAYS)));
        assertThat(SERVER.post("backend", "Consent", later).text()).contains("consent-representation");
        assertThat(SERVER.post("backend", "Consent", appointment(family.child(), "Practitioner/amara-okafor"))
                        .text())
                .contains("consent-representation");
        Answer strangers = SERVER.post("backend", "Consent", appointment(family.child(), other.parent()));
        assertThat(strangers.status()).as(strangers.text()).isGreaterThanOrEqualTo(400);
        assertThat(reads(family)).isEqualTo(404);
        assertThat(reads(other)).isEqualTo(404);
    }

    @Test
    void one_appointment_is_not_turned_into_another() {
        Family family = family(LocalDate.now(ZoneId.systemDefault()).minusYears(5));
        Answer made = SERVER.post("backend", "Consent", appointment(family.child(), family.parent()));
        stored(made);
        String path = "Consent/" + made.resource().getIdElement().getIdPart();
        assertThat(SERVER.post("backend", "Consent", appointment(family.child(), family.parent()))
                        .text())
                .contains("already");

        Consent changed = (Consent) SERVER.get("backend", path).resource();
        changed.getCategory().clear();
        changed.addCategory(new CodeableConcept(new Coding("http://loinc.org", "59284-0", null)));
        assertThat(SERVER.put("backend", path, changed).text()).contains("consent-representation");
        assertThat(reads(family)).isEqualTo(200);

        Consent ended = (Consent) SERVER.get("backend", path).resource();
        ended.setStatus(Consent.ConsentState.INACTIVE);
        stored(SERVER.put("backend", path, ended));
        assertThat(reads(family)).isEqualTo(404);
    }
}
