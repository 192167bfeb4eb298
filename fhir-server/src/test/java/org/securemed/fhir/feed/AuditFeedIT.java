package org.securemed.fhir.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
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
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(feed::send).isInstanceOf(IOException.class);
            assertThat(feed.place()).isZero();
        }
        assertThat(feed.send()).isTrue();
        long place = feed.place();
        assertThat(place).isPositive();

        AuditFeed restarted = feed();
        assertThat(restarted.place()).isEqualTo(place);
        SERVER.get("physician", "Patient/nobody");
        EventStream stream = SERVER.bean(EventStream.class);
        while (restarted.send()) {
            assertThat(restarted.place()).isPositive();
        }

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
    void it_sends_nowhere_without_tls_but_to_this_machine() {
        assertThatThrownBy(() -> settings(URI.create("http://repository.example/fhir")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(settings(URI.create("https://repository.example/fhir")).toString())
                .doesNotContain("secret");
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
            boolean take = mood != Mood.TAKE_HALF || i % 2 == 0;
            answer.addEntry().getResponse().setStatus(take ? "201 Created" : "500 Error");
        }
        if (mood != Mood.TAKE_HALF) {
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
