package org.securemed.fhir.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.demo.DemoPatients;
import org.securemed.fhir.server.TestServer.Answer;

/** Every interaction that the server offers, as the hospital's own system uses it. */
class InteractionsIT {
    private static final String SYSTEM = "backend";

    private final TestServer server = TestServer.shared();

    @Test
    void the_capability_statement_names_what_is_offered_and_needs_no_token() {
        Answer answer = server.send(server.anonymous("metadata").GET());

        assertThat(answer.status()).isEqualTo(200);
        CapabilityStatement statement = (CapabilityStatement) answer.resource();
        assertThat(statement.getFhirVersion().toCode()).isEqualTo("4.0.1");
        CapabilityStatement.CapabilityStatementRestResourceComponent auditEvent =
                statement.getRestFirstRep().getResource().stream()
                        .filter(resource -> resource.getType().equals("AuditEvent"))
                        .findFirst()
                        .orElseThrow();
        assertThat(auditEvent.getInteraction().stream().map(i -> i.getCode().toCode()))
                .containsExactlyInAnyOrder("read", "search-type", "create");
    }

    @Test
    void a_resource_is_created_read_updated_patched_and_deleted_and_its_versions_stay() {
        Observation observation = observation("Patient/elena-rossi", "created");

        Answer created = server.post(SYSTEM, "Observation", observation);
        assertThat(created.status()).as(created.text()).isEqualTo(201);
        String path = "Observation/" + created.resource().getIdElement().getIdPart();
        assertThat(created.response().headers().firstValue("Location").orElseThrow())
                .endsWith(path + "/_history/1");
        assertThat(((Observation) server.get(SYSTEM, path).resource())
                        .getValueStringType()
                        .getValue())
                .isEqualTo("created");

        Observation next = observation("Patient/elena-rossi", "updated");
        next.setId(path);
        Answer updated = server.put(SYSTEM, path, next);
        assertThat(updated.status()).as(updated.text()).isEqualTo(200);

        Answer patched = server.send(server.request(SYSTEM, path)
                .header("Content-Type", "application/json-patch+json")
                .method(
                        "PATCH",
                        HttpRequest.BodyPublishers.ofString(
                                "[{\"op\":\"replace\",\"path\":\"/valueString\",\"value\":\"patched\"}]")));
        assertThat(patched.status()).as(patched.text()).isEqualTo(200);

        assertThat(((Observation) server.get(SYSTEM, path + "/_history/1").resource())
                        .getValueStringType()
                        .getValue())
                .isEqualTo("created");
        assertThat(server.get(SYSTEM, path + "/_history").bundle().getEntry()).hasSize(3);

        Answer deleted = server.delete(SYSTEM, path);
        assertThat(deleted.status()).as(deleted.text()).isBetween(200, 204);
        assertThat(server.get(SYSTEM, path).status()).isEqualTo(410);
    }

    @Test
    void conditional_forms_match_by_what_is_stored() {
        String identifier = "urn:test|" + UUID.randomUUID();
        Patient patient = new Patient();
        patient.addIdentifier().setSystem("urn:test").setValue(identifier.substring(9));
        patient.addName().setFamily("Conditional");
        HttpRequest.Builder request = server.request(SYSTEM, "Patient")
                .header("Content-Type", "application/fhir+json")
                .header("If-None-Exist", "identifier=" + identifier)
                .POST(HttpRequest.BodyPublishers.ofString(
                        server.fhir().newJsonParser().encodeResourceToString(patient)));

        assertThat(server.send(request).status()).isEqualTo(201);
        assertThat(server.send(request).status()).isEqualTo(200);

        String query = "Patient?identifier=" + identifier.replace("|", "%7C");
        patient.addName().setFamily("Updated");
        Answer updated = server.put(SYSTEM, query, patient);
        assertThat(updated.status()).as(updated.text()).isEqualTo(200);
        assertThat(server.get(SYSTEM, query).bundle().getEntry()).hasSize(1);

        String other = query + "-none";
        Patient fresh = new Patient();
        fresh.addIdentifier().setSystem("urn:test").setValue(identifier.substring(9) + "-none");
        assertThat(server.put(SYSTEM, other, fresh).status())
                .as("an update of what isn't there creates it")
                .isEqualTo(201);
        assertThat(server.get(SYSTEM, other).bundle().getEntry()).hasSize(1);

        Answer deleted = server.delete(SYSTEM, query);
        assertThat(deleted.status()).as(deleted.text()).isBetween(200, 204);
        assertThat(server.get(SYSTEM, query).bundle().getEntry()).isEmpty();
    }

