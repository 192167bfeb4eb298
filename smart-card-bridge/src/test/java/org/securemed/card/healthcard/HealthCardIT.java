package org.securemed.card.healthcard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.card.judge.Judge;
import org.securemed.card.record.TestPatients;
import org.securemed.card.record.TestRecords;
import org.securemed.card.server.TestBridge;
import org.springframework.jdbc.core.simple.JdbcClient;

class HealthCardIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ISSUER = "https://bridge.example";

    private static TestRecords records;
    private static TestBridge bridge;

    @BeforeAll
    static void start() {
        records = new TestRecords();
        TestPatients.elena(records);
        TestPatients.jonas(records);
        bridge = new TestBridge(
                "--securemed.bridge.base-url=" + ISSUER,
                "--securemed.bridge.fhir-base=" + records.base(),
                "--securemed.bridge.client.id=bridge",
                "--securemed.bridge.client.key=" + TestRecords.clientKey());
    }

    @AfterAll
    static void stop() {
        bridge.close();
        records.close();
    }

    private static String token(String user, String role) {
        return bridge.issuer()
                .token(
                        user,
                        role,
                        claims -> claims.audience(records.base()).claim("fhirUser", records.base() + "/" + user));
    }

    private static String elena() {
        return token("Patient/elena", "patient");
    }

    private static JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new IllegalStateException(answer.body(), e);
        }
    }

    private static JsonNode issue(String content) {
        HttpResponse<String> answer = bridge.post("/health-cards", elena(), "{\"content\":\"%s\"}".formatted(content));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return json(answer);
    }

    private static int send(String method, String path, String token) {
        return bridge.send(HttpRequest.newBuilder(bridge.uri(path))
                        .header("Authorization", "Bearer " + token)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build())
                .statusCode();
    }

    /** What we publish about ourselves, as the independent library takes it. */
    private static Map<String, Object> published() {
        JsonNode keys = json(bridge.get("/.well-known/jwks.json")).path("keys");
        ArrayNode lists = JSON.createArrayNode();
        for (JsonNode key : keys) {
            if (key.has("crlVersion")) {
                JsonNode list =
                        json(bridge.get("/.well-known/crl/" + key.path("kid").asText() + ".json"));
                assertThat(list.path("ctr")).isEqualTo(key.path("crlVersion"));
                lists.add(list);
            }
        }
        return Map.of("issuer", Map.of("iss", ISSUER), "keys", keys, "crls", lists);
    }

    private static JsonNode judged(String numeric) {
        return Judge.ask(Map.of("task", "numeric", "issuer", published(), "numeric", numeric));
    }

    private static JsonNode verified(String numeric) {
        return json(bridge.post(
                "/health-cards/verify",
                token("Practitioner/1", "nurse"),
                JSON.createObjectNode()
                        .set("codes", JSON.createArrayNode().add(numeric))
                        .toString()));
    }

    @Test
    void a_card_with_immunizations_verifies_with_an_independent_library_from_an_independently_read_code()
            throws Exception {
        JsonNode card = issue("immunizations");
        String text = card.path("qr").path("text").asText();
        assertThat(card.path("qr").path("version").asInt()).isLessThanOrEqualTo(22);
        assertThat(Judge.zbar(card.path("qr").path("png").binaryValue())).isEqualTo(text);

        JsonNode bundle = judged(text).path("bundle");
        assertThat(bundle.findValuesAsText("resourceType"))
                .containsExactly("Bundle", "Patient", "Immunization", "Immunization", "Immunization");
        assertThat(bundle.toString())
                .contains("Marković", "1984-03-12", "\"208\"", "L-140")
                .doesNotContain("Ferro", "Split", "felt faint", "a vaccine", "\"id\"", "\"meta\"", "\"text\"");

        JsonNode ours = verified(text);
        assertThat(ours.path("verified").asBoolean()).isTrue();
        assertThat(ours.path("bundle")).isEqualTo(bundle);
        assertThat(ours.path("provesIdentity").asBoolean()).isFalse();
    }

    @Test
    void the_file_verifies_with_an_independent_library_too() {
        JsonNode card = issue("emergency");
        JsonNode answer = Judge.ask(Map.of(
                "task",
                "file",
                "issuer",
                published(),
                "file",
                Map.of("verifiableCredential", card.path("verifiableCredential"))));
        assertThat(answer.path("accepted").asBoolean()).as(answer.toString()).isTrue();
    }

    @Test
    void an_emergency_card_holds_what_is_true_now_and_nothing_else() {
        JsonNode bundle = emergency();
        assertThat(bundle.toString())
                .contains("+385 21 000 000", "764146007", "Grandmother's ointment", "44054006", "860975", "278149003")
                .doesNotContain("735029006", "195662009", "Amoxicillin", "29463-7", "208", "Split", "Penicillin");
    }

    /** The largest card of the test: perhaps too large for a code. */
    private static JsonNode emergency() {
        return Judge.ask(Map.of(
                        "task",
                        "file",
                        "issuer",
                        published(),
                        "file",
                        Map.of("verifiableCredential", issue("emergency").path("verifiableCredential"))))
                .path("bundle");
    }

    @Test
    void words_stand_in_notes_alone_and_of_the_metadata_the_labels_remain() {
        JsonNode bundle = emergency();
        for (String contents : List.of("immunizations", "emergency")) {
            JsonNode each = contents.equals("emergency")
                    ? bundle
                    : judged(issue(contents).path("qr").path("text").asText()).path("bundle");
            assertThat(each.findValues("display")).isEmpty();
            assertThat(each.findValues("id")).isEmpty();
            assertThat(each.findParents("coding"))
                    .isNotEmpty()
                    .allSatisfy(concept -> assertThat(concept).hasSize(1));
        }
        assertThat(bundle.findParents("text"))
                .allSatisfy(annotation -> assertThat(annotation).hasSize(1));
        assertThat(bundle.findValues("note").toString())
                .contains("Grandmother's ointment", "Bee stings", "White tablets");
        assertThat(bundle.findValuesAsText("code")).contains("as-text", "unknown");
        assertThat(bundle.findValues("meta"))
                .singleElement()
                .satisfies(meta -> assertThat(meta)
                        .hasToString(
                                "{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\","
                                        + "\"code\":\"R\"}]}"));
    }

    @Test
    void a_card_is_had_as_a_file_by_whoever_asks_for_one() {
        HttpResponse<String> answer = bridge.send(HttpRequest.newBuilder(bridge.uri("/health-cards"))
                .header("Authorization", "Bearer " + elena())
                .header("Content-Type", "application/json")
                .header("Accept", "application/smart-health-card, */*;q=0.1")
                .POST(HttpRequest.BodyPublishers.ofString("{\"content\":\"emergency\"}"))
                .build());
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/smart-health-card");
        assertThat(answer.headers().firstValue("Content-Disposition"))
                .hasValue("attachment; filename=\"emergency.smart-health-card\"");
        assertThat(json(answer)).hasSize(1);
        assertThat(Judge.ask(Map.of("task", "file", "issuer", published(), "file", json(answer)))
                        .path("accepted")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void each_key_has_a_revocation_list_whose_version_begins_at_one() {
        issue("immunizations");
        JsonNode keys = json(bridge.get("/.well-known/jwks.json")).path("keys");
        assertThat(keys).isNotEmpty().allSatisfy(key -> {
            assertThat(key.path("crlVersion").asLong()).isPositive();
            assertThat(key.path("kty").asText()).isEqualTo("EC");
            assertThat(key.path("use").asText()).isEqualTo("sig");
            assertThat(key.path("alg").asText()).isEqualTo("ES256");
            assertThat(key.path("crv").asText()).isEqualTo("P-256");
            assertThat(key.has("d")).isFalse();
            JsonNode list =
                    json(bridge.get("/.well-known/crl/" + key.path("kid").asText() + ".json"));
            assertThat(list.path("ctr")).isEqualTo(key.path("crlVersion"));
            assertThat(list.path("method").asText()).isEqualTo("rid");
        });
    }

    @Test
    void a_card_in_which_one_digit_was_changed_is_accepted_by_nobody() {
        String text = issue("immunizations").path("qr").path("text").asText();
        Set<String> reasons = new TreeSet<>();
        for (int at = 5; at < text.length(); at += 41) {
            char other = text.charAt(at) == '1' ? '2' : '1';
            String changed = text.substring(0, at) + other + text.substring(at + 1);
            JsonNode answer = verified(changed);
            assertThat(answer.path("verified").asBoolean()).as("digit %d", at).isFalse();
            reasons.add(answer.path("reason").asText());
        }
        assertThat(reasons).contains("signature", "malformed");
        int late = text.length() - 40;
        String changed = text.substring(0, late) + (text.charAt(late) == '1' ? '2' : '1') + text.substring(late + 1);
        assertThat(judged(changed).path("accepted").asBoolean()).isFalse();
    }

    @Test
    void a_card_that_was_taken_back_is_accepted_by_nobody_and_other_cards_still_are() {
        JsonNode lost = issue("immunizations");
        JsonNode kept = issue("immunizations");
        String id = lost.path("id").asText();
        assertThat(send("DELETE", "/health-cards/" + id, token("Patient/jonas", "patient")))
                .isEqualTo(404);
        assertThat(send("DELETE", "/health-cards/" + id, elena())).isEqualTo(204);
        assertThat(send("DELETE", "/health-cards/" + id, elena())).isEqualTo(404);

        String lostText = lost.path("qr").path("text").asText();
        assertThat(judged(lostText).path("error").asText()).isEqualTo("SHCRevokedError");
        assertThat(verified(lostText).path("reason").asText()).isEqualTo("revoked");
        String keptText = kept.path("qr").path("text").asText();
        assertThat(judged(keptText).path("accepted").asBoolean()).isTrue();
        assertThat(verified(keptText).path("verified").asBoolean()).isTrue();

        JsonNode list = json(bridge.get("/health-cards", elena()));
        assertThat(list.findValuesAsText("id")).contains(id, kept.path("id").asText());
        assertThat(json(bridge.get("/health-cards", token("Patient/jonas", "patient"))))
                .isEmpty();
    }

    @Test
    void a_new_key_is_published_before_it_signs_and_a_stolen_one_ends_at_once() {
        // The database outlives the test: no key of an earlier run waits.
        bridge.context()
                .getBean(JdbcClient.class)
                .sql("delete from card.health_card_key where active_from > now()")
                .update();
        String administrator = token("Practitioner/9", "administrator");
        JsonNode card = issue("immunizations");
        String text = card.path("qr").path("text").asText();
        int before = json(bridge.get("/.well-known/jwks.json")).path("keys").size();

        HttpResponse<String> rotated = bridge.post("/health-card-keys", administrator, "");
        assertThat(rotated.statusCode()).isEqualTo(202);
        JsonNode keys = json(bridge.get("/.well-known/jwks.json")).path("keys");
        assertThat(keys).hasSize(before + 1);
        assertThat(keys.toString()).doesNotContain("\"d\"");
        String next = json(rotated).path("kid").asText();
        assertThat(issuedBy(issue("immunizations"))).isNotEqualTo(next);
        assertThat(verified(text).path("verified").asBoolean()).isTrue();

        assertThat(send("DELETE", "/health-card-keys/" + issuedBy(card), administrator))
                .isEqualTo(204);
        assertThat(verified(text).path("reason").asText()).isEqualTo("key-unknown");
        assertThat(judged(text).path("accepted").asBoolean()).isFalse();
        String fresh = issue("immunizations").path("qr").path("text").asText();
        assertThat(judged(fresh).path("accepted").asBoolean()).isTrue();
    }

    private static String issuedBy(JsonNode card) {
        try {
            return com.nimbusds.jose.JWSObject.parse(
                            card.path("verifiableCredential").path(0).asText())
                    .getHeader()
                    .getKeyID();
        } catch (java.text.ParseException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void no_card_is_handed_out_that_could_not_be_recorded() {
        long standing = standing();
        records.recording(false);
        HttpResponse<String> answer = bridge.post("/health-cards", elena(), "{\"content\":\"emergency\"}");
        records.recording(true);
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("record-unavailable").doesNotContain("verifiableCredential");
        assertThat(standing()).isEqualTo(standing);
        int before = issued().size();
        issue("emergency");
        assertThat(issued()).hasSize(before + 1);
        assertThat(issued().get(before).toString()).contains("Patient/elena");
    }

    @Test
    void what_is_taken_back_while_the_ledger_is_away_ends_at_once_and_is_recorded_later() {
        JsonNode card = issue("immunizations");
        String id = card.path("id").asText();
        records.recording(false);
        assertThat(send("DELETE", "/health-cards/" + id, elena())).isEqualTo(204);
        assertThat(verified(card.path("qr").path("text").asText())
                        .path("reason")
                        .asText())
                .isEqualTo("revoked");
        records.recording(true);
        await().untilAsserted(() -> assertThat(records.events())
                .anySatisfy(event ->
                        assertThat(event.toString()).contains("card-revoked", "health-card:" + id, "Patient/elena")));
    }

    private static List<JsonNode> issued() {
        return records.events().stream()
                .filter(event -> event.path("subtype").toString().contains("card-issued"))
                .toList();
    }

    /** How many cards of the patient were not taken back. */
    private static long standing() {
        JsonNode cards = json(bridge.get("/health-cards", elena()));
        return cards.size() - cards.findValues("revoked").size();
    }

    @Test
    void only_patients_have_cards_made_and_only_of_themselves() {
        String order = "{\"content\":\"emergency\"}";
        assertThat(bridge.post("/health-cards", token("Practitioner/1", "physician"), order)
                        .statusCode())
                .isEqualTo(403);
        String withPatient = bridge.issuer()
                .token(
                        "Practitioner/1",
                        "physician",
                        claims -> claims.audience(records.base()).claim("patient", "elena"));
        assertThat(bridge.post("/health-cards", withPatient, order).statusCode())
                .as("a patient in context is not one's own record")
                .isEqualTo(403);
        assertThat(bridge.post("/health-cards", token("Patient/nobody", "patient"), order)
                        .statusCode())
                .isEqualTo(404);
        assertThat(bridge.post("/health-cards", elena(), "{\"content\":\"everything\"}")
                        .statusCode())
                .isEqualTo(422);
        assertThat(bridge.post("/health-card-keys", elena(), "").statusCode()).isEqualTo(403);
        String key =
                json(bridge.get("/.well-known/jwks.json")).at("/keys/0/kid").asText();
        for (String role : List.of("patient", "physician", "system")) {
            assertThat(send("DELETE", "/health-card-keys/" + key, token("Practitioner/1", role)))
                    .as(role)
                    .isEqualTo(403);
        }
        assertThat(json(bridge.get("/.well-known/jwks.json")).findValuesAsText("kid"))
                .contains(key);
    }

    @Test
    void keys_and_revocations_are_open_to_browsers_of_all_origins() {
        HttpResponse<String> answer = bridge.send(HttpRequest.newBuilder(bridge.uri("/.well-known/jwks.json"))
                .header("Origin", "https://wallet.example")
                .build());
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).hasValue("*");
        assertThat(bridge.get("/.well-known/crl/nonsense.json").statusCode()).isEqualTo(404);
    }

    @Test
    void what_is_kept_of_a_card_does_not_say_what_stands_on_it() {
        issue("emergency");
        List<String> rows = bridge.context()
                .getBean(JdbcClient.class)
                .sql("select row_to_json(c)::text from card.health_card c")
                .query(String.class)
                .list();
        assertThat(rows).isNotEmpty().allSatisfy(row -> assertThat(row).doesNotContain("Markovi", "764146007"));
    }
}
