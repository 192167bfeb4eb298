package org.securemed.fhir.feed;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.EventStream;
import org.securemed.fhir.work.RepeatedWork;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Sends every event in the order of the ledger, at least once: the place is stored after the repository has said that
 * it took a Bundle. What is sent twice can be told by the id and the ledger index that each event carries. Stored is
 * only how far it is, so a restart goes on. Of several instances each that is configured sends; configure one.
 *
 * @see <a href="https://profiles.ihe.net/ITI/TF/Volume2/ITI-20.html">ITI-20, FHIR feed</a>
 */
final class AuditFeed implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AuditFeed.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int LONGEST_ANSWER = 8 * 1024 * 1024;
    private static final String JSON = "application/fhir+json";

    private final EventStream events;
    private final FhirContext fhir;
    private final JdbcTemplate jdbc;
    private final FeedProperties settings;
    private final URI url;
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(10))
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private @Nullable RepeatedWork work;

    AuditFeed(EventStream events, FhirContext fhir, JdbcTemplate jdbc, FeedProperties settings, URI url) {
        this.events = events;
        this.fhir = fhir;
        this.jdbc = jdbc;
        this.settings = settings;
        this.url = url;
    }

    /** Begins to send in the background. */
    AuditFeed start() {
        work = new RepeatedWork("audit-feed", settings.interval(), this::run);
        return this;
    }

    /** Sends what there is; what could not be sent is sent at the next turn. */
    private void run() throws IOException, InterruptedException {
        while (send()) {
            log.atDebug().log("the feed is behind");
        }
    }

    /**
     * Sends the next events.
     *
     * @return whether there were any entries
     * @throws IOException if the repository did not take all of them; none of them counts as sent then
     */
    synchronized boolean send() throws IOException, InterruptedException {
        long place = place();
        EventStream.Page page = events.read(place, settings.batch());
        if (page.next() == place) {
            return false;
        }
        if (!page.events().isEmpty()) {
            deliver(page.events());
        }
        jdbc.update(
                "insert into feed.reader (id, url, place) values (1, ?, ?)"
                        + " on conflict (id) do update set url = excluded.url, place = excluded.place",
                url.toString(),
                page.next());
        return true;
    }

    /** Index of the next ledger entry that is sent. */
    long place() {
        return jdbc
                .queryForList("select place from feed.reader where id = 1 and url = ?", Long.class, url.toString())
                .stream()
                .findFirst()
                .orElse(0L);
    }

    private void deliver(List<AuditEvent> some) throws IOException, InterruptedException {
        Bundle bundle = new Bundle().setType(Bundle.BundleType.BATCH);
        for (AuditEvent event : some) {
            bundle.addEntry()
                    .setResource(event)
                    .getRequest()
                    .setMethod(Bundle.HTTPVerb.POST)
                    .setUrl("AuditEvent");
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(TIMEOUT)
                .header("Content-Type", JSON)
                .header("Accept", JSON)
                .POST(HttpRequest.BodyPublishers.ofString(fhir.newJsonParser().encodeResourceToString(bundle)));
        Optional.ofNullable(settings.token()).ifPresent(token -> request.header("Authorization", "Bearer " + token));
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            byte[] answer = body.readNBytes(LONGEST_ANSWER);
            if (response.statusCode() != 200) {
                throw new IOException("the repository answered " + response.statusCode());
            }
            requireAllTaken(answer, some.size());
        }
    }

    private void requireAllTaken(byte[] answer, int sent) throws IOException {
        try {
            Bundle taken = fhir.newJsonParser().parseResource(Bundle.class, new String(answer, StandardCharsets.UTF_8));
            boolean all = taken.getEntry().size() == sent
                    && taken.getEntry().stream()
                            .allMatch(
                                    entry -> String.valueOf(entry.getResponse().getStatus())
                                            .startsWith("2"));
            if (!all) {
                throw new IOException("the repository did not take all events");
            }
        } catch (DataFormatException e) {
            throw new IOException("the repository's answer is no Bundle", e);
        }
    }

    @Override
    public void close() {
        if (work != null) {
            work.close();
        }
    }
}
