package org.securemed.fhir.retention;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Patient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.WeakLogIns;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;

/** A server that need not keep anything for long lets go of what two people agreed upon, and of nothing else. */
class RetentionIT {
    private static final TestServer SERVER = TestServer.with(
            "retention",
            "--securemed.demo.patients=3",
            "--securemed.retention.period=P0D",
            "--securemed.retention.shorter=true",
            "--securemed.retention.rate=100000");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Op READ = Op.READ;

    @AfterAll
    static void close() {
        SERVER.close();
    }

    @Test
    void what_two_people_agreed_upon_goes_and_holds_consents_and_commitments_stay() throws Exception {
        Ledger ledger = SERVER.bean(Ledger.class);
        Pseudonym held = patient("held");
        Pseudonym other = patient("other");
        assertThat(SERVER.get("backend", "Patient/held").status()).isEqualTo(200);
        assertThat(SERVER.get("backend", "Patient/other").status()).isEqualTo(200);
        List<Entry> traffic = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            Instant now = Instant.now();
            traffic.add(Entry.builder(EntryIds.next(now), now, "server-1", READ)
                    .patient(i % 3 == 0 ? held : other)
                    .build());
        }
        ledger.append(Submission.of(traffic.subList(0, 300), List.of())).get(10, TimeUnit.SECONDS);
        ledger.append(Submission.of(traffic.subList(300, 600), List.of())).get(10, TimeUnit.SECONDS);
        long consents = count(Set.of(Op.CONSENT_GRANT));
        long writes = count(Set.of(Op.CREATE, Op.UPDATE));

        assertThat(post("physician", "proposals").status()).isEqualTo(403);
        assertThat(post("backend", "proposals").status())
                .as("a machine decides nothing")
                .isEqualTo(403);
        assertThat(post("administrator", "proposals?before=2999-01-01T00:00:00Z")
                        .status())
                .isEqualTo(400);
        assertThat(post("administrator", "proposals?before=yesterday").status()).isEqualTo(400);
        assertThat(weakly("proposals").status()).isEqualTo(401);

        assertThat(post("compliance", "holds?patient=nobody&reason=x").status()).isEqualTo(404);
        assertThat(post("compliance", "holds?patient=held").status()).isEqualTo(400);
        Answer hold = post("compliance", "holds?patient=held&reason=Lawsuit");
        assertThat(hold.status()).as(hold.text()).isEqualTo(201);
        assertThat(SERVER.send(HttpRequest.newBuilder(URI.create(SERVER.base() + "/admin/patients/held/erasure"))
                                .header("Authorization", "Bearer " + SERVER.token("administrator"))
                                .POST(BodyPublishers.noBody()))
                        .status())
                .as("what is held is not erased either")
                .isEqualTo(409);

        // Whole seconds: what is older than this one.
        Instant before = Instant.now().plusSeconds(1);
        while (Instant.now().isBefore(before)) {
            Thread.onSpinWait();
        }
        Answer proposal = post("administrator", "proposals");
        assertThat(proposal.status()).as(proposal.text()).isEqualTo(201);
        String id = JSON.readTree(proposal.text()).path("id").asText();
        assertThat(post("administrator", "proposals/" + id + "/approval").status())
                .as("not by the same person")
                .isEqualTo(403);
        assertThat(post("compliance", "proposals/" + hold.text() + "/approval").status())
                .isGreaterThanOrEqualTo(400);
        SERVER.bean(Retention.class).work();
        assertThat(ledger.pruning().pruned().count()).as("nobody has approved").isZero();
        Answer approval = post("compliance", "proposals/" + id + "/approval");
        assertThat(approval.status()).as(approval.text()).isEqualTo(202);
        SERVER.bean(Retention.class).work();

        JsonNode status = JSON.readTree(get("compliance").text());
        assertThat(status.path("named").asLong()).isGreaterThan(200);
        assertThat(status.path("holds")).hasSize(1);
        assertThat(status.path("proposals").get(0).path("approvedBy").asText()).startsWith("Practitioner");
        assertThat(of(held)).as("held").isGreaterThanOrEqualTo(200);
        assertThat(of(other)).isLessThan(250);
        assertThat(count(Set.of(Op.CONSENT_GRANT))).isEqualTo(consents);
        assertThat(count(Set.of(Op.CREATE, Op.UPDATE))).isEqualTo(writes);
        requireWhole();

