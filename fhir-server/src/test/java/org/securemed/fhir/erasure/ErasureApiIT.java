package org.securemed.fhir.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.hl7.fhir.r4.model.Patient;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.smart.WeakLogIns;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.verify.Verifier;

class ErasureApiIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final TestServer server = TestServer.shared();

    @Test
    void an_administrator_erases_a_patient_from_the_ledger_and_the_log_stays_whole() throws Exception {
        String id = "erased-" + UUID.randomUUID();
        Patient created = new Patient();
        created.setId(id);
        assertThat(server.put("backend", "Patient/" + id, created).status()).isEqualTo(201);
        Pseudonym patient = server.bean(SubjectKeys.class).known(id).orElseThrow();
        HttpResponse<String> answer = post("administrator", "patients/" + id + "/erasure");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"patient\":\"" + patient + "\"").doesNotContain(id);
        assertThat(server.bean(SubjectKeys.class).known(id)).isEmpty();
        Ledger ledger = server.bean(Ledger.class);
        StoredEntry erasure = ledger.find(
                        new EntryQuery(Set.of(patient), null, Set.of(Op.ERASE), null, null, Long.MAX_VALUE, 10))
                .get(0);
        assertThat(answer.body()).contains(erasure.entry().id().toString());
        assertThat(post("administrator", "patients/" + id + "/erasure").statusCode())
                .isEqualTo(404);
        KeyEncryptionKeys epochs = KeyEncryptionKeys.open(
                server.directory().resolve("ledger").resolve(Path.of("development-kek.p12")),
                "development".toCharArray());
        try (Connection connection = server.database().getConnection()) {
            assertThat(new Verifier(ledger.logKey())
                            .opening(epochs)
                            .verify(connection)
                            .findings())
                    .isEmpty();
        }
    }

    @Test
    void nobody_else_may_and_every_attempt_is_recorded() throws Exception {
        for (String user : new String[] {"physician", "nurse", "patient", "compliance"}) {
            HttpResponse<String> answer = post(user, "patients/elena-rossi/erasure");
            assertThat(answer.statusCode()).as(user).isEqualTo(403);
            assertThat(answer.body()).contains("role-not-allowed");
            assertThat(post(user, "patient-keys/epoch").statusCode()).as(user).isEqualTo(403);
        }
        HttpResponse<String> stranger =
                HTTP.send(request("patients/elena-rossi/erasure").build(), BodyHandlers.ofString());
        assertThat(stranger.statusCode()).isEqualTo(401);
        assertThat(server.bean(SubjectKeys.class).known("elena-rossi")).isPresent();
        assertThat(server.bean(Ledger.class)
                        .find(new EntryQuery(
                                Set.of(), null, Set.of(new Op("administration")), null, null, Long.MAX_VALUE, 100)))
                .hasSizeGreaterThanOrEqualTo(8);
        assertThat(post("administrator", "patients/nobody-of-this-name/erasure").statusCode())
                .isEqualTo(404);
        assertThat(post("administrator", "patients/not%20an%20id/erasure").statusCode())
                .isEqualTo(404);
    }

    @Test
    void a_weak_log_in_erases_nobody() throws Exception {
        HttpResponse<String> answer = HTTP.send(
                request("patients/elena-rossi/erasure")
                        .header("Authorization", "Bearer " + WeakLogIns.token(server, "administrator"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate").orElse(""))
                .contains("insufficient_user_authentication");
        assertThat(server.bean(SubjectKeys.class).known("elena-rossi")).isPresent();
    }

    @Test
    void an_administrator_begins_the_newest_epoch_which_is_the_one_in_use_when_there_is_no_other() throws Exception {
        HttpResponse<String> answer = post("administrator", "patient-keys/epoch");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"left\":0");
    }

    private HttpResponse<String> post(String user, String path) throws Exception {
        return HTTP.send(
                request(path)
                        .header("Authorization", "Bearer " + server.token(user))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.base() + "/admin/" + path))
                .timeout(Duration.ofSeconds(30))
                .POST(BodyPublishers.noBody());
    }
}
