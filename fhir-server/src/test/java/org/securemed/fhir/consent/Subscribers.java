package org.securemed.fhir.consent;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.PersonsApp;
import org.springframework.jdbc.core.JdbcTemplate;

/** A physician with an app that has subscribed to much on one of the twins, and what it is told. */
final class Subscribers implements AutoCloseable {
    private static final List<String> CRITERIA = List.of(
            "Observation?code=http://loinc.org|718-7",
            "Observation?",
            "Observation?patient=hidden-one",
            "Observation?subject=Patient/elena-rossi",
            "Observation?_tag=urn:hidden|t",
            "Observation?performer=Practitioner/prac-hidden-one",
            "Observation?_id=obs-told-hidden",
            "Observation?patient=nobody-there",
            "Observation?subject.name=x",
            "Observation?patient:identifier=urn:lab|H-hidden-one",
            "Observation?_has:Provenance:target:_id=prov-hidden-one",
            "Observation?_lastUpdated=gt2020-01-01",
            "Patient?_id=hidden-one",
            "Patient?name=a",
            "Group?member=Patient/elena-rossi",
            "Consent?patient=hidden-one",
            "AuditEvent?patient=hidden-one");

    /** One of both at a time. */
    private static @Nullable HttpServer receiver;

    private static int users;

    private final TestServer server;
    private final String name;
    private final String token;
    private final BlockingQueue<String> notifications = new LinkedBlockingQueue<>();

    Subscribers(TestServer server, String name) throws IOException {
        this.server = server;
        this.name = name;
        this.token = PersonsApp.of(server, "physician")
                .allow("user/*.rs user/Subscription.cruds offline_access")
                .access();
        if (users++ == 0) {
            receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), TestServer.HOOKS), 0);
            receiver.start();
        }
        receiver().createContext("/" + name, exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            notifications.add(Normal.text(exchange.getRequestMethod() + " "
                    + exchange.getRequestURI().getPath().substring(name.length() + 1) + " " + body));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
    }

    private static HttpServer receiver() {
        HttpServer started = receiver;
        if (started == null) {
            throw new IllegalStateException("nobody listens");
        }
        return started;
    }

    /** Subscribes to each of the criteria; what is answered. */
    List<String> subscribe() {
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < CRITERIA.size(); i++) {
            String body = """
                    {"resourceType":"Subscription","status":"requested","reason":"x","criteria":"%s","channel":{"type":"rest-hook","endpoint":"http://localhost:%d/%s/%d"%s}}""".formatted(
                            CRITERIA.get(i),
                            TestServer.HOOKS,
                            name,
                            i,
                            i % 2 == 0 ? ",\"payload\":\"application/fhir+json\"" : "");
            answers.add(named(Normal.of(Probe.of("POST", "Subscription", body).send(server, token))));
        }
        return answers;
    }

    /** What the back end writes meanwhile. */
    void change(boolean hidden) {
        if (hidden) {
            observation("obs-told-hidden", "hidden-one", "");
            observation("obs-told-both", "elena-rossi", ",\"focus\":[{\"reference\":\"Patient/hidden-one\"}]");
            observation("obs-told-hidden", "hidden-one", ",\"note\":[{\"text\":\"again\"}]");
        }
        observation("obs-told-elena", "elena-rossi", "");
        if (hidden) {
            server.delete("backend", "Observation/obs-told-hidden");
            observation("obs-told-late", "hidden-two", "");
        }
        observation("obs-told-silent", "silent-one", "");
    }

    private void observation(String id, String patient, String more) {
        Answer answer = server.put("backend", "Observation/" + id, (Resource)
                server.fhir().newJsonParser().parseResource("""
                {"resourceType":"Observation","id":"%s","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/%s"}%s}""".formatted(id, patient, more)));
        if (answer.status() >= 300) {
            throw new IllegalStateException("not stored: " + answer);
        }
    }

    /** What was told when nothing is left to be told, in order. */
    List<String> told() {
        JdbcTemplate database = new JdbcTemplate(server.database());
        for (int i = 0; i < 3000; i++) {
            Integer left = database.queryForObject(
                    "select (select count(*) from subscription.change) + (select count(*) from subscription.delivery)",
                    Integer.class);
            if (left != null && left == 0) {
                return notifications.stream().sorted().toList();
            }
            database.execute("select pg_sleep(0.02)");
        }
        throw new IllegalStateException("notifications do not end");
    }

    /** The Subscriptions as the subscriber finds them. */
    String state() {
        return named(Normal.of(Probe.get("Subscription").send(server, token)));
    }

    private String named(String text) {
        return text.replace("/" + name + "/", "/?/");
    }

    @Override
    public void close() {
        new JdbcTemplate(server.database()).update("delete from subscription.hook");
        receiver().removeContext("/" + name);
        if (--users == 0) {
            receiver().stop(0);
        }
    }
}
