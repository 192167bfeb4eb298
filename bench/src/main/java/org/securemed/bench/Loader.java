package org.securemed.bench;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DocumentReference;
import org.hl7.fhir.r4.model.Enumerations;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.securemed.fhir.demo.DemoPatient;
import org.securemed.fhir.demo.DemoPatients;
import org.securemed.fhir.demo.Hospital;

/** Puts the demonstration's patients on a server, and their consents to be treated by its physician. */
final class Loader {
    private static final FhirContext FHIR = FhirContext.forR4Cached();
    private static final ObjectMapper JSON = new ObjectMapper();

    private Loader() {}

    /**
     * Stores the first patients of the demonstration.
     *
     * @throws IOException if the server refuses one
     */
    static Population load(Target target, int patients) throws IOException {
        try (Connection connection = Connection.open(target)) {
            transaction(connection, target, DemoPatients.standard().shared());
            List<Population.Member> members = new ArrayList<>();
            for (DemoPatient patient : DemoPatients.standard().patients(patients)) {
                Population.Member member = member(patient, transaction(connection, target, patient.bundle()));
                consent(connection, target, member.id());
                members.add(member);
            }
            return new Population(members);
        }
    }

    /**
     * Stores further patients of the demonstration, who let nobody in.
     *
     * @param first index of the first of them
     * @throws IOException if the server refuses one
     */
    static void loadHidden(Target target, int first, int patients) throws IOException {
        try (Connection connection = Connection.open(target)) {
            for (int i = first; i < first + patients; i++) {
                transaction(
                        connection, target, DemoPatients.standard().patient(i).bundle());
            }
        }
    }

    /** References of what was stored, in the order of the entries: {@code Patient/…}. */
    private static List<String> transaction(Connection connection, Target target, Bundle bundle) throws IOException {
        Connection.Answer answer = connection.ask(Request.post("", parser().encodeResourceToString(bundle)));
        if (answer.status() != 200) {
            throw new IOException("%s did not store a bundle: %d %s"
                    .formatted(
                            target,
                            answer.status(),
                            answer.body().lines().limit(20).toList()));
        }
        List<String> references = new ArrayList<>();
        for (JsonNode entry : JSON.readTree(answer.body()).path("entry")) {
            String location = entry.path("response").path("location").asText();
            int history = location.indexOf("/_history/");
            references.add(history < 0 ? location : location.substring(0, history));
        }
        return references;
    }

    /** The plain server stores the same two resources; they mean nothing to it. */
    private static void consent(Connection connection, Target target, String patientId) throws IOException {
        String form = create(connection, target, form(patientId));
        create(connection, target, consent(patientId, form));
    }

    private static String create(Connection connection, Target target, Resource resource) throws IOException {
        Connection.Answer answer =
                connection.ask(Request.post("/" + resource.fhirType(), parser().encodeResourceToString(resource)));
        if (answer.status() != 201) {
            throw new IOException("%s did not store a %s: %d %s"
                    .formatted(target, resource.fhirType(), answer.status(), answer.body()));
        }
        return resource.fhirType() + "/"
                + JSON.readTree(answer.body()).path("id").asText();
    }

    private static DocumentReference form(String patientId) {
        DocumentReference form = new DocumentReference();
        form.setStatus(Enumerations.DocumentReferenceStatus.CURRENT)
                .setSubject(new Reference("Patient/" + patientId))
                .setDescription("Signed form");
        form.addContent().getAttachment().setContentType("text/plain").setTitle("Signed form");
        return form;
    }

    private static Consent consent(String patientId, String form) {
        Consent consent = new Consent();
        consent.setStatus(Consent.ConsentState.ACTIVE)
                .setScope(coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"))
                .addCategory(coded("http://loinc.org", "59284-0"))
                .setPatient(new Reference("Patient/" + patientId))
                .setDateTimeElement(new DateTimeType("2026-10-01T09:00:00Z"))
                .addPerformer(new Reference("Patient/" + patientId))
                .addOrganization(new Reference(Hospital.HOSPITAL))
                .setSource(new Reference(form));
        consent.addPolicy().setUri("https://securemed.org/policy/basic-consent");
        consent.getProvision()
                .setType(Consent.ConsentProvisionType.PERMIT)
                .addPurpose(coded("http://terminology.hl7.org/CodeSystem/v3-ActReason", "TREAT")
                        .getCodingFirstRep())
                .addActor()
                .setRole(coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP"))
                .setReference(new Reference(Hospital.PHYSICIAN));
        return consent;
    }

    private static CodeableConcept coded(String system, String code) {
        return new CodeableConcept(new Coding().setSystem(system).setCode(code));
    }

    private static Population.Member member(DemoPatient patient, List<String> references) throws IOException {
        String id = logicalIds(references, "Patient").stream()
                .findFirst()
                .orElseThrow(() -> new IOException("the answer to a transaction names no Patient"));
        return new Population.Member(
                id,
                URLEncoder.encode(Hospital.MRN_SYSTEM + "|" + patient.mrn(), StandardCharsets.UTF_8),
                logicalIds(references, "Observation"),
                demographics(patient.patient().copy(), id),
                observation(id));
    }

    private static List<String> logicalIds(List<String> references, String type) {
        String marker = type + "/";
        return references.stream()
                .filter(reference -> reference.contains(marker))
                .map(reference -> reference.substring(reference.indexOf(marker) + marker.length()))
                .toList();
    }

    private static Template demographics(Patient patient, String id) {
        patient.setId(id);
        patient.getAddressFirstRep().setDistrict(Template.PLACE);
        return Template.of(parser().encodeResourceToString(patient));
    }

    private static Template observation(String patientId) {
        Observation observation = new Observation();
        observation.setStatus(Observation.ObservationStatus.FINAL);
        observation
                .addCategory()
                .addCoding()
                .setSystem("http://terminology.hl7.org/CodeSystem/observation-category")
                .setCode("vital-signs");
        observation
                .getCode()
                .addCoding()
                .setSystem("http://loinc.org")
                .setCode("8867-4")
                .setDisplay("Heart rate");
        observation
                .setSubject(new Reference("Patient/" + patientId))
                .setEffective(new DateTimeType("2026-10-31T09:30:00Z"))
                .setValue(new Quantity()
                        .setValue(72)
                        .setUnit("beats/minute")
                        .setSystem("http://unitsofmeasure.org")
                        .setCode("/min"))
                .addPerformer(new Reference(Hospital.NURSE));
        observation.addIdentifier().setSystem("https://securemed.example/bench").setValue(Template.PLACE);
        return Template.of(parser().encodeResourceToString(observation));
    }

    private static IParser parser() {
        return FHIR.newJsonParser();
    }
}
