package org.securemed.fhir.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.ledger.log.Ledger;
import org.springframework.jdbc.core.JdbcTemplate;

/** What a load balancer and an operator's probe read. */
class HealthIT {
    private final TestServer server = TestServer.shared();
    private final JdbcTemplate database = new JdbcTemplate(server.database());
    private final UUID forged = UUID.randomUUID();

    @AfterEach
    void take_the_forged_row_away() {
        database.update("delete from ledger.ledger_outbox where id = ?", forged);
    }

    @Test
    void a_server_whose_ledger_can_be_written_is_up_for_everybody() throws IOException, InterruptedException {
        HttpResponse<String> health = health();

        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(health.body()).startsWith("{\"status\":\"UP\",\"alarms\":[");
    }

    @Test
    void what_the_ledger_has_told_of_is_named_until_the_next_start() throws IOException, InterruptedException {
        database.update(
                "insert into ledger.ledger_outbox (id, inst, body, key_id, sig) values (?, 'nobody', ?, sha256('x'), ?)",
                forged,
                new byte[] {1},
                new byte[64]);

        await().atMost(Duration.ofSeconds(60))
                .until(() -> health().body().contains("\"%s\"".formatted("outbox-forged")));
        take_the_forged_row_away();
        assertThat(server.bean(Ledger.class).isRunning()).isTrue();
        assertThat(health().body()).contains("\"status\":\"UP\"").contains("outbox-forged");
    }

    private HttpResponse<String> health() throws IOException, InterruptedException {
        URI address = URI.create(server.base()).resolve("/health");
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
    }
}
