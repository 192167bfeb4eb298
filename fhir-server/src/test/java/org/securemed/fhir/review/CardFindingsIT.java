package org.securemed.fhir.review;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.DetectedIssue;
import org.hl7.fhir.r4.model.IdType;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.TestCardBridge;
import org.securemed.fhir.smart.TokenMint;

/** What the smart card bridge tells of clinicians' cards becomes findings. */
class CardFindingsIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final Instant THEN = Instant.now().minusSeconds(1800);

    private final String owner = "Practitioner/card-" + UUID.randomUUID();

    @Test
    void a_card_at_two_addresses_within_five_minutes() {
        String first = told("identified.json", owner, "10.0.0.1", THEN);
        String second = told("identified.json", owner, "10.0.0.2", THEN.plusSeconds(300));

        assertThat(findings(owner)).singleElement().satisfies(issue -> {
            assertThat(text(issue))
                    .contains("\"card-in-two-places\"")
                    .contains("0.9")
                    .contains("The same card was used at another place right before.")
                    .contains("AuditEvent/" + first)
                    .contains("AuditEvent/" + second);
            assertThat(issue.hasPatient()).isFalse();
        });
    }

    @Test
    void not_at_one_address_and_not_when_there_was_time_to_go_there() {
        told("identified.json", owner, "10.0.0.1", THEN);
        told("identified.json", owner, "10.0.0.1", THEN.plusSeconds(1));
        told("identified.json", owner, "10.0.0.2", THEN.plusSeconds(302));

        assertThat(findings(owner)).isEmpty();
    }

    @Test
    void a_card_that_is_blocked() {
        String event = told("lost.json", owner, "10.0.0.1", THEN);
        told("lost.json", owner, "10.0.0.2", THEN.plusSeconds(1));

        assertThat(findings(owner))
                .as("once a day")
                .singleElement()
                .satisfies(issue -> assertThat(text(issue))
                        .contains("\"blocked-card\"")
                        .contains("0.6")
                        .contains("was used that is blocked")
                        .contains("AuditEvent/" + event));
    }

    @Test
    void a_card_that_is_used_more_often_than_hands_can() {
        String event = told("too-often.json", owner, "10.0.0.1", THEN);

        assertThat(findings(owner))
                .singleElement()
                .satisfies(issue -> assertThat(text(issue))
                        .contains("\"card-too-often\"")
                        .contains("0.7")
                        .contains("AuditEvent/" + event));
    }

    @Test
    void the_bridge_s_alarm_of_two_places_is_no_finding_beside_the_uses_that_it_is_about() {
        told("two-places.json", owner, "10.0.0.1", THEN);

        assertThat(findings(owner)).isEmpty();
    }

    @Test
    void what_the_card_did_not_prove_and_what_another_says_than_the_bridge_accuses_nobody() {
        post(
                TestCardBridge.CLIENT,
                text("lost.json", owner, "10.0.0.1", THEN)
                        .replace("\"proven\",\"valueString\":\"true\"", "\"proven\",\"valueString\":\"false\""));
        post(
                TestCardBridge.CLIENT,
                text("lost.json", owner, "10.0.0.1", THEN)
                        .replace("\"valueString\":\"lost\"", "\"valueString\":\"issued\""));
        post("backend", text("lost.json", owner, "10.0.0.1", THEN));
        told("lost.json", "Patient/card-" + UUID.randomUUID(), "10.0.0.1", THEN);

        assertThat(findings(owner)).isEmpty();
    }

    /** The id of the event. */
    private static String told(String file, String owner, String address, Instant at) {
        return post(TestCardBridge.CLIENT, text(file, owner, address, at));
    }

    private static String post(String client, String event) {
        String token = client.equals(TestCardBridge.CLIENT)
                ? SERVER.bean(TokenMint.class).forClient(client, "system/AuditEvent.c")
                : SERVER.token(client);
        Answer answer = SERVER.send(SERVER.anonymous("AuditEvent")
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/fhir+json")
                .POST(HttpRequest.BodyPublishers.ofString(event)));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        return new IdType(answer.response().headers().firstValue("Location").orElseThrow()).getIdPart();
    }

    private static String text(String file, String owner, String address, Instant at) {
        try (InputStream in = CardFindingsIT.class.getResourceAsStream("/card-events/" + file)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .replaceAll("\\s*([\\[\\]{}:,])\\s*", "$1")
                    .replace("${owner}", owner)
                    .replace("${address}", address)
                    .replace("${recorded}", at.toString())
                    .replace("${device}", "Device/" + UUID.randomUUID())
                    .replace("${id}", UUID.randomUUID().toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<DetectedIssue> findings(String owner) {
        AnomalyWatch watch = SERVER.bean(AnomalyWatch.class);
        while (!watch.look(1000).last()) {
            // There are more.
            continue;
        }
        Answer answer = SERVER.get("compliance", "AuditEvent/$findings?status=open&count=500");
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return answer.bundle().getEntry().stream()
                .map(Bundle.BundleEntryComponent::getResource)
                .map(DetectedIssue.class::cast)
                .filter(issue -> text(issue).contains(owner))
                .toList();
    }

    private static String text(DetectedIssue issue) {
        return SERVER.fhir().newJsonParser().encodeResourceToString(issue);
    }
}
