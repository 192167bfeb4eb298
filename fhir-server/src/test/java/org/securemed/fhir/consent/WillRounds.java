package org.securemed.fhir.consent;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.export.Exports;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.PersonsApp;
import org.springframework.jdbc.core.JdbcTemplate;

/** A patient who changes her mind again and again, and a physician who looks in every way that there is. */
public final class WillRounds implements AutoCloseable {
    private static final String GRANTEE = "Practitioner/jonas-lindqvist";
    private static final String READER = "physician2";
    private static final int ANSWERS_BETWEEN = 12;
    private static final Pattern NUMBER = Pattern.compile("\"value\":\"told-(\\d+)\"");

    private final TestServer first;
    private final String patient;
    private final WillHistory history;
    private final WillReaders readers;
    private final Map<Integer, Long> written = new ConcurrentHashMap<>();
    private final String nextPage;
    private final String status;
    private final String file;
    private final Semaphore told = new Semaphore(0);
    private @Nullable HttpServer receiver;
    private int numbers;

    /** Stores what there is to see, and orders it all while it may be seen. */
    public WillRounds(TestServer first, String patient, WillHistory history) {
        this.first = first;
        this.patient = patient;
        this.history = history;
        this.readers = new WillReaders(history);
        put("Patient/" + patient, "{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}");
        for (int i = 0; i < 3; i++) {
            observation(patient + "-" + i, "seen");
        }
        Consents.form(first, patient);
        String consent = Consents.record(first, Consents.permit(patient, GRANTEE));
        String token = first.token(READER);
        Bundle page = Probe.get("Observation?patient=" + patient + "&_count=1&_total=accurate")
                .send(first, token)
                .bundle();
        nextPage = page.getLink("next").getUrl().replace("http://localhost:8080/fhir/", "");
        status = Exports.status(first, token, "Patient/$export?_type=Patient,Observation");
        JsonNode manifest = Exports.manifest(first, token, status);
        file = Exports.first(manifest, "Patient");
        Consents.end(first, consent);
    }

    /** Begins to read at an instance. */
    public void readAt(TestServer server, boolean late) {
        String token = server.token(READER);
        WillReaders.Sight named = answer -> answer.text().contains(patient);
        WillReaders.Sight counted = answer -> answer.bundle().getTotal() > 0;
        readers.ask(server, token, "Patient/" + patient, named, late);
        readers.ask(server, token, "Observation?patient=" + patient + "&_summary=count", counted, late);
        readers.ask(server, token, nextPage, counted, late);
        readers.ask(server, token, "Patient/" + patient + "/$everything", named, late);
        readers.ask(server, token, file, named, late);
        readers.ask(server, token, "Patient?_id=" + patient + "&_revinclude=Observation:subject", counted, late);
    }

    /** Begins to be notified, of an Observation for each change that says when it was written. */
    public void listen() throws IOException {
        HttpServer made =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), TestServer.HOOKS), 0);
        made.createContext("/" + patient, exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            long now = System.nanoTime();
            Matcher number = NUMBER.matcher(body);
            if (number.find()) {
                long begin = Objects.requireNonNull(written.get(Integer.parseInt(number.group(1))));
                history.saw("notification " + number.group(1), begin, now, true, true);
                told.release();
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        made.start();
        receiver = made;
        String access = PersonsApp.of(first, READER)
                .allow("user/*.rs user/Subscription.cruds offline_access")
                .access();
        Answer answer = Probe.of("POST", "Subscription", """
                        {"resourceType":"Subscription","status":"requested","reason":"x","criteria":"Observation?patient=%s","channel":{"type":"rest-hook","endpoint":"http://localhost:%d/%s","payload":"application/fhir+json"}}""".formatted(patient, TestServer.HOOKS, patient))
                .send(first, access);
        if (answer.status() != 201) {
            throw new IllegalStateException("no subscription: " + answer);
        }
    }

    /** Writes something more, and waits until somebody was notified. */
    public void awaitNotification() throws InterruptedException {
        told.drainPermits();
        tell();
        if (!told.tryAcquire(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no notification");
        }
    }

    /** Grants at one instance and ends at the other, so many times in all; then the readers stop. */
    public void change(int times, TestServer granting, TestServer ending) throws Exception {
        String consent = "";
        for (int i = 0; i < times; i++) {
            readers.await(ANSWERS_BETWEEN);
            if (receiver != null) {
                tell();
            }
            boolean granted = i % 2 == 0;
            long begin = System.nanoTime();
            if (granted) {
                consent = Consents.record(granting, Consents.permit(patient, GRANTEE));
            } else {
                Consents.end(ending, consent);
            }
            history.changed(begin, System.nanoTime(), granted);
            if (receiver != null) {
                tell();
            }
        }
        readers.await(ANSWERS_BETWEEN);
        readers.end();
    }

    private void tell() {
        int number = numbers++;
        written.put(number, System.nanoTime());
        observation(patient + "-told-" + number, "told-" + number);
    }

    private void observation(String id, String value) {
        put("Observation/" + id, """
                {"resourceType":"Observation","id":"%s","identifier":[{"system":"urn:will","value":"%s"}],"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"}}""".formatted(id, value, patient));
    }

    private void put(String path, String json) {
        Answer answer = first.put(
                "backend", path, (Resource) first.fhir().newJsonParser().parseResource(json));
        if (answer.status() >= 300) {
            throw new IllegalStateException("not stored: " + answer);
        }
    }

    @Override
    public void close() {
        readers.close();
        Probe.of("DELETE", status, "").send(first, first.token(READER));
        if (receiver != null) {
            new JdbcTemplate(first.database())
                    .update("delete from subscription.hook where position(? in criteria) > 0", patient);
            receiver.stop(0);
        }
    }
}
