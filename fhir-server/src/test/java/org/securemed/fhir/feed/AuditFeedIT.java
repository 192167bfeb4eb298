package org.securemed.fhir.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.audit.EventStream;
import org.securemed.fhir.server.TestServer;

/** A repository that refuses, takes half, and falls silent gets every event all the same. */
class AuditFeedIT {
    private static final TestServer SERVER = TestServer.shared();

    private enum Mood {
        TAKE,
        REFUSE,
        TAKE_HALF,
        TAKE_AND_FALL_SILENT
    }

    private final List<FeedMeters> held = new ArrayList<>();
    private volatile @Nullable String refuse;
    private final Deque<Mood> moods = new ArrayDeque<>();
    private final List<String> taken = Collections.synchronizedList(new ArrayList<>());
    private final List<@Nullable String> tokens = Collections.synchronizedList(new ArrayList<>());
    private final HttpServer repository = server();

    @BeforeEach
    void begin() {
        repository.createContext("/fhir", this::answer);
        repository.start();
    }

    @AfterEach
    void end() {
        repository.stop(0);
    }

    @Test
    void every_event_arrives_at_least_once_in_order_through_refusals_and_restarts() throws Exception {
        moods.addAll(List.of(Mood.REFUSE, Mood.TAKE_HALF, Mood.TAKE_AND_FALL_SILENT));
        AuditFeed feed = feed();
        PrometheusMeterRegistry meters = meters(feed);
        assertBacklog(meters, 0);
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(feed::send).isInstanceOf(IOException.class);
            assertThat(feed.place()).isZero();
        }
        assertThat(feed.send()).isTrue();
        long place = feed.place();
        assertThat(place).isPositive();
        assertBacklog(meters, place);

        AuditFeed restarted = feed();
        assertThat(restarted.place()).isEqualTo(place);
        SERVER.get("physician", "Patient/nobody");
        EventStream stream = SERVER.bean(EventStream.class);
        while (restarted.send()) {
            assertThat(restarted.place()).isPositive();
        }
        assertBacklog(meters, restarted.place());
        assertThat(value(meters, "securemed_feed_laid_aside")).isZero();