        Parameters log = (Parameters)
                SERVER.get("compliance", "Patient/other/$access-log").resource();
        ParametersParameterComponent summary = log.getParameter().stream()
                .filter(one -> one.getName().equals("summary"))
                .findFirst()
                .orElseThrow();
        assertThat(summary.getPart()).anyMatch(part -> part.getName().equals("prunedBefore"));
        Parameters account = (Parameters) SERVER.get("compliance", "Patient/other/$accounting-of-disclosures")
                .resource();
        assertThat(account.getParameter()).anyMatch(one -> one.getName().equals("prunedBefore"));
        Bundle events = SERVER.get("compliance", "AuditEvent?subtype=retention,legal-hold,retention-approved&_count=50")
                .bundle();
        assertThat(events.getEntry().stream()
                        .map(entry -> ((AuditEvent) entry.getResource())
                                .getSubtypeFirstRep()
                                .getCode()))
                .contains("retention", "legal-hold", "retention-approved");
        Parameters verified =
                (Parameters) SERVER.get("compliance", "AuditEvent/$verify").resource();
        assertThat(verified.getParameterBool("whole")).isTrue();
        assertThat(verified.hasParameter("pruned")).isTrue();

        String holdId = JSON.readTree(hold.text()).path("id").asText();
        assertThat(post("administrator", "holds/" + holdId + "/release").status())
                .isEqualTo(400);
        assertThat(post("administrator", "holds/" + holdId + "/release?reason=Settled")
                        .status())
                .isEqualTo(204);
        assertThat(post("administrator", "holds/" + holdId + "/release?reason=Settled")
                        .status())
                .isEqualTo(404);
        SERVER.bean(Retention.class).work();
        assertThat(of(held)).isLessThan(200);
        requireWhole();

        assertThat(post("compliance", "holds?reason=Everything").status()).isEqualTo(201);
        assertThat(post("administrator", "proposals").status()).isEqualTo(409);
    }

    private static void requireWhole() throws Exception {
        KeyEncryptionKeys epochs = KeyEncryptionKeys.open(
                SERVER.directory().resolve("ledger").resolve(Path.of("development-kek.p12")),
                "development".toCharArray());
        try (Connection connection = SERVER.database().getConnection()) {
            Report report = new Verifier(SERVER.bean(Ledger.class).logKey())
                    .opening(epochs)
                    .verify(connection);
            assertThat(report.findings()).isEmpty();
            assertThat(report.pruned().entries()).isPositive();
        }
    }

    private static Pseudonym patient(String id) {
        Patient patient = new Patient();
        patient.setId(id);
        assertThat(SERVER.put("backend", "Patient/" + id, patient).status()).isEqualTo(201);
        return SERVER.bean(SubjectKeys.class).known(id).orElseThrow();
    }

    private static long of(Pseudonym patient) {
        return SERVER.bean(Ledger.class)
                .find(new EntryQuery(Set.of(patient), null, Set.of(READ), null, null, Long.MAX_VALUE, 1_000))
                .size();
    }

    private static long count(Set<Op> ops) {
        return SERVER.bean(Ledger.class)
                .find(new EntryQuery(Set.of(), null, ops, null, null, Long.MAX_VALUE, 1_000))
                .size();
    }

    private static Answer get(String user) {
        return SERVER.send(request("")
                .header("Authorization", "Bearer " + SERVER.token(user))
                .GET());
    }

    private static Answer post(String user, String path) {
        return SERVER.send(request("/" + path)
                .header("Authorization", "Bearer " + SERVER.token(user))
                .POST(BodyPublishers.noBody()));
    }

    private static Answer weakly(String path) throws Exception {
        return SERVER.send(request("/" + path)
                .header("Authorization", "Bearer " + WeakLogIns.token(SERVER, "administrator"))
                .POST(BodyPublishers.noBody()));
    }

    private static HttpRequest.Builder request(String path) {
        String address = SERVER.base() + "/admin/retention" + path.replaceAll("[{}\"]", "");
        return HttpRequest.newBuilder(URI.create(address)).timeout(Duration.ofSeconds(30));
    }
}