    @Test
    void a_transaction_of_placeholders_is_stored_whole_and_reads_back_equal() {
        Bundle sent = DemoPatients.seeded(7).patient(3).bundle();

        Answer answer = server.post(SYSTEM, "", sent);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        List<Bundle.BundleEntryComponent> stored = answer.bundle().getEntry();
        Map<String, String> references = new HashMap<>();
        for (int i = 0; i < stored.size(); i++) {
            String location = stored.get(i).getResponse().getLocation();
            references.put(sent.getEntry().get(i).getFullUrl(), location.substring(0, location.indexOf("/_history")));
        }
        for (Bundle.BundleEntryComponent entry : sent.getEntry()) {
            String reference = Objects.requireNonNull(references.get(entry.getFullUrl()));
            assertThat(normalized(server.get(SYSTEM, reference).resource(), Map.of()))
                    .as(reference)
                    .isEqualTo(normalized(entry.getResource(), references));
            if (!reference.startsWith("Patient/")) {
                assertThat(server.get("physician", reference).status()).isEqualTo(404);
            }
        }
        Patient patient = (Patient) server.get(
                        SYSTEM,
                        Objects.requireNonNull(
                                references.get(sent.getEntryFirstRep().getFullUrl())))
                .resource();
        patient.setActive(false);
        Answer updated = server.put(SYSTEM, "Patient/" + patient.getIdElement().getIdPart(), patient);
        assertThat(updated.status())
                .as("a patient made in a transaction can be updated: " + updated)
                .isEqualTo(200);
    }

    @Test
    void a_batch_answers_each_entry_by_itself() {
        Bundle batch = new Bundle().setType(Bundle.BundleType.BATCH);
        batch.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl("Patient/elena-rossi");
        batch.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl("Patient/nobody");
        batch.addEntry()
                .setResource(observation("Patient/elena-rossi", "by batch"))
                .getRequest()
                .setMethod(Bundle.HTTPVerb.POST)
                .setUrl("Observation");

        Bundle answer = server.post(SYSTEM, "", batch).bundle();

        assertThat(answer.getEntry().stream()
                        .map(entry -> entry.getResponse().getStatus().substring(0, 3)))
                .containsExactly("200", "404", "201");
    }

    @Test
    void searches_by_get_and_by_post_find_the_same() {
        Bundle byGet =
                server.get(SYSTEM, "Observation?patient=elena-rossi&_count=200").bundle();
        Answer byPost = server.send(server.request(SYSTEM, "Observation/_search")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("patient=elena-rossi&_count=200")));

        assertThat(byPost.bundle().getEntry()).hasSameSizeAs(byGet.getEntry()).isNotEmpty();
    }

    @Test
    void pages_of_a_search_together_are_the_whole() {
        int all = server.get(SYSTEM, "Observation?patient=elena-rossi&_summary=count")
                .bundle()
                .getTotal();
        int seen = 0;
        String next = "Observation?patient=elena-rossi&_count=7";
        while (next != null) {
            Bundle page = server.get(SYSTEM, next).bundle();
            seen += page.getEntry().size();
            Bundle.BundleLinkComponent link = page.getLink("next");
            next = link == null ? null : link.getUrl().replaceFirst(".*/fhir/", "");
        }

        assertThat(seen).isEqualTo(all);
    }

    @Test
    void everything_summary_and_validate_answer() {
        Bundle everything =
                server.get("patient", "Patient/elena-rossi/$everything").bundle();
        assertThat(everything.getEntry().stream()
                        .map(entry -> entry.getResource().fhirType()))
                .contains("Patient", "Observation", "Encounter", "Practitioner");

        Bundle summary = server.get("patient", "Patient/elena-rossi/$summary").bundle();
        assertThat(summary.getType()).isEqualTo(Bundle.BundleType.DOCUMENT);

        Answer validated = server.post("physician", "Patient/$validate", new Patient());
        assertThat(validated.resource()).isInstanceOf(OperationOutcome.class);
    }

    private String normalized(Resource resource, Map<String, String> references) {
        Resource copy = resource.copy();
        copy.setId((String) null);
        copy.setMeta(null);
        String json = server.fhir().newJsonParser().encodeResourceToString(copy);
        for (Map.Entry<String, String> reference : references.entrySet()) {
            json = json.replace("\"" + reference.getKey() + "\"", "\"" + reference.getValue() + "\"");
        }
        return json;
    }

    private static Observation observation(String patient, String value) {
        Observation observation = new Observation();
        observation.setStatus(Observation.ObservationStatus.FINAL);
        observation.setCode(new CodeableConcept(new Coding("http://loinc.org", "8867-4", "Heart rate")));
        observation.setSubject(new Reference(patient));
        observation.setValue(new StringType(value));
        return observation;
    }
}
