package org.securemed.card.healthlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.card.judge.Judge;
import org.securemed.card.record.TestPatients;
import org.securemed.card.record.TestRecords;
import org.securemed.card.server.TestBridge;
import org.springframework.jdbc.core.simple.JdbcClient;

class HealthLinkIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BASE = "https://bridge.example";
    private static final int ATTEMPTS = 5;

    private static TestRecords records;
    private static TestBridge bridge;

    @BeforeAll
    static void start() {
        records = new TestRecords();
        TestPatients.elena(records);
        TestPatients.jonas(records);
        // As a wife may see her husband's record, if he consents.
        records.permit("Patient/elena", "Patient/jonas");
        bridge = new TestBridge(
                "--securemed.bridge.base-url=" + BASE,
                "--securemed.bridge.fhir-base=" + records.base(),
                "--securemed.bridge.client.id=bridge",
                "--securemed.bridge.client.key=" + TestRecords.clientKey(),
                "--securemed.bridge.health-link.passcode-attempts=" + ATTEMPTS);
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

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new IllegalStateException(text, e);
        }
    }

    private static JsonNode create(String order) {
        HttpResponse<String> answer = bridge.post("/health-links", elena(), order);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return json(answer.body());
    }

    private static JsonNode payload(JsonNode link) {
        String text = link.path("link").asText();
        assertThat(text).startsWith("shlink:/");
        return json(new String(Base64.getUrlDecoder().decode(text.substring("shlink:/".length())), UTF_8));
    }

    private static final java.nio.charset.Charset UTF_8 = java.nio.charset.StandardCharsets.UTF_8;

    private static String path(JsonNode link) {
        return payload(link).path("url").asText().substring(BASE.length());
    }

    private static HttpResponse<String> manifest(JsonNode link, String body) {
        return bridge.send(HttpRequest.newBuilder(bridge.uri(path(link)))
                .header("Content-Type", "application/json")
                .header("Origin", "https://viewer.example")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private static JsonNode judged(JsonNode link, Map<String, ?> more) {
        Map<String, Object> question = new HashMap<>(more);
        question.put("task", "link");
        question.put("link", link.path("link").asText());
        question.put("recipient", "Dr. Adeline Okafor");
        question.put("publicBase", BASE);
        question.put("realBase", bridge.uri("").toString());
        return Judge.ask(question);
    }

    private static JsonNode overview(JsonNode link) {
        for (JsonNode each : json(bridge.get("/health-links", elena()).body())) {
            if (each.path("id").equals(link.path("id"))) {
                return each;
            }
        }
        throw new AssertionError("not in the list");
    }

    private static int revoke(JsonNode link, String token) {
        return bridge.send(HttpRequest.newBuilder(
                                bridge.uri("/health-links/" + link.path("id").asText()))
                        .header("Authorization", "Bearer " + token)
                        .DELETE()
                        .build())
                .statusCode();
    }

    @Test
    void a_summary_behind_a_passcode_opens_with_an_independent_library_and_the_patient_sees_who_opened_it()
            throws Exception {
        JsonNode link = create(
                "{\"summary\":true,\"label\":\"For the clinic\",\"passcode\":\"barn owl\",\"lifetime\":\"P2D\"}");
        assertThat(Judge.zbar(link.path("qr").path("png").binaryValue()))
                .isEqualTo(link.path("link").asText());
        JsonNode payload = payload(link);
        assertThat(payload.path("url").asText()).hasSizeLessThanOrEqualTo(128);
        assertThat(payload.path("key").asText()).hasSize(43);
        assertThat(payload.path("flag").asText()).isEqualTo("P");
        assertThat(payload.path("v").asInt()).isEqualTo(1);

        int before = records.events().size();
        JsonNode opened = judged(link, Map.of("passcode", "barn owl"));
        assertThat(opened.path("accepted").asBoolean()).as(opened.toString()).isTrue();
        assertThat(opened.toString()).contains("International Patient Summary", "Marković", "44054006");

        JsonNode accesses = overview(link).path("accesses");
        assertThat(accesses).hasSize(1);
        assertThat(accesses.path(0).path("recipient").asText()).isEqualTo("Dr. Adeline Okafor");
        assertThat(records.events()).hasSize(before + 1);
        assertThat(records.events().get(before).toString())
                .contains("link-opened", "Dr. Adeline Okafor", "Patient/elena");
    }

    @Test
    void a_file_that_is_too_long_to_embed_is_fetched_once_from_its_own_address() {
        JsonNode link = create("{\"documents\":[\"DocumentReference/letter\"],\"summary\":true}");
        JsonNode opened = judged(link, Map.of("embeddedLengthMax", 10));
        assertThat(opened.path("accepted").asBoolean()).as(opened.toString()).isTrue();
        assertThat(opened.toString()).contains("RGVhciBjb2xsZWFndWU=", "International Patient Summary");
        String location = opened.path("manifest")
                .path("files")
                .path(0)
                .path("location")
                .asText()
                .substring(BASE.length());
        assertThat(bridge.get(location).statusCode()).isEqualTo(404);

        JsonNode manifest = json(
                manifest(link, "{\"recipient\":\"x\",\"embeddedLengthMax\":10}").body());
        String fresh = manifest.path("files").path(0).path("location").asText().substring(BASE.length());
        HttpResponse<String> file = bridge.get(fresh);
        assertThat(file.headers().firstValue("Content-Type")).hasValue("application/jose");
        String unused = manifest.path("files").path(1).path("location").asText().substring(BASE.length());
        assertThat(revoke(link, elena())).isEqualTo(204);
        assertThat(bridge.get(unused).statusCode()).isEqualTo(404);
    }

    @Test
    void the_address_of_a_file_ends_after_minutes_and_with_its_link() {
        JsonNode link = create("{\"summary\":true}");
        JdbcClient database = bridge.context().getBean(JdbcClient.class);
        for (String end : List.of(
                "update card.health_link_ticket set expires_at = now() where link = :link",
                "update card.health_link set expires_at = now() where id = :link")) {
            String location = json(manifest(link, "{\"recipient\":\"x\",\"embeddedLengthMax\":10}")
                            .body())
                    .at("/files/0/location")
                    .asText()
                    .substring(BASE.length());
            assertThat(database.sql(end)
                            .param(
                                    "link",
                                    java.util.UUID.fromString(link.path("id").asText()))
                            .update())
                    .isPositive();
            assertThat(bridge.get(location).statusCode()).as(end).isEqualTo(404);
        }
    }

    @Test
    void a_manifest_says_of_each_file_what_it_is_and_that_it_will_not_change() {
        JsonNode link = create("{\"summary\":true,\"documents\":[\"DocumentReference/letter\"]}");
        HttpResponse<String> answer = manifest(link, "{\"recipient\":\"x\",\"embeddedLengthMax\":100000,\"new\":1}");
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        JsonNode manifest = json(answer.body());
        assertThat(manifest.path("status").asText()).isEqualTo("finalized");
        assertThat(manifest.path("files")).hasSize(2).allSatisfy(file -> {
            assertThat(file.path("contentType").asText()).isEqualTo("application/fhir+json");
            assertThat(file.path("status").asText()).isEqualTo("finalized");
            assertThat(file.path("fhirVersion").asText()).isEqualTo("4.0.1");
            assertThat(java.time.Instant.parse(file.path("lastUpdated").asText()))
                    .isBeforeOrEqualTo(java.time.Instant.now());
            assertThat(file.has("embedded")).isNotEqualTo(file.has("location"));
        });
        int length = manifest.path("files").path(0).path("embedded").asText().length();
        for (int most : new int[] {length, length - 1}) {
            JsonNode file = json(manifest(link, "{\"recipient\":\"x\",\"embeddedLengthMax\":%d}".formatted(most))
                            .body())
                    .path("files")
                    .path(0);
            assertThat(file.has("embedded")).isEqualTo(most == length);
        }
    }

    @Test
    void pages_of_all_origins_may_open_links_and_read_why_they_do_not_open() {
        JsonNode link = create("{\"summary\":true,\"passcode\":\"barn owl\"}");
        HttpResponse<String> preflight = bridge.send(HttpRequest.newBuilder(bridge.uri(path(link)))
                .header("Origin", "https://viewer.example")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "content-type")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .build());
        assertThat(preflight.statusCode()).isEqualTo(200);
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Headers"))
                .hasValue("content-type");
        HttpResponse<String> wrong = manifest(link, "{\"recipient\":\"x\",\"passcode\":\"wrong one\"}");
        assertThat(wrong.statusCode()).isEqualTo(401);
        assertThat(json(wrong.body()).path("remainingAttempts").asInt()).isEqualTo(ATTEMPTS - 1);
        revoke(link, elena());
        HttpResponse<String> gone = manifest(link, "{\"recipient\":\"x\",\"passcode\":\"barn owl\"}");
        assertThat(gone.statusCode()).isEqualTo(404);
        for (HttpResponse<String> each :
                List.of(preflight, wrong, gone, manifest(link, "{}"), manifest(link, "nonsense"))) {
            assertThat(each.headers().firstValue("Access-Control-Allow-Origin")).hasValue("*");
        }
    }

    @Test
    void what_a_link_says_of_itself_is_of_the_specification() {
        String label = "Ä".repeat(80);
        JsonNode link = create(
                "{\"summary\":true,\"label\":\"%s\",\"passcode\":\"barn owl\",\"lifetime\":\"PT1H\"}".formatted(label));
        JsonNode payload = payload(link);
        assertThat(payload.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("url", "key", "exp", "flag", "label", "v");
        assertThat(payload.path("label").asText()).isEqualTo(label);
        assertThat(payload.path("exp").isIntegralNumber()).isTrue();
        assertThat(payload.path("exp").asLong())
                .isEqualTo(
                        java.time.Instant.parse(link.path("expires").asText()).getEpochSecond());
        assertThat(Base64.getUrlDecoder().decode(payload.path("key").asText())).hasSize(32);
        String random = payload.path("url").asText().substring((BASE + "/shl/").length());
        assertThat(Base64.getUrlDecoder().decode(random)).hasSize(32);
        assertThat(link.path("link").asText()).doesNotContain("=", "\n", " ");
        assertThat(payload(create("{\"summary\":true}")).has("flag")).isFalse();
    }

    @Test
    void a_direct_link_leads_to_its_file_and_to_nothing_else() {
        JsonNode link = create("{\"summary\":true,\"direct\":true}");
        assertThat(payload(link).path("flag").asText()).isEqualTo("U");
        assertThat(judged(link, Map.of()).toString()).contains("International Patient Summary");
        assertThat(bridge.get(path(link)).statusCode()).isEqualTo(400);
        assertThat(manifest(link, "{\"recipient\":\"x\"}").statusCode()).isEqualTo(404);
        assertThat(overview(link).path("accesses")).hasSize(1);
    }

    @Test
    void a_file_in_which_one_character_was_changed_does_not_open() throws Exception {
        JsonNode link = create("{\"summary\":true}");
        JdbcClient database = bridge.context().getBean(JdbcClient.class);
        // The last of the five parts is the authentication tag; the fourth, the ciphertext, is before it.
        database.sql("update card.health_link_file set jwe = overlay(jwe placing case substr(jwe, length(jwe) - 40, 1)"
                        + " when 'A' then 'B' else 'A' end from length(jwe) - 40 for 1) where link = :link")
                .param("link", java.util.UUID.fromString(link.path("id").asText()))
                .update();
        assertThat(judged(link, Map.of()).path("error").asText()).isEqualTo("SHLDecryptionError");
    }

    @Test
    void parallel_guesses_get_no_more_attempts_than_guesses_one_after_the_other() throws Exception {
        JsonNode link = create("{\"summary\":true,\"passcode\":\"barn owl\"}");
        List<Callable<HttpResponse<String>>> guesses = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            String guess = "{\"recipient\":\"thief\",\"passcode\":\"guess-%d\"}".formatted(i);
            guesses.add(() -> manifest(link, guess));
        }
        ExecutorService threads = Executors.newFixedThreadPool(25);
        List<Integer> left = new ArrayList<>();
        int gone = 0;
        try {
            for (Future<HttpResponse<String>> guess : threads.invokeAll(guesses)) {
                HttpResponse<String> answer = guess.get();
                if (answer.statusCode() == 401) {
                    left.add(json(answer.body()).path("remainingAttempts").asInt());
                } else {
                    assertThat(answer.statusCode()).isEqualTo(404);
                    gone++;
                }
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(left).containsExactlyInAnyOrder(4, 3, 2, 1, 0);
        assertThat(gone).isEqualTo(20);
        assertThat(manifest(link, "{\"recipient\":\"x\",\"passcode\":\"barn owl\"}")
                        .statusCode())
                .isEqualTo(404);
        assertThat(overview(link).path("accesses").findValuesAsText("outcome"))
                .hasSize(ATTEMPTS)
                .containsOnly("wrong-passcode");
    }

    @Test
    void a_right_passcode_costs_no_attempt_and_a_missing_one_neither() {
        JsonNode link = create("{\"summary\":true,\"passcode\":\"barn owl\"}");
        for (int i = 0; i < ATTEMPTS + 2; i++) {
            assertThat(manifest(link, "{\"recipient\":\"x\",\"passcode\":\"barn owl\"}")
                            .statusCode())
                    .isEqualTo(200);
        }
        assertThat(json(manifest(link, "{\"recipient\":\"x\"}").body())
                        .path("remainingAttempts")
                        .asInt())
                .isEqualTo(ATTEMPTS);
    }

    @Test
    void a_link_for_one_use_is_opened_by_one_of_many_at_once() throws Exception {
        JsonNode link = create("{\"summary\":true,\"singleUse\":true}");
        ExecutorService threads = Executors.newFixedThreadPool(12);
        List<Integer> answers = new ArrayList<>();
        try {
            Callable<HttpResponse<String>> open = () -> manifest(link, "{\"recipient\":\"x\"}");
            for (Future<HttpResponse<String>> answer : threads.invokeAll(java.util.Collections.nCopies(12, open))) {
                answers.add(answer.get().statusCode());
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(answers).containsOnlyOnce(200).contains(404).hasSize(12);
        assertThat(answers.stream().filter(status -> status == 404)).hasSize(11);
    }

    @Test
    void what_cannot_be_recorded_does_not_leave_and_the_use_is_given_back() {
        JsonNode link = create("{\"summary\":true,\"singleUse\":true}");
        records.recording(false);
        HttpResponse<String> refused = manifest(link, "{\"recipient\":\"x\"}");
        records.recording(true);
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).doesNotContain("embedded");
        assertThat(manifest(link, "{\"recipient\":\"x\"}").statusCode()).isEqualTo(200);
    }

    @Test
    void a_link_that_cannot_be_recorded_is_not_made_and_its_end_is_recorded_later() {
        long open = open();
        records.recording(false);
        assertThat(bridge.post("/health-links", elena(), "{\"summary\":true}").statusCode())
                .isEqualTo(503);
        assertThat(open()).isEqualTo(open);
        records.recording(true);

        JsonNode link = create("{\"summary\":true}");
        String id = "urn:uuid:" + link.path("id").asText();
        assertThat(records.events())
                .anySatisfy(event -> assertThat(event.toString()).contains("link-created", id));
        records.recording(false);
        assertThat(revoke(link, elena())).isEqualTo(204);
        assertThat(manifest(link, "{\"recipient\":\"x\"}").statusCode()).isEqualTo(404);
        records.recording(true);
        await().untilAsserted(() -> assertThat(records.events())
                .anySatisfy(event -> assertThat(event.toString()).contains("link-revoked", id)));
    }

    /** How many links of the patient are open. */
    private static long open() {
        JsonNode links = json(bridge.get("/health-links", elena()).body());
        return links.size()
                - links.findValues("revoked").stream()
                        .filter(revoked -> !revoked.isNull())
                        .count();
    }

    @Test
    void an_ended_link_is_gone_like_one_that_never_was() {
        JsonNode revoked = create("{\"summary\":true}");
        assertThat(revoke(revoked, token("Patient/jonas", "patient"))).isEqualTo(404);
        assertThat(revoke(revoked, elena())).isEqualTo(204);
        HttpResponse<String> answer = manifest(revoked, "{\"recipient\":\"x\"}");
        assertThat(answer.statusCode()).isEqualTo(404);

        JsonNode expired = create("{\"summary\":true}");
        bridge.context()
                .getBean(JdbcClient.class)
                .sql("update card.health_link set expires_at = now() where id = :id")
                .param("id", java.util.UUID.fromString(expired.path("id").asText()))
                .update();
        assertThat(manifest(expired, "{\"recipient\":\"x\"}").body()).isEqualTo(answer.body());
        HttpResponse<String> invented = bridge.send(HttpRequest.newBuilder(bridge.uri("/shl/" + "A".repeat(43)))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"recipient\":\"x\"}"))
                .build());
        assertThat(invented.body()).isEqualTo(answer.body());
    }

    @Test
    void what_a_link_led_to_is_deleted_with_it() {
        JdbcClient database = bridge.context().getBean(JdbcClient.class);
        JsonNode revoked = create("{\"summary\":true}");
        JsonNode expired = create("{\"summary\":true}");
        JsonNode open = create("{\"summary\":true}");
        manifest(expired, "{\"recipient\":\"x\",\"embeddedLengthMax\":10}");
        revoke(revoked, elena());
        database.sql("update card.health_link set expires_at = now() where id = :id")
                .param("id", java.util.UUID.fromString(expired.path("id").asText()))
                .update();
        bridge.context().getBean(HealthLinks.class).sweep();

        for (JsonNode link : List.of(revoked, expired, open)) {
            assertThat(database.sql("select count(*) from card.health_link_file where link = :id")
                            .param(
                                    "id",
                                    java.util.UUID.fromString(link.path("id").asText()))
                            .query(Integer.class)
                            .single())
                    .isEqualTo(link == open ? 1 : 0);
        }
    }

    @Test
    void what_is_in_the_database_opens_no_link() {
        JsonNode link = create("{\"summary\":true,\"passcode\":\"barn owl\"}");
        JsonNode payload = payload(link);
        String address = payload.path("url").asText().substring((BASE + "/shl/").length());
        JdbcClient database = bridge.context().getBean(JdbcClient.class);
        for (String table : List.of("health_link", "health_link_file", "health_link_ticket", "health_link_access")) {
            for (String row : database.sql("select row_to_json(t)::text from card." + table + " t")
                    .query(String.class)
                    .list()) {
                assertThat(row)
                        .doesNotContain(address)
                        .doesNotContain(payload.path("key").asText())
                        .doesNotContain("barn owl")
                        .doesNotContain("Markovi");
            }
        }
    }

    @Test
    void the_same_text_encrypted_twice_is_different() {
        LinkKey key = LinkKey.random();
        byte[] text = "the same".getBytes(UTF_8);
        assertThat(key.encrypt(text, "text/plain")).isNotEqualTo(key.encrypt(text, "text/plain"));
    }

    @Test
    void nobody_shares_what_is_not_theirs() {
        for (String reference : List.of("DocumentReference/jonas-letter", "DocumentReference/none")) {
            assertThat(bridge.post("/health-links", elena(), "{\"documents\":[\"" + reference + "\"]}")
                            .statusCode())
                    .isEqualTo(404);
        }
        JsonNode link = create("{\"summary\":true,\"label\":\"for my doctor\"}");
        assertThat(bridge.get("/health-links", elena()).body())
                .contains(link.path("id").asText());
        assertThat(bridge.get("/health-links", token("Patient/jonas", "patient"))
                        .body())
                .isEqualTo("[]");
        assertThat(bridge.get("/health-links", token("Practitioner/1", "physician"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(bridge.post("/health-links", token("Practitioner/1", "physician"), "{\"summary\":true}")
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void orders_that_make_no_sense_are_refused() {
        for (String order : List.of(
                "{}",
                "{\"documents\":[]}",
                "{\"documents\":[null]}",
                "{\"documents\":[\"Patient/elena\"]}",
                "{\"documents\":[\"DocumentReference/../Patient/elena\"]}",
                "{\"summary\":true,\"lifetime\":\"P400D\"}",
                "{\"summary\":true,\"lifetime\":\"-PT1H\"}",
                "{\"summary\":true,\"passcode\":\"12345\"}",
                "{\"summary\":true,\"direct\":true,\"passcode\":\"barn owl\"}",
                "{\"summary\":true,\"direct\":true,\"documents\":[\"DocumentReference/letter\"]}",
                "{\"summary\":true,\"label\":\"" + "x".repeat(81) + "\"}")) {
            assertThat(bridge.post("/health-links", elena(), order).statusCode())
                    .as(order)
                    .isEqualTo(422);
        }
    }

    @Test
    void whoever_does_not_say_who_they_are_gets_nothing() {
        JsonNode link = create("{\"summary\":true}");
        for (String body : List.of(
                "{}",
                "{\"recipient\":\" \"}",
                "{\"recipient\":\"" + "x".repeat(201) + "\"}",
                "{\"recipient\":\"a\\nb\"}")) {
            assertThat(manifest(link, body).statusCode()).as(body).isEqualTo(400);
        }
        assertThat(overview(link).path("accesses")).isEmpty();
    }

    @Test
    void a_link_that_is_asked_for_too_often_asks_for_patience() {
        JsonNode link = create("{\"summary\":true}");
        HttpResponse<String> answer = manifest(link, "{\"recipient\":\"x\"}");
        for (int i = 0; i < 40 && answer.statusCode() == 200; i++) {
            answer = manifest(link, "{\"recipient\":\"x\"}");
        }
        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    }
}
