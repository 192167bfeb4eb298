package org.securemed.card.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.problem.Problem;
import org.securemed.card.record.TestRecords;
import org.securemed.card.server.RepeatedWork;
import org.securemed.card.server.TestBridge;
import org.securemed.card.simulated.SettableClock;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The way of audit events to a FHIR server that does all that a server can do wrong. */
class AuditOutboxIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What the FHIR server does with an event. */
    private enum Conduct {
        TAKE(true),
        UNAVAILABLE(false),
        BROKEN(false),
        FORBID(false),
        /** As if the token were not good, whichever it is. */
        FORGET_TOKENS(false),
        REDIRECT(false),
        /** Something in between answers. */
        WELCOME_PAGE(false),
        HANG_UP(false),
        /** It has the event, and dies before it says so. */
        TAKE_AND_HANG_UP(true),
        TAKE_AND_NEVER_STOP_ANSWERING(true);

        private final boolean takes;

        Conduct(boolean takes) {
            this.takes = takes;
        }
    }

    private static final List<JsonNode> taken = new CopyOnWriteArrayList<>();
    private static volatile Conduct conduct = Conduct.TAKE;
    private static volatile int asked;
    /** An event of this name is never taken. */
    private static final String POISON = "poison";

    private static TestBridge bridge;
    private static JdbcClient database;

    private final SettableClock clock = new SettableClock(Instant.parse("2026-11-22T12:00:00Z"));
    private final AuditOutbox outbox = outbox();

    @BeforeAll
    static void start() {
        bridge = new TestBridge("--securemed.bridge.client.key=" + TestRecords.clientKey());
        // Only the outboxes of the test send.
        bridge.context().getBean("outboxDelivery", RepeatedWork.class).close();
        bridge.issuer().serve("/fhir/AuditEvent", AuditOutboxIT::answer);
        database = bridge.context().getBean(JdbcClient.class);
    }

    @AfterAll
    static void stop() {
        bridge.close();
    }

    @BeforeEach
    void empty() {
        database.sql("delete from card.audit_outbox").update();
        taken.clear();
        conduct = Conduct.TAKE;
        asked = 0;
    }

    private AuditOutbox outbox() {
        return new AuditOutbox(database, bridge.context().getBean(BackendClient.class), clock);
    }

    private static void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        JsonNode event = JSON.readTree(body);
        Conduct now = conduct;
        synchronized (taken) {
            asked++;
        }
        if (event.path("outcomeDesc").asText().equals(POISON)) {
            exchange.sendResponseHeaders(422, -1);
            exchange.close();
            return;
        }
        if (now.takes) {
            taken.add(event);
        }
        try (exchange) {
            switch (now) {
                case TAKE -> exchange.sendResponseHeaders(201, -1);
                case UNAVAILABLE -> exchange.sendResponseHeaders(503, -1);
                case BROKEN -> exchange.sendResponseHeaders(500, -1);
                case FORBID -> exchange.sendResponseHeaders(403, -1);
                case FORGET_TOKENS -> exchange.sendResponseHeaders(401, -1);
                case REDIRECT -> {
                    exchange.getResponseHeaders()
                            .add("Location", bridge.issuer().url() + "/elsewhere");
                    exchange.sendResponseHeaders(307, -1);
                }
                case WELCOME_PAGE -> {
                    byte[] page = "<p>Welcome".getBytes(StandardCharsets.US_ASCII);
                    exchange.sendResponseHeaders(200, page.length);
                    exchange.getResponseBody().write(page);
                }
                case TAKE_AND_NEVER_STOP_ANSWERING -> {
                    exchange.sendResponseHeaders(201, 0);
                    OutputStream out = exchange.getResponseBody();
                    for (byte[] block = new byte[1 << 16]; ; ) {
                        out.write(block);
                    }
                }
                default -> {
                    // Nothing is said.
                }
            }
        }
    }

    private void keep(String... names) {
        for (String name : names) {
            outbox.keep(event(name));
            clock.pass(Duration.ofMillis(1));
        }
    }

    private static ObjectNode event(String name) {
        return JSON.createObjectNode().put("resourceType", "AuditEvent").put("outcomeDesc", name);
    }

    private static List<String> names() {
        return taken.stream().map(event -> event.path("outcomeDesc").asText()).toList();
    }

    private static List<String> ids() {
        return taken.stream()
                .map(event -> event.at("/entity/0/what/identifier/value").asText())
                .toList();
    }

    @ParameterizedTest
    @EnumSource(names = "TAKE", mode = EnumSource.Mode.EXCLUDE)
    void whatever_the_server_does_nothing_is_lost_and_the_order_holds(Conduct wrong) {
        keep("a", "b");
        conduct = wrong;
        assertThat(outbox.send()).isZero();
        assertThat(outbox.waiting()).isEqualTo(2);
        keep("c");
        clock.pass(Duration.ofMinutes(1));
        assertThat(outbox.send()).isZero();

        conduct = Conduct.TAKE;
        taken.clear();
        clock.pass(Duration.ofMinutes(1));
        assertThat(outbox.send()).isEqualTo(3);
        assertThat(names()).containsExactly("a", "b", "c");
        assertThat(outbox.waiting()).isZero();
    }

    @Test
    void an_event_comes_twice_only_if_the_answer_was_lost_and_then_under_the_same_id() {
        keep("a", "b");
        outbox.send();
        keep("c");
        conduct = Conduct.TAKE_AND_HANG_UP;
        outbox.send();
        conduct = Conduct.TAKE;
        clock.pass(Duration.ofMinutes(1));
        outbox.send();

        assertThat(names()).containsExactly("a", "b", "c", "c");
        assertThat(ids()).doesNotContain("").hasSize(4);
        assertThat(ids().get(2)).isEqualTo(ids().get(3));
        assertThat(ids().stream().distinct()).hasSize(3);
        assertThat(taken)
                .allSatisfy(event ->
                        assertThat(event.at("/entity/0/type/code").asText()).isEqualTo("XrequestId"));
    }

    @Test
    void an_event_that_is_refused_stays_and_holds_up_no_other() {
        keep("a", POISON, "b");
        assertThat(outbox.send()).isEqualTo(2);
        assertThat(names()).containsExactly("a", "b");
        assertThat(outbox.waiting()).isOne();

        int before = asked;
        clock.pass(Duration.ofMinutes(59));
        keep("c");
        outbox.send();
        assertThat(asked).as("the refused one is left alone for an hour").isEqualTo(before + 1);
        clock.pass(Duration.ofMinutes(2));
        outbox.send();
        assertThat(asked).isEqualTo(before + 2);
        assertThat(outbox.waiting()).isOne();
    }

    @Test
    void a_server_that_is_away_is_asked_ever_more_seldom_and_with_one_event_at_a_time() {
        keep("a", "b", "c");
        conduct = Conduct.UNAVAILABLE;
        for (int second = 0; second < 3600; second++) {
            outbox.send();
            clock.pass(Duration.ofSeconds(1));
        }
        // 1, 2, 4 … 512 seconds, then each ten minutes.
        assertThat(asked).isBetween(10, 16);

        conduct = Conduct.TAKE;
        clock.pass(Duration.ofMinutes(10));
        assertThat(outbox.send()).isEqualTo(3);
        conduct = Conduct.UNAVAILABLE;
        keep("d");
        outbox.send();
        conduct = Conduct.TAKE;
        clock.pass(Duration.ofSeconds(1));
        assertThat(outbox.send()).as("the pauses began anew").isOne();
    }

    @Test
    void of_several_instances_one_sends_an_event_and_another_takes_over_what_a_dead_one_held() throws Exception {
        keep(IntStream.range(0, 60).mapToObj(Integer::toString).toArray(String[]::new));
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            List<Callable<Integer>> senders = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                AuditOutbox instance = outbox();
                senders.add(instance::send);
            }
            int sent = 0;
            for (Future<Integer> each : threads.invokeAll(senders)) {
                sent += each.get();
            }
            assertThat(sent).isEqualTo(60);
        } finally {
            threads.shutdownNow();
        }
        assertThat(names()).hasSize(60).doesNotHaveDuplicates();

        keep("held");
        // As an instance leaves it that is killed while it sends.
        database.sql("update card.audit_outbox set attempts = 1, next_attempt_at = :until")
                .param("until", java.sql.Timestamp.from(clock.instant().plus(Duration.ofMinutes(2))))
                .update();
        assertThat(outbox.send()).isZero();
        clock.pass(Duration.ofMinutes(2));
        assertThat(outbox.send()).isOne();
    }

    @Test
    void strangers_fill_it_up_to_a_bound_and_what_must_be_kept_is_kept_all_the_same() {
        database.sql("insert into card.audit_outbox (id, event, kept_at, next_attempt_at)"
                        + " select gen_random_uuid(), '{}', now(), now() from generate_series(1, 9999)")
                .update();
        outbox.keepOfStranger(event("last"));
        assertThatThrownBy(() -> outbox.keepOfStranger(event("one too many")))
                .isInstanceOfSatisfying(Problem.class, problem -> {
                    assertThat(problem.status()).isEqualTo(503);
                    assertThat(problem.retryAfter()).isPresent();
                });
        keep("a card was blocked");
        assertThat(outbox.waiting()).isEqualTo(10_001);
    }

    @Test
    void an_event_of_a_transaction_that_failed_never_was() {
        TransactionTemplate transaction =
                new TransactionTemplate(bridge.context().getBean(PlatformTransactionManager.class));
        transaction.executeWithoutResult(status -> {
            keep("undone");
            status.setRollbackOnly();
        });
        transaction.executeWithoutResult(status -> keep("done"));

        outbox.send();
        assertThat(names()).containsExactly("done");
    }

    @Test
    void without_a_client_events_wait_for_one() {
        new AuditOutbox(database, null, clock).keep(event("a"));
        assertThat(new AuditOutbox(database, null, clock).send()).isZero();
        assertThat(outbox.send()).isOne();
    }
}
