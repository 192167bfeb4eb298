package org.securemed.card.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.card.simulated.TestCa;
import org.springframework.context.ConfigurableApplicationContext;

/** The bridge as it runs in production, with cards. */
class ProductionIT {
    @TempDir
    private static Path directory;

    private static EmbeddedPostgres postgres;
    private static Map<String, String> good;

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.builder().start();
        TestCa ca = new TestCa("Hospital CA");
        good = new LinkedHashMap<>();
        good.put("server.port", "0");
        good.put("spring.profiles.active", "production");
        good.put("spring.datasource.url", postgres.getJdbcUrl("postgres", "postgres"));
        good.put("spring.datasource.username", "postgres");
        good.put("securemed.bridge.base-url", "https://bridge.example.org");
        good.put("securemed.bridge.issuer", "https://fhir.example.org");
        good.put("securemed.bridge.sealing-secret", random());
        good.put(
                "securemed.bridge.client.key",
                Files.writeString(
                                directory.resolve("client.jwk"),
                                new ECKeyGenerator(Curve.P_384)
                                        .keyID("1")
                                        .generate()
                                        .toJSONString())
                        .toString());
        good.put(
                "securemed.bridge.cards.ca",
                Files.write(directory.resolve("ca.der"), ca.certificate().getEncoded())
                        .toString());
        good.put(
                "securemed.bridge.cards.revocation-list",
                Files.write(directory.resolve("crl.der"), ca.revoke().getEncoded())
                        .toString());
        good.put("securemed.bridge.cards.number-secret", random());
    }

    @AfterAll
    static void stop() throws Exception {
        postgres.close();
    }

    @Test
    void with_all_that_it_needs_it_starts_and_reads_cards() throws Exception {
        try (ConfigurableApplicationContext bridge = start(Map.of())) {
            HttpResponse<String> challenge = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://localhost:"
                                            + bridge.getEnvironment().getProperty("local.server.port")
                                            + "/cards/challenges"))
                                    .POST(HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(challenge.statusCode()).as(challenge.body()).isEqualTo(201);
        }
    }

    @Test
    void what_is_good_for_development_only_stops_the_start() {
        refused("securemed.bridge.sealing-secret", "", "sealing-secret is not set");
        refused("securemed.bridge.base-url", "http://bridge.example.org", "base-url is no https address");
        refused("securemed.bridge.issuer", "http://localhost:8080", "issuer is no https address");
        refused("securemed.bridge.fhir-base", "http://fhir.example.org/fhir", "fhir-base is neither");
        refused(
                "securemed.bridge.cards.number-secret",
                Base64.getEncoder().encodeToString(new byte[32]),
                "number-secret is not random");
        refused("securemed.bridge.client.key", "", "client.key");
        refused(
                "securemed.bridge.cards.revocation-list",
                directory.resolve("none").toString(),
                "none");
    }

    private static void refused(String key, String value, String why) {
        assertThatThrownBy(() -> start(Map.of(key, value)).close()).as(key).hasStackTraceContaining(why);
    }

    private static ConfigurableApplicationContext start(Map<String, String> changes) {
        Map<String, String> settings = new LinkedHashMap<>(good);
        settings.putAll(changes);
        return ServeCommand.start(settings.entrySet().stream()
                .filter(setting -> !setting.getValue().isEmpty())
                .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                .toArray(String[]::new));
    }

    private static String random() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
