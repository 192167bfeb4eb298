package org.securemed.fhir.review;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DetectedIssue;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.TokenMint;
import org.securemed.ledger.log.Ledger;
import org.springframework.jdbc.core.JdbcTemplate;

/** Emergencies and findings, from what clinicians did to what an officer says of it. */
class ReviewIT {
    private static final TestServer SERVER = TestServer.shared();

    @Test
    void curiosity_about_a_famous_patient_becomes_a_finding_once_and_is_reviewed() {
        String id = patient(true);
        Consents.form(SERVER, id);
        Consents.record(SERVER, Consents.permit(id, "Practitioner/jonas-lindqvist"));
        for (int i = 0; i < 3; i++) {
            assertThat(SERVER.get("physician2", "Patient/" + id).status()).isEqualTo(200);
        }
        look();

        List<DetectedIssue> issues = findings("open", id);
        assertThat(issues).hasSize(1);
        DetectedIssue issue = issues.get(0);
        assertThat(SERVER.fhir().newJsonParser().encodeResourceToString(issue))
                .contains("\"vip\"")
                .contains("no-care-relationship")
                .contains("Practitioner/jonas-lindqvist")
                .contains("AuditEvent/");
        assertThat(SERVER.get("patient", "AuditEvent/" + issue.getIdElement().getIdPart())
                        .status())
                .isEqualTo(404);

        Answer reviewed = review("compliance", issue.getIdElement().getIdPart(), "not-justified", "No reason given.");

        assertThat(reviewed.status()).as(reviewed.toString()).isEqualTo(200);
        assertThat(findings("open", id)).isEmpty();
        assertThat(findings("reviewed", id))
                .singleElement()
                .satisfies(done -> assertThat(
                                done.getMitigationFirstRep().getAction().getText())
                        .isEqualTo("not-justified: No reason given."));
    }

    @Test
    void an_emergency_waits_for_its_review_with_what_was_opened_under_it() {
        String id = patient(false);
        Parameters why = new Parameters();
        why.addParameter("reason", new StringType("Unconscious"));
        Answer declared = SERVER.post("physician", "Patient/" + id + "/$break-glass", why);
        assertThat(declared.status()).as(declared.toString()).isEqualTo(200);
        assertThat(SERVER.get("physician", "Patient/" + id).status()).isEqualTo(200);

        ParametersParameterComponent emergency = emergencies("open", id).get(0);
        assertThat(part(emergency, "reason")).isEqualTo("Unconscious");
        assertThat(part(emergency, "purpose")).isEqualTo("BTG");
        assertThat(part(emergency, "relationship")).isEqualTo("false");
        assertThat(part(emergency, "overdue")).isEqualTo("false");
        assertThat(emergency.getPart().stream().filter(part -> part.getName().equals("opened")))
                .hasSize(1);
        String event = reference(emergency, "declaration").replace("AuditEvent/", "");
        assertThat(review("compliance", event, "perhaps", "x").status()).isEqualTo(400);
        assertThat(review("compliance", event, "justified", " ").status()).isEqualTo(400);
        assertThat(review("compliance", UUID.randomUUID().toString(), "justified", "x")
                        .status())
                .isEqualTo(404);
        assertThat(review("compliance", event, "justified", "Charted in the ambulance.")
                        .status())
                .isEqualTo(200);
        assertThat(emergencies("open", id)).isEmpty();
        assertThat(part(emergencies("unsigned", id).get(0), "signedOff")).isEqualTo("false");
        Parameters note = new Parameters();
        note.addParameter("note", new StringType("Agreed."));
        assertThat(SERVER.post("compliance", "AuditEvent/" + event + "/$sign-off", note)
                        .status())
                .as("whoever reviewed it does not sign it off")
                .isEqualTo(403);
        assertThat(SERVER.post("physician", "AuditEvent/" + event + "/$sign-off", note)
                        .status())
                .isEqualTo(403);
        assertThat(signOff(event, " ").status()).isEqualTo(400);
        assertThat(signOff(UUID.randomUUID().toString(), "Agreed.").status()).isEqualTo(404);
        Answer signed = signOff(event, "Agreed.");
        assertThat(signed.status()).as(signed.toString()).isEqualTo(200);
        assertThat(emergencies("unsigned", id)).isEmpty();
        assertThat(part(emergencies("reviewed", id).get(0), "signedOff")).isEqualTo("true");
        assertThat(part(emergencies("reviewed", id).get(0), "review"))
                .isEqualTo("justified: Charted in the ambulance.");
    }

    @Test
    void it_is_for_compliance_officers_and_nobody_else() {
        for (String user : List.of("physician", "nurse", "patient", "administrator", "backend")) {
            assertThat(SERVER.get(user, "AuditEvent/$findings").status())
                    .as(user)
                    .isEqualTo(403);
            assertThat(SERVER.get(user, "AuditEvent/$break-glass-reviews").status())
                    .as(user)
                    .isEqualTo(403);
            assertThat(review(user, UUID.randomUUID().toString(), "justified", "x")
                            .status())
                    .as(user)
                    .isEqualTo(403);
        }
    }

    @Test
    void the_size_of_the_log_does_not_tell_whether_there_are_findings() {
        AnomalyWatch watch = SERVER.bean(AnomalyWatch.class);
        int turn = Settings.defaults().findingsAtOnce();
        look();
        String nurse = colleague("nurse", "nurse-of-review", "Practitioner/nurse-of-review");
        for (int i = 0; i < 6; i++) {
            assertThat(asks(nurse, "review-none-" + i)).isEqualTo(404);
        }
        assertThat(grownBy(watch::run)).as("after questions about nobody").isEqualTo(turn);
        assertThat(grownBy(watch::run)).as("when nobody did anything").isZero();
        assertThat(denials()).isZero();

        for (int i = 0; i < 6; i++) {
            assertThat(asks(nurse, patient(false))).isEqualTo(404);
        }
        assertThat(grownBy(watch::run))
                .as("after questions about hidden patients")
                .isEqualTo(turn);
        assertThat(denials()).isEqualTo(1);
    }

