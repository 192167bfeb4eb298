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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.jspecify.annotations.Nullable;

/**
 * A FHIR server that takes Bundles of type batch.
 *
 * @see <a href="https://profiles.ihe.net/ITI/TF/Volume2/ITI-20.html">ITI-20, FHIR feed</a>
 */
final class FhirRepository implements Repository {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int LONGEST_ANSWER = 8 * 1024 * 1024;
    private static final String JSON = "application/fhir+json";
    /** The request itself is at fault, and asking again does not help. */
    private static final Set<Integer> AT_FAULT = Set.of(400, 404, 405, 409, 410, 412, 413, 415, 422);

    private final FhirContext fhir;
    private final URI url;
    private final @Nullable String token;
    private final HttpClient http;
    private final Duration timeout;

    FhirRepository(FhirContext fhir, URI url, @Nullable String token, SSLContext tls) {
        this(fhir, url, token, tls, TIMEOUT);
    }

    /** @param timeout until an answer begins, and again until it ends */
    FhirRepository(FhirContext fhir, URI url, @Nullable String token, SSLContext tls, Duration timeout) {
        this.timeout = timeout;
        this.fhir = fhir;
        this.url = url;
        this.token = token;
        this.http = HttpClient.newBuilder()
                .connectTimeout(Duration.ofSeconds(10))
                .followRedirects(HttpClient.Redirect.NEVER)
                .sslContext(tls)
                .build();
    }

    @Override
    public List<Refusal> deliver(List<AuditEvent> events) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = http.send(request(events), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body();
                Deadline ignored = new Deadline(timeout, body)) {
            byte[] answer = body.readNBytes(LONGEST_ANSWER);
            int status = response.statusCode();
            if (status == 200) {
                return refused(answer, events.size());
            }
            if (!AT_FAULT.contains(status)) {
                throw new IOException("the repository answered " + status);
            }
            if (events.size() == 1) {
                return List.of(new Refusal(0, Integer.toString(status)));
            }
        }
        return oneByOne(events);
    }

    /** One of them is at fault for all. */
    private List<Refusal> oneByOne(List<AuditEvent> events) throws IOException, InterruptedException {
        List<Refusal> refused = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            for (Refusal one : deliver(List.of(events.get(i)))) {
                refused.add(new Refusal(i, one.status()));
            }
        }
        if (refused.size() == events.size()) {
            // It is not for an event that everything is refused.
            throw new IOException("the repository refuses every event");
        }
        return refused;
    }

    private HttpRequest request(List<AuditEvent> events) {
        Bundle bundle = new Bundle().setType(Bundle.BundleType.BATCH);
        for (AuditEvent event : events) {
            bundle.addEntry()
                    .setResource(event)
                    .getRequest()
                    .setMethod(Bundle.HTTPVerb.POST)
                    .setUrl("AuditEvent");
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("Content-Type", JSON)
                .header("Accept", JSON)
                .POST(HttpRequest.BodyPublishers.ofString(fhir.newJsonParser().encodeResourceToString(bundle)));
        Optional.ofNullable(token).ifPresent(bearer -> request.header("Authorization", "Bearer " + bearer));
        return request.build();
    }

    private List<Refusal> refused(byte[] answer, int sent) throws IOException {
        List<Bundle.BundleEntryComponent> entries = entries(answer);
        if (entries.size() != sent) {
            throw new IOException("the repository did not answer for each event");
        }
        List<Refusal> refused = new ArrayList<>();
        boolean anyAtFault = false;
        for (int i = 0; i < sent; i++) {
            String status = String.valueOf(entries.get(i).getResponse().getStatus());
            if (!status.startsWith("2")) {
                refused.add(new Refusal(i, status.substring(0, Math.min(3, status.length()))));
                anyAtFault |= AT_FAULT.contains(number(status));
            }
        }
        if (!refused.isEmpty() && refused.size() == sent && !anyAtFault) {
            // It is ill, not the events.
            throw new IOException("the repository took no event");
        }
        return refused;
    }

    private List<Bundle.BundleEntryComponent> entries(byte[] answer) throws IOException {
        try {
            return fhir.newJsonParser()
                    .parseResource(Bundle.class, new String(answer, StandardCharsets.UTF_8))
                    .getEntry();
        } catch (DataFormatException e) {
            throw new IOException("the repository's answer is no Bundle", e);
        }
    }

    private static int number(String status) {
        return status.matches("[1-5][0-9][0-9].*") ? Integer.parseInt(status.substring(0, 3)) : 0;
    }
}