        Set<String> expected = new LinkedHashSet<>();
        for (long from = 0; from < restarted.place(); ) {
            EventStream.Page page = stream.read(from, (int) Math.min(500, restarted.place() - from));
            page.events().forEach(event -> expected.add(id(event)));
            from = page.next();
        }
        assertThat(new LinkedHashSet<>(taken)).containsExactlyElementsOf(expected);
        assertThat(taken.size()).as("some arrive twice").isGreaterThan(expected.size());
        assertThat(tokens).containsOnly("Bearer secret");
    }

    @Test
    void an_event_that_is_refused_for_good_is_laid_aside_and_the_others_go_on() throws Exception {
        EventStream stream = SERVER.bean(EventStream.class);
        String poison = id(stream.read(0, 300).events().get(7));
        refuse = poison;
        AuditFeed feed = feed();
        PrometheusMeterRegistry meters = meters(feed);
        for (int attempt = 1; attempt < 3; attempt++) {
            assertThatThrownBy(feed::send).isInstanceOf(IOException.class);
            assertThat(feed.refused())
                    .singleElement()
                    .satisfies(one -> assertThat(one.laidAside()).isNull());
        }
        assertThat(feed.isOpen()).isFalse();
        assertThat(value(meters, "securemed_feed_laid_aside")).isZero();
        assertThat(feed.send()).isTrue();
        assertThat(value(meters, "securemed_feed_laid_aside")).isEqualTo(1);
        assertThat(feed.place()).isPositive();
        assertThat(taken)
                .doesNotContain(poison)
                .contains(id(stream.read(0, 300).events().get(8)));
        assertThat(feed.refused()).singleElement().satisfies(one -> {
            assertThat(one.event()).isEqualTo(poison);
            assertThat(one.attempts()).isEqualTo(3);
            assertThat(one.status()).isEqualTo("422");
            assertThat(one.laidAside()).isNotNull();
        });
        assertThat(feed.isOpen()).isTrue();

        refuse = null;
        feed.sendAgain();
        feed.send();
        assertThat(taken).contains(poison);
        assertThat(feed.refused()).isEmpty();
        assertThat(feed.isOpen()).isFalse();
        assertThat(value(meters, "securemed_feed_laid_aside")).isZero();
    }

    @Test
    void of_two_instances_one_sends_at_a_time() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        URI url = URI.create("https://lease-" + UUID.randomUUID() + ".example/fhir");
        AuditFeed first = feed(
                url,
                events -> {
                    inside.countDown();
                    assertThat(go.await(30, TimeUnit.SECONDS)).isTrue();
                    return List.of();
                },
                SERVER.bean(EventStream.class));
        List<AuditEvent> twice = new ArrayList<>();
        AuditFeed second = feed(
                url,
                events -> {
                    twice.addAll(events);
                    return List.of();
                },
                SERVER.bean(EventStream.class));
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            Future<Boolean> sending = other.submit(first::send);
            assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(second.send()).as("the other one has the lease").isFalse();
            assertThat(twice).isEmpty();
            go.countDown();
            assertThat(sending.get(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            go.countDown();
            other.shutdownNow();
        }
        long place = second.place();
        assertThat(place).isPositive();
        second.send();
        assertThat(twice).allSatisfy(event -> assertThat(event.getId()).isNotNull());
        assertThat(second.place()).isGreaterThanOrEqualTo(place);
    }

    @Test
    void how_it_stands_is_told_to_administrators_and_only_if_there_is_a_feed() {
        for (String user : List.of("physician", "patient")) {
            assertThat(admin(user)).as(user).isEqualTo(403);
        }
        assertThat(admin("administrator")).isEqualTo(404);
    }

    private static int admin(String user) {
        return SERVER.send(HttpRequest.newBuilder(URI.create(SERVER.base() + "/admin/feed"))
                        .header("Authorization", "Bearer " + SERVER.token(user)))
                .status();
    }

    @Test
    void it_sends_nowhere_without_tls_but_to_this_machine() {
        assertThatThrownBy(() -> settings(URI.create("http://repository.example/fhir")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(settings(URI.create("https://repository.example/fhir")).toString())
                .doesNotContain("secret");
    }

    private PrometheusMeterRegistry meters(AuditFeed feed) {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        FeedMeters bound = new FeedMeters(feed, SERVER.bean(EventStream.class));
        bound.bindTo(meters);
        // Gauges forget what nobody else holds.
        held.add(bound);
        return meters;
    }

    /** What is behind this place, while the server may go on recording. */
    private static void assertBacklog(PrometheusMeterRegistry meters, long place) {
        EventStream stream = SERVER.bean(EventStream.class);
        long before = stream.size();
        double backlog = value(meters, "securemed_feed_backlog");
        assertThat(backlog).isBetween((double) before - place, (double) stream.size() - place);
    }

    /** What Prometheus reads. */
    private static double value(PrometheusMeterRegistry meters, String name) {
        return meters.scrape()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    private AuditFeed feed() {
        return feed(SERVER.bean(EventStream.class));
    }

    private AuditFeed feed(EventStream stream) {
        URI url = URI.create("http://localhost:" + repository.getAddress().getPort() + "/fhir");
        return feed(url, new FhirRepository(SERVER.fhir(), url, "secret", tls()), stream);
    }

    private static AuditFeed feed(URI url, Repository repository, EventStream stream) {
        return new AuditFeed(stream, repository, SERVER.database(), settings(url), Clock.systemUTC());
    }

    private static SSLContext tls() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static FeedProperties settings(URI url) {
        return new FeedProperties(url, "secret", null, Duration.ofSeconds(1), 300, 3);
    }

    private static HttpServer server() {
        try {
            return HttpServer.create(new InetSocketAddress("localhost", 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        tokens.add(exchange.getRequestHeaders().getFirst("Authorization"));
        Bundle sent = SERVER.fhir()
                .newJsonParser()
                .parseResource(
                        Bundle.class, new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        Mood mood = moods.isEmpty() ? Mood.TAKE : moods.poll();
        if (mood == Mood.REFUSE) {
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
            return;
        }
        Bundle answer = new Bundle().setType(Bundle.BundleType.BATCHRESPONSE);
        List<String> ids = sent.getEntry().stream()
                .map(entry -> id((AuditEvent) entry.getResource()))
                .collect(Collectors.toList());
        for (int i = 0; i < ids.size(); i++) {
            boolean poison = ids.get(i).equals(refuse);
            boolean take = mood != Mood.TAKE_HALF || i % 2 == 0;
            answer.addEntry()
                    .getResponse()
                    .setStatus(poison ? "422 Unprocessable" : take ? "201 Created" : "500 Error");
        }
        if (mood != Mood.TAKE_HALF) {
            ids.remove(String.valueOf(refuse));
            taken.addAll(ids);
        }
        if (mood == Mood.TAKE_AND_FALL_SILENT) {
            exchange.close();
            return;
        }
        byte[] body =
                SERVER.fhir().newJsonParser().encodeResourceToString(answer).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/fhir+json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static String id(AuditEvent event) {
        return event.getIdElement().getIdPart();
    }
}
