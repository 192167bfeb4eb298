package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.export.Exports;
import org.securemed.fhir.server.TestServer;

/** An answer that takes long ends with what let it begin. */
class EndedWhileSentIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PATIENT = "much-to-tell";
    private static final int BUNDLES = 4;
    private static final int EACH = 100;

    @Test
    void a_file_of_an_export_breaks_off_when_the_token_ends() throws Exception {
        load();
        String token = SERVER.bean(TokenMint.class).forPerson("physician2", "user/*.rs");
        String status = Exports.status(SERVER, token, "Patient/$export?_type=Observation&_since=2020-01-01T00:00:00Z");
        String file = Exports.first(Exports.manifest(SERVER, token, status), "Observation");
        HttpResponse<InputStream> answer = HttpClient.newHttpClient()
                .send(Exports.request(SERVER, token, file).GET().build(), HttpResponse.BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        try (InputStream body = answer.body()) {
            assertThat(body.readNBytes(1000)).hasSize(1000);

            SERVER.bean(Revocations.class).revoke(Revocations.Kind.TOKEN, TokenHash.of(token));

            assertThatThrownBy(() -> body.transferTo(OutputStream.nullOutputStream()))
                    .as("an end that is none")
                    .isInstanceOf(IOException.class);
        }
    }

    /** More than the network holds back by itself. */
    private static void load() {
        Patient patient = new Patient();
        patient.setId(PATIENT);
        SERVER.put("backend", "Patient/" + PATIENT, patient);
        Consents.form(SERVER, PATIENT);
        Consents.record(SERVER, Consents.permit(PATIENT, "Practitioner/jonas-lindqvist"));
        String note = "n".repeat(100_000);
        for (int i = 0; i < BUNDLES; i++) {
            Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
            for (int j = 0; j < EACH; j++) {
                Observation observation = new Observation()
                        .setStatus(Observation.ObservationStatus.FINAL)
                        .setCode(new CodeableConcept().setText("x"))
                        .setSubject(new Reference("Patient/" + PATIENT));
                observation.addNote().setText(note);
                bundle.addEntry()
                        .setResource(observation)
                        .getRequest()
                        .setMethod(Bundle.HTTPVerb.POST)
                        .setUrl("Observation");
            }
            assertThat(SERVER.post("backend", "", bundle).status()).isEqualTo(200);
        }
    }
}