    @Test
    void what_there_is_more_of_waits_for_the_next_turn() {
        AnomalyWatch watch = SERVER.bean(AnomalyWatch.class);
        int turn = Settings.defaults().findingsAtOnce();
        look();
        List<String> famous =
                Stream.generate(() -> patient(true)).limit(turn + 1).toList();
        for (String id : famous) {
            Consents.form(SERVER, id);
            Consents.record(SERVER, Consents.permit(id, "Practitioner/jonas-lindqvist"));
            assertThat(SERVER.get("physician2", "Patient/" + id).status()).isEqualTo(200);
        }

        assertThat(grownBy(watch::run)).isEqualTo(turn);
        assertThat(famous.stream().filter(id -> !findings("open", id).isEmpty()))
                .hasSize(turn);
        assertThat(grownBy(watch::run)).isEqualTo(turn);
        assertThat(famous.stream().filter(id -> !findings("open", id).isEmpty()))
                .hasSize(turn + 1);
    }

    private static long grownBy(Runnable work) {
        Ledger ledger = SERVER.bean(Ledger.class);
        long before = ledger.size();
        work.run();
        return ledger.size() - before;
    }

    private static int asks(String token, String patient) {
        return SERVER.send(SERVER.anonymous("Patient/" + patient)
                        .header("Authorization", "Bearer " + token)
                        .GET())
                .status();
    }

    /** Findings about the nurse of this test, who asked for many who have not let her in. */
    private static long denials() {
        return SERVER
                .get("compliance", "AuditEvent/$findings?status=all&rule=repeated-denials&count=500")
                .bundle()
                .getEntry()
                .stream()
                .map(entry -> (DetectedIssue) entry.getResource())
                .filter(issue -> issue.getImplicatedFirstRep().getReference().equals("Practitioner/nurse-of-review"))
                .count();
    }

    private static void look() {
        AnomalyWatch watch = SERVER.bean(AnomalyWatch.class);
        while (!watch.look(1000).last()) {
            // There are more.
            continue;
        }
    }

    private static List<DetectedIssue> findings(String status, String patient) {
        Answer answer = SERVER.get("compliance", "AuditEvent/$findings?status=" + status);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return answer.bundle().getEntry().stream()
                .map(Bundle.BundleEntryComponent::getResource)
                .map(DetectedIssue.class::cast)
                .filter(issue ->
                        ("Patient/" + patient).equals(issue.getPatient().getReference()))
                .toList();
    }

    private static List<ParametersParameterComponent> emergencies(String status, String patient) {
        Answer answer = SERVER.get("compliance", "AuditEvent/$break-glass-reviews?status=" + status);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return ((Parameters) answer.resource())
                .getParameter().stream()
                        .filter(one -> reference(one, "patient").equals("Patient/" + patient))
                        .toList();
    }

    private static Answer review(String user, String event, String outcome, String note) {
        Parameters parameters = new Parameters();
        parameters.addParameter("outcome", new CodeType(outcome));
        parameters.addParameter("note", new StringType(note));
        return SERVER.post(user, "AuditEvent/" + event + "/$review", parameters);
    }

    /** The token of another who has the same role in the same place. */
    private static String colleague(String user, String username, String fhirUser) {
        new JdbcTemplate(SERVER.database())
                .update(
                        "insert into smart.account (username, password_hash, display_name, roles, fhir_user,"
                                + " organization, organization_name, purposes_of_use)"
                                + " select ?, password_hash, 'Ada Berg', roles, ?, organization, organization_name,"
                                + " purposes_of_use from smart.account where username = ? on conflict do nothing",
                        username,
                        fhirUser,
                        user);
        return SERVER.bean(TokenMint.class).forPerson(username, "user/*.cruds");
    }

    /** By another compliance officer than the demonstration's. */
    private static Answer signOff(String event, String note) {
        String token = colleague("compliance", "compliance2", "Practitioner/ada-berg");
        Parameters parameters = new Parameters();
        parameters.addParameter("note", new StringType(note));
        return SERVER.send(SERVER.anonymous("AuditEvent/" + event + "/$sign-off")
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/fhir+json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        SERVER.fhir().newJsonParser().encodeResourceToString(parameters))));
    }

    private static String part(ParametersParameterComponent parameter, String name) {
        return parameter.getPart().stream()
                .filter(part -> part.getName().equals(name))
                .map(part -> String.valueOf(part.getValue().primitiveValue()))
                .findFirst()
                .orElse("");
    }

    private static String reference(ParametersParameterComponent parameter, String name) {
        return parameter.getPart().stream()
                .filter(part -> part.getName().equals(name))
                .map(part -> ((Reference) part.getValue()).getReference())
                .findFirst()
                .orElse("");
    }

    private static String patient(boolean vip) {
        Patient patient = new Patient();
        patient.setId("review-" + UUID.randomUUID());
        patient.addName().setFamily("Unlikely").addGiven("Name");
        if (vip) {
            patient.getMeta().addSecurity(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "VIP", null));
        }
        Answer answer = SERVER.send(
                SERVER.request("backend", "Patient/" + patient.getIdElement().getIdPart())
                        .header("Content-Type", "application/fhir+json")
                        .PUT(HttpRequest.BodyPublishers.ofString(
                                SERVER.fhir().newJsonParser().encodeResourceToString(patient))));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        return patient.getIdElement().getIdPart();
    }
}
