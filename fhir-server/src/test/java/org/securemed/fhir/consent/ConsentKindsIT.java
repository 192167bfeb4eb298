package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentProvisionType;
import org.hl7.fhir.r4.model.Consent.ProvisionComponent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.securemed.fhir.demo.Hospital;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.DemoClients;
import org.securemed.fhir.smart.Representatives;

/**
 * Each kind of actor, purpose, period and status that a Consent can have, asked over HTTP by who is meant and who
 * isn't.
 */
class ConsentKindsIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PATIENT = "kinds-patient";
    private static final String PURPOSES = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    private static final List<String> EVERYBODY = List.of("physician", "physician2", "nurse");

    private final List<String> consents = new ArrayList<>();

    @BeforeAll
    static void load() {
        put("{\"resourceType\":\"Patient\",\"id\":\"kinds-patient\"}");
        Consents.form(SERVER, PATIENT);
        put("{\"resourceType\":\"Organization\",\"id\":\"kinds-elsewhere\"}");
        put("{\"resourceType\":\"Device\",\"id\":\"" + DemoClients.APP + "\"}");
        put("{\"resourceType\":\"Device\",\"id\":\"kinds-other-app\"}");
        put(
                "{\"resourceType\":\"PractitionerRole\",\"id\":\"kinds-role\",\"active\":true,\"practitioner\":{\"reference\":\"Practitioner/jonas-lindqvist\"}}");
        put(
                "{\"resourceType\":\"CareTeam\",\"id\":\"kinds-team\",\"status\":\"active\",\"subject\":{\"reference\":\"Patient/kinds-patient\"},\"participant\":[{\"member\":{\"reference\":\"Practitioner/jonas-lindqvist\"}}]}");
        put(
                "{\"resourceType\":\"Group\",\"id\":\"kinds-group\",\"type\":\"practitioner\",\"actual\":true,\"member\":[{\"entity\":{\"reference\":\"Practitioner/jonas-lindqvist\"}}]}");
        put(
                "{\"resourceType\":\"RelatedPerson\",\"id\":\"kinds-brother\",\"patient\":{\"reference\":\"Patient/kinds-patient\"}}");
        Representatives.account(SERVER, "kinds-brother", PATIENT, "RelatedPerson/kinds-brother");
    }

    @AfterEach
    void end() {
        consents.forEach(consent -> Consents.end(SERVER, consent));
    }

    @ParameterizedTest
    @CsvSource({
        "Practitioner/jonas-lindqvist, physician2",
        "PractitionerRole/kinds-role, physician2",
        "CareTeam/kinds-team, physician2",
        "Group/kinds-group, physician2",
        "Organization/kinds-elsewhere, ''",
        "Device/kinds-other-app, ''",
        "Device/demo-app, physician physician2 nurse"
    })
    void an_actor_by_reference(String reference, String whoSees) {
        permit(provision -> actor(provision, reference, null));

        seenBy(whoSees);
    }

    @ParameterizedTest
    @CsvSource({
        "https://securemed.org/fhir/CodeSystem/role, nurse, nurse",
        "https://securemed.org/fhir/CodeSystem/role, physician, physician physician2",
        "http://terminology.hl7.org/CodeSystem/practitioner-role, doctor, physician physician2",
        "http://terminology.hl7.org/CodeSystem/practitioner-role, nurse, nurse",
        "http://terminology.hl7.org/CodeSystem/practitioner-role, researcher, ''"
    })
    void an_actor_by_role(String system, String code, String whoSees) {
        permit(provision -> actor(provision, null, new Coding(system, code, null)));

        seenBy(whoSees);
    }

    @Test
    void the_hospital_and_everybody() {
        permit(provision -> actor(provision, Hospital.HOSPITAL, null));
        seenBy("physician physician2 nurse");
        end();
        consents.clear();
        permit(provision -> {});
        seenBy("physician physician2 nurse");
    }

    @Test
    void a_relative_who_represents_nobody() {
        permit(provision -> {
            provision.getPurpose().clear();
            actor(provision, "RelatedPerson/kinds-brother", null);
        });

        String brother = Representatives.token(SERVER, "kinds-brother");
        assertThat(read(brother)).isEqualTo(200);
        assertThat(SERVER.send(SERVER.anonymous("Consent?patient=" + PATIENT)
                                .header("Authorization", "Bearer " + brother)
                                .GET())
                        .bundle()
                        .getEntry())
                .as("the Consents stay between the patient and the custodian")
                .isEmpty();
        seenBy("");
        end();
        consents.clear();
        assertThat(read(brother)).isEqualTo(404);
    }

    @Test
    void two_elements_of_an_actor_and_two_actors() {
        permit(provision -> actor(
                provision, Hospital.HOSPITAL, new Coding("https://securemed.org/fhir/CodeSystem/role", "nurse", null)));
        seenBy("nurse");
        end();
        consents.clear();
        permit(provision -> {
            actor(provision, "Practitioner/jonas-lindqvist", null);
            actor(provision, null, new Coding("https://securemed.org/fhir/CodeSystem/role", "nurse", null));
        });
        seenBy("physician2 nurse");
    }

    @ParameterizedTest
    @CsvSource({"TREAT, 200", "ETREAT, 404", "HPAYMT, 404", "HRESCH, 404", "PATRQT, 404"})
    void a_purpose(String purpose, int status) {
        permit(provision -> provision.getPurpose().forEach(coding -> coding.setCode(purpose)));

        assertThat(SERVER.get("physician2", "Patient/" + PATIENT).status()).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({"-2, -1, ''", "-1, 1, physician physician2 nurse", "1, 2, ''", "-1, , physician physician2 nurse"})
    void a_period(int start, @Nullable Integer end, String whoSees) {
        permit(provision -> {
            provision.getPeriod().setStart(days(start));
            if (end != null) {
                provision.getPeriod().setEnd(days(end));
            }
        });

        seenBy(whoSees);
    }

    @ParameterizedTest
    @EnumSource(
            value = Consent.ConsentState.class,
            names = {"NULL", "ACTIVE"},
            mode = EnumSource.Mode.EXCLUDE)
    void no_status_but_active(Consent.ConsentState status) {
        Consent consent = Consents.permit(PATIENT, "Practitioner/jonas-lindqvist");
        consent.setStatus(status);
        consents.add(Consents.record(SERVER, consent));

        seenBy("");
    }

    @Test
    void nested_provisions_refine_and_the_closest_actor_wins() {
        permit(provision -> {
            actor(provision, Hospital.HOSPITAL, null);
            ProvisionComponent except = provision.addProvision().setType(ConsentProvisionType.DENY);
            actor(except, null, new Coding("https://securemed.org/fhir/CodeSystem/role", "physician", null));
        });
        seenBy("nurse");

        // Another Consent that names somebody more closely.
        permit(provision -> actor(provision, "Practitioner/jonas-lindqvist", null));
        seenBy("physician2 nurse");
        Consent deny = Consents.permit(PATIENT, "Practitioner/jonas-lindqvist", "Patient");
        deny.getProvision().setType(ConsentProvisionType.DENY);
        consents.add(Consents.record(SERVER, deny));
        seenBy("nurse");
    }

    private void permit(Consumer<ProvisionComponent> narrow) {
        Consent consent = Consents.permit(PATIENT, "Practitioner/nobody");
        consent.getProvision().getActor().clear();
        narrow.accept(consent.getProvision());
        consents.add(Consents.record(SERVER, consent));
    }

    private static void actor(ProvisionComponent provision, @Nullable String reference, @Nullable Coding role) {
        Consent.provisionActorComponent actor = provision.addActor();
        actor.setRole(new CodeableConcept(
                role == null
                        ? new Coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", null)
                        : role));
        if (reference != null) {
            actor.setReference(new Reference(reference));
        }
    }

    private static Date days(int days) {
        return Date.from(Instant.now().plus(days, ChronoUnit.DAYS));
    }

    private static void seenBy(String whoSees) {
        Set<String> seers = whoSees.isEmpty() ? Set.of() : Set.of(whoSees.split(" "));
        for (String user : EVERYBODY) {
            boolean sees = seers.contains(user);
            assertThat(SERVER.get(user, "Patient/" + PATIENT).status()).as(user).isEqualTo(sees ? 200 : 404);
            assertThat(SERVER.get(user, "Patient?_id=" + PATIENT).bundle().getTotal())
                    .as(user)
                    .isEqualTo(sees ? 1 : 0);
        }
    }

    private static int read(String token) {
        return SERVER.send(SERVER.anonymous("Patient/" + PATIENT)
                        .header("Authorization", "Bearer " + token)
                        .GET())
                .status();
    }

    private static void put(String json) {
        Resource resource = (Resource) SERVER.fhir().newJsonParser().parseResource(json);
        Answer stored = SERVER.put(
                "backend", resource.fhirType() + "/" + resource.getIdElement().getIdPart(), resource);
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }
}
