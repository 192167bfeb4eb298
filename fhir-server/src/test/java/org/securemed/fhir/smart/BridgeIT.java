package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.DirectDecrypter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Device;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Patient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.card.profile.CardKey;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.fhir.audit.Balp;
import org.securemed.fhir.demo.Hospital;
import org.securemed.fhir.server.TestServer;

/** The smart card bridge with this server behind it: what it reads is under consent, what it does is in the ledger. */
class BridgeIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path directory;

    private static final TestServer server = TestServer.shared();
    private static RunningBridge bridge;

    @BeforeAll
    static void start() throws Exception {
        bridge = new RunningBridge(server, directory);
    }

    @AfterAll
    static void stop() {
        if (bridge != null) {
            bridge.close();
        }
    }

    @Test
    void a_patient_shares_their_summary_by_a_link_and_sees_who_opened_it() throws Exception {
        Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        JsonNode made = RunningBridge.json(
                bridge.post(
                        "/health-links",
                        server.token("patient"),
                        "{\"summary\":true,\"passcode\":\"correct horse\",\"lifetime\":\"PT1H\"}"),
                201);
        JsonNode link = JSON.readTree(
                Base64.getUrlDecoder().decode(made.path("link").asText().substring("shlink:/".length())));
        String path = URI.create(link.path("url").asText()).getPath();

        JsonNode wrong = RunningBridge.json(
                bridge.post(path, null, "{\"recipient\":\"Dr Far Away\",\"passcode\":\"wrong horse\"}"), 401);
        assertThat(wrong.path("remainingAttempts").asInt()).isEqualTo(9);
        JsonNode manifest = RunningBridge.json(
                bridge.post(path, null, "{\"recipient\":\"Dr Far Away\",\"passcode\":\"correct horse\"}"), 200);
        JWEObject file = JWEObject.parse(manifest.at("/files/0/embedded").asText());
        file.decrypt(new DirectDecrypter(
                Base64.getUrlDecoder().decode(link.path("key").asText())));
        JsonNode summary = JSON.readTree(file.getPayload().toString());

        assertThat(summary.path("type").asText()).isEqualTo("document");
        assertThat(summary.at("/entry/0/resource/type/coding/0/code").asText()).isEqualTo("60591-5");
        assertThat(summary.toString()).contains("Rossi");
        // Recorded before it left: no waiting here.
        assertThat(events("patient", "patient=Patient/elena-rossi", start)).anySatisfy(event -> {
            assertThat(event.getSubtypeFirstRep().getCode()).isEqualTo("link-opened");
            assertThat(event.getAgentFirstRep().getName()).isEqualTo("Dr Far Away");
        });
    }

    @Test
    void a_health_card_is_made_of_the_record_and_recorded() throws Exception {
        Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        for (String content : List.of("emergency", "immunizations")) {
            JsonNode card = RunningBridge.json(
                    bridge.post("/health-cards", server.token("patient"), "{\"content\":\"" + content + "\"}"), 201);

            String payload =
                    inflated(JWSObject.parse(card.at("/verifiableCredential/0").asText())
                            .getPayload()
                            .toBytes());
            assertThat(payload).contains("Rossi", "https://smarthealth.cards#health-card");
        }
        assertThat(events("patient", "patient=Patient/elena-rossi", start))
                .anySatisfy(event ->
                        assertThat(event.getSubtypeFirstRep().getCode()).isEqualTo("card-issued"));
    }

    @Test
    void a_patient_checks_in_by_a_code_and_a_wristband_selects_only_for_whoever_may_see_the_patient() throws Exception {
        Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        JsonNode code = RunningBridge.json(
                bridge.post("/check-in-codes", server.token("patient"), "{\"audience\":\"" + Hospital.HOSPITAL + "\"}"),
                201);
        String reading =
                JSON.createObjectNode().put("code", code.path("code").asText()).toString();
        JsonNode found = RunningBridge.json(bridge.post("/check-in", server.token("nurse"), reading), 200);
        assertThat(found.path("patient").asText()).isEqualTo("Patient/elena-rossi");
        RunningBridge.json(bridge.post("/check-in", server.token("nurse"), reading), 409);
        await().untilAsserted(() -> assertThat(events("patient", "patient=Patient/elena-rossi", start))
                .anySatisfy(event -> {
                    assertThat(event.getOutcomeDesc()).isEqualTo("check-in-used");
                    assertThat(event.getAgentFirstRep().getWho().getReference()).startsWith("Practitioner/");
                }));

        Patient elena = (Patient) server.get("patient", "Patient/elena-rossi").resource();
        String number = elena.getIdentifier().stream()
                .filter(identifier -> "https://securemed.example/mrn".equals(identifier.getSystem()))
                .map(Identifier::getValue)
                .findFirst()
                .orElseThrow();
        String wristband = "{\"text\":\"" + number + "\"}";
        assertThat(RunningBridge.json(bridge.post("/wristband", server.token("patient"), wristband), 200)
                        .path("patient")
                        .asText())
                .isEqualTo("Patient/elena-rossi");
        RunningBridge.json(bridge.post("/wristband", server.token("patient2"), wristband), 404);
    }

    @Test
    void a_card_is_a_device_here_and_each_judgement_of_it_is_in_the_ledger() throws Exception {
        Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        UUID guid = UUID.randomUUID();
        SimulatedCard card = SimulatedCard.piv(bridge.ca(), guid, CardKey.P256);
        JsonNode credential = RunningBridge.json(
                bridge.post(
                        "/cards",
                        server.token("administrator"),
                        "{\"owner\":\"Patient/mateusz-kowalczyk\",\"answers\":[%s,%s]}"
                                .formatted(bridge.answer(card, null), bridge.answer(card, SimulatedCard.PIN))),
                201);
        String device = credential.path("device").asText();
        RunningBridge.json(
                bridge.put(
                        "/cards/" + credential.path("id").asText() + "/status",
                        server.token("administrator"),
                        "{\"status\":\"active\"}"),
                200);

        JsonNode whose =
                RunningBridge.json(bridge.post("/cards/identifications", null, bridge.answer(card, null)), 200);
        assertThat(whose.path("reference").asText()).isEqualTo("Patient/mateusz-kowalczyk");
        RunningBridge.json(
                bridge.post("/cards/identifications", null, bridge.answer(RunningBridge.clone(card), null)), 403);

        Device token = (Device) server.get("patient2", device).resource();
        assertThat(token.getStatus()).isEqualTo(Device.FHIRDeviceStatus.ACTIVE);
        assertThat(token.getPatient().getReference()).isEqualTo("Patient/mateusz-kowalczyk");
        Patient owner =
                (Patient) server.get("patient2", "Patient/mateusz-kowalczyk").resource();
        assertThat(owner.getIdentifier()).anySatisfy(identifier -> {
            assertThat(identifier.getType().getCodingFirstRep().getCode()).isEqualTo("SNO");
            assertThat(identifier.getPeriod().hasStart()).isTrue();
        });
        await().untilAsserted(() -> {
            List<AuditEvent> events = events("compliance", "entity=" + device, start);
            assertThat(subtypes(events)).contains("enrolment", "status-change", "identification");
            assertThat(events)
                    .anySatisfy(event -> assertThat(event.getOutcomeDesc()).isEqualTo("signature-invalid"));
        });
        // Each of them is one, by FHIR and by the profiles that it claims.
        assertThat(events("compliance", "entity=" + device, start))
                .allSatisfy(event -> assertThat(Balp.errors(event)).isEmpty());
        assertThat(server.get("compliance", "AuditEvent?date=ge" + start).text())
                .doesNotContain(guid.toString());
        List<AuditEvent> own = events("patient2", "patient=Patient/mateusz-kowalczyk", start);
        assertThat(subtypes(own)).contains("enrolment", "identification");
        assertThat(own).noneSatisfy(event -> assertThat(event.getOutcomeDesc()).isEqualTo("signature-invalid"));
    }

    private static String subtypes(List<AuditEvent> events) {
        return events.stream()
                .flatMap(event -> event.getSubtype().stream())
                .map(coding -> coding.getCode())
                .collect(Collectors.joining(" "));
    }

    private static List<AuditEvent> events(String user, String query, Instant since) {
        return server.get(user, "AuditEvent?" + query + "&date=ge" + since + "&_count=100").bundle().getEntry().stream()
                .map(entry -> entry.getResource())
                .filter(AuditEvent.class::isInstance)
                .map(AuditEvent.class::cast)
                .toList();
    }

    private static String inflated(byte[] deflated) throws IOException {
        return new String(
                new InflaterInputStream(new ByteArrayInputStream(deflated), new Inflater(true)).readAllBytes(),
                StandardCharsets.UTF_8);
    }
}
