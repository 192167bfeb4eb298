package org.securemed.fhir.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.server.RestfulServer;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.verify.Verifier;
import org.springframework.jdbc.core.JdbcTemplate;

/** No record, no answer: what happens when the ledger can't write, and afterwards. */
class LedgerDownIT {
    private static final String ELENA = "Patient/elena-rossi";

    /** Longer than it takes until somebody looks after staged entries that nobody sealed. */
    private static final Duration ORPHANS_TAKEN_IN = Duration.ofSeconds(60);

    private final TestServer server = TestServer.shared();
    private final JdbcTemplate database = new JdbcTemplate(server.database());

    @AfterEach
    void the_ledger_is_back_and_whole() throws SQLException {
        repair("ledger_block");
        repair("ledger_outbox");
        assertThat(server.get("backend", ELENA).status()).isEqualTo(200);
        try (Connection connection = server.database().getConnection()) {
            assertThat(new Verifier(server.bean(Ledger.class).logKey())
                            .verify(connection)
                            .findings())
                    .isEmpty();
        }
    }

    private void breakDown(String table) {
        database.execute("create trigger broken_down before insert on ledger." + table
                + " for each statement execute function ledger.refuse()");
    }

    private void repair(String table) {
        database.execute("drop trigger if exists broken_down on ledger." + table);
    }

    private long stored() {
        return database.queryForObject("select count(*) from hfj_res_ver", Long.class);
    }

    private List<String> owners() {
        return database.queryForList("select o::text from securemed.resource_owner o order by 1", String.class);
    }

    private Answer create(String requestId) {
        return server.send(server.request("backend", "Observation")
                .header("Content-Type", "application/fhir+json")
                .header("X-Request-ID", requestId)
                .POST(BodyPublishers.ofString("""
                        {"resourceType": "Observation", "status": "final", "code": {"text": "during an outage"},
                         "subject": {"reference": "Patient/elena-rossi"}}""")));
    }

    private static void requireSilence(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(503);
        assertThat(answer.outcome().getIssueFirstRep().getCode().toCode()).isEqualTo("transient");
        assertThat(answer.response().headers().firstValue("Retry-After")).isPresent();
        assertThat(answer.response().headers().firstValue("Location")).isEmpty();
        assertThat(answer.response().headers().firstValue("ETag")).isEmpty();
        assertThat(answer.text()).doesNotContain("Rossi").hasSizeLessThan(1000);
    }

    @Test
    void nothing_is_answered_while_no_block_can_be_written() {
        Trail trail = Trail.of(server);
        breakDown("ledger_block");

        requireSilence(server.get("backend", ELENA));
        requireSilence(server.get("backend", "Patient?family=Rossi"));
        requireSilence(server.get("backend", "Patient?family=Rossi&_summary=count"));
        requireSilence(server.get("physician", ELENA));
        requireSilence(server.get("backend", "Patient/nobody-of-that-name"));
        requireSilence(server.get("backend", "Patient?frobnicate=1"));
        requireSilence(server.get("compliance", "AuditEvent"));
        requireSilence(server.send(server.anonymous(ELENA)));
        requireSilence(server.send(server.anonymous("metadata")));
        requireSilence(server.send(server.anonymous(ELENA + "/..%2f..%2fx")));

        repair("ledger_block");
        assertThat(trail.steps()).isEmpty();
    }

    @Test
    void a_write_whose_record_waits_is_answered_503_and_recorded_once_later() {
        Trail trail = Trail.of(server);
        String requestId = UUID.randomUUID().toString();
        long before = stored();
        breakDown("ledger_block");

        requireSilence(create(requestId));

        assertThat(stored()).as("it is stored, and its record with it").isEqualTo(before + 1);
        assertThat(database.queryForObject("select count(*) from ledger.ledger_outbox", Long.class))
                .isEqualTo(1);
        assertThat(trail.steps()).isEmpty();
        repair("ledger_block");
        await().atMost(ORPHANS_TAKEN_IN).until(() -> !trail.steps().isEmpty());
        assertThat(trail.steps()).singleElement().satisfies(step -> {
            assertThat(step.op()).isEqualTo("create");
            assertThat(step.requestId()).isEqualTo(requestId);
        });
        assertThat(database.queryForObject("select count(*) from ledger.ledger_outbox", Long.class))
                .isZero();
    }

    @Test
    void a_write_that_cannot_be_recorded_with_it_is_not_stored() {
        Trail trail = Trail.of(server);
        String requestId = UUID.randomUUID().toString();
        List<String> owners = owners();
        long before = stored();
        breakDown("ledger_outbox");

        requireSilence(create(requestId));

        repair("ledger_outbox");
        assertThat(stored()).isEqualTo(before);
        assertThat(owners()).isEqualTo(owners);
        assertThat(trail.steps()).noneMatch(step -> step.op().equals("create"));
        assertThat(create(requestId).status()).isEqualTo(201);
        assertThat(trail.steps()).filteredOn(step -> step.op().equals("create")).hasSize(1);
    }

    @Test
    void the_server_comes_back_by_itself_when_all_connections_are_cut() {
        long before = stored();
        database.queryForList("select pg_terminate_backend(pid) from pg_stat_activity"
                + " where pid <> pg_backend_pid() and datname = current_database()");

        Answer first = create(UUID.randomUUID().toString());

        assertThat(first.status()).isIn(201, 500, 503);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> server.get("backend", ELENA).status() == 200);
        assertThat(stored()).isBetween(before, before + 1);
        if (first.status() == 201) {
            assertThat(stored()).isEqualTo(before + 1);
        }
    }

    /** A mistake that somebody could make: an interceptor that answers by itself. */
    @Interceptor
    public static final class Leak {
        private final String way;

        Leak(String way) {
            this.way = way;
        }

        @Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_PROCESSED)
        public boolean answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
            if (request.getHeader("X-Leak") == null) {
                return true;
            }
            switch (way) {
                case "writer" -> response.getWriter().write("Rossi");
                case "stream" ->
                    response.getOutputStream().write("Rossi".getBytes(java.nio.charset.StandardCharsets.UTF_8));
                case "flush" -> response.flushBuffer();
                case "error" -> response.sendError(404, "Rossi");
                case "redirect" -> response.sendRedirect("/Rossi");
                case "status" -> response.setStatus(200);
                default -> throw new IllegalArgumentException(way);
            }
            return false;
        }
    }

    @Test
    void the_address_of_the_authorization_server_is_told_without_a_record() {
        Trail trail = Trail.of(server);

        Answer answer = server.send(server.anonymous(".well-known/smart-configuration"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("token_endpoint");
        assertThat(trail.steps()).isEmpty();
    }

    @Test
    void an_answer_past_the_recorder_is_held_back() {
        RestfulServer fhir = server.bean(RestfulServer.class);
        for (String way : List.of("writer", "stream", "flush", "error", "redirect", "status")) {
            Leak leak = new Leak(way);
            fhir.registerInterceptor(leak);
            try {
                Answer answer = server.send(server.request("backend", ELENA).header("X-Leak", way));

                // HAPI may get hold of the refusal first, and then answers, and records, that it failed.
                assertThat(answer.status()).as(way).isIn(500, 503);
                assertThat(answer.outcome().getIssue()).isNotEmpty();
                assertThat(answer.text()).doesNotContain("Rossi");
                assertThat(answer.response().headers().firstValue("Location")).isEmpty();
            } finally {
                fhir.unregisterInterceptor(leak);
            }
        }
    }
}
