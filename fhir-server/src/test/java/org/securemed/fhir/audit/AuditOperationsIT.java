package org.securemed.fhir.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.text.PDFTextStripper;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.merkle.TreeHash;
import org.springframework.jdbc.core.JdbcTemplate;

/** Receipts, access logs and accountings of disclosures. */
class AuditOperationsIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PATIENT = "operations-" + UUID.randomUUID();

    @BeforeAll
    static void access() {
        put("Patient/" + PATIENT, "{\"resourceType\":\"Patient\",\"id\":\"" + PATIENT + "\"}");
        Consents.form(SERVER, PATIENT);
        Consents.record(SERVER, Consents.permit(PATIENT, "Practitioner/jonas-lindqvist"));
        SERVER.get("physician2", "Patient/" + PATIENT);
        SERVER.get("nurse", "Patient/" + PATIENT);
    }

    @Test
    void a_verification_that_an_instance_left_is_done_by_another_and_its_result_cannot_be_made_up() throws Exception {
        JdbcTemplate sql = new JdbcTemplate(SERVER.database());
        UUID left = UUID.randomUUID();
        sql.update(
                "insert into audit.verification (id, from_index, to_index, claim, beat_at)"
                        + " values (?, 0, 20, ?, now() - interval '1 minute')",
                left,
                UUID.randomUUID());
        String status = "AuditEvent/$verify-status?job=" + left;
        Answer answer = SERVER.get("compliance", status);
        for (Instant until = Instant.now().plusSeconds(60);
                answer.status() == 202 && Instant.now().isBefore(until);
                answer = SERVER.get("compliance", status)) {
            assertThat(answer.response().headers().firstValue("X-Progress")).isPresent();
        }
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertThat(((Parameters) answer.resource()).getParameterBool("whole")).isTrue();

        sql.update(
                "update audit.verification set result = replace(result, '\"entries\":', '\"entries\":9') where id = ?",
                left);
        assertThat(SERVER.get("compliance", status).status()).isEqualTo(500);
        assertThat(SERVER.delete("compliance", status).status()).isEqualTo(202);
        assertThat(SERVER.get("compliance", status).status()).isEqualTo(404);
    }

    @Test
    void a_proof_is_verified_with_nothing_but_the_logs_key() throws Exception {
        AuditEvent event = (AuditEvent) SERVER.get("compliance", "AuditEvent?_count=1&patient=" + PATIENT)
                .bundle()
                .getEntryFirstRep()
                .getResource();
        String path = "AuditEvent/" + event.getIdElement().getIdPart() + "/$proof";
        SERVER.bean(Ledger.class).publishCheckpoint();

        Recorded recorded = Recorded.since(SERVER);
        Answer answer = SERVER.get("compliance", path);

        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertRecordedOnce(recorded, "$proof", path);
        Parameters proof = (Parameters) answer.resource();
        assertThat(proof.getParameter("logKey").getValue().primitiveValue())
                .isEqualTo(SERVER.bean(Ledger.class).logKey().toString());
        assertThat(Entry.parse(((Base64BinaryType) proof.getParameter("entry").getValue()).getValue())
                        .id())
                .hasToString(event.getIdElement().getIdPart().replaceFirst("-consent$", ""));
        byte[] entry = ((Base64BinaryType) proof.getParameter("entry").getValue()).getValue();
        VerifyKey key = SERVER.bean(Ledger.class).logKey();
        TlogProof.parse(proof.getParameter("receipt")
                        .getValue()
                        .primitiveValue()
                        .getBytes(StandardCharsets.UTF_8))
                .verify(TreeHash.leaf(entry), key);
        assertThat(SERVER.get("patient", path).status()).isEqualTo(404);
        assertThat(SERVER.get("physician2", path).status()).isEqualTo(403);
        assertThat(SERVER.get("compliance", "AuditEvent/nobody/$proof").status())
                .isEqualTo(404);
    }

    /** An event of an operation about the patient, and no other of it. */
    private static void assertRecordedOnce(Recorded recorded, String operation, String path) {
        List<AuditEvent> events = recorded.events().stream()
                .filter(event -> event.getSubtype().stream().anyMatch(subtype -> operation.equals(subtype.getCode())))
                .toList();
        assertThat(events).as(operation).hasSize(1);
        AuditEvent event = events.get(0);
        assertThat(Balp.errors(event)).isEmpty();
        assertThat(event.getOutcome().toCode()).isEqualTo("0");
        assertThat(event.getEntity())
                .anyMatch(
                        entity -> ("Patient/" + PATIENT).equals(entity.getWhat().getReference()))
                .anyMatch(entity -> entity.hasQuery()
                        && new String(entity.getQuery(), StandardCharsets.UTF_8).endsWith("/" + path));
        assertThat(event.getAgent())
                .anyMatch(agent -> agent.getRequestor()
                        && "Practitioner/samuel-adeyemi".equals(agent.getWho().getReference()));
    }

    @Test
    void what_an_operation_does_not_have_is_refused_whoever_the_patient_is() {
        AuditEvent event = (AuditEvent) SERVER.get("compliance", "AuditEvent?_count=1&patient=" + PATIENT)
                .bundle()
                .getEntryFirstRep()
                .getResource();
        for (String path : List.of(
                "Patient/" + PATIENT + "/$access-log?perod=lt2000",
                "Patient/" + PATIENT + "/$access-log?period:exact=lt2000",
                "Patient/nobody-knows/$access-log?perod=lt2000",
                "Patient/" + PATIENT + "/$accounting-of-disclosures?format=csv",
                "Patient/" + PATIENT + "/$accounting-of-disclosures?output=csv&output=pdf",
                "Patient/" + PATIENT + "/$explain-access?who=me",
                "Patient/" + PATIENT + "/$verify-integrity?version=1",
                "AuditEvent/" + event.getIdElement().getIdPart() + "/$proof?index=1",
                "AuditEvent/$verify?form=1",
                "AuditEvent/$verify?from=1&from=2",
                "AuditEvent/$verify-status?jobs=1",
                "AuditEvent/$integrity-status?open=true",
                "AuditEvent/$findings?state=open",
                "AuditEvent/$break-glass-reviews?rule=vip")) {
            Answer answer = SERVER.get("compliance", path);
            assertThat(answer.status()).as(path).isEqualTo(400);
            OperationOutcome outcome = (OperationOutcome) answer.resource();
            assertThat(outcome.getIssueFirstRep()
                            .getDetails()
                            .getCodingFirstRep()
                            .getCode())
                    .as(path)
                    .isEqualTo("malformed-parameters");
        }
        Answer hidden = SERVER.get("patient", "Patient/" + PATIENT + "/$access-log?perod=lt2000");
        Answer absent = SERVER.get("patient", "Patient/nobody-knows/$access-log?perod=lt2000");
        assertThat(hidden.status()).isEqualTo(400);
        assertThat(hidden.text()).isEqualTo(absent.text());
        assertThat(SERVER.get("physician2", "Patient/" + PATIENT + "/$access-log?perod=lt2000")
                        .status())
                .as("the role comes first")
                .isEqualTo(403);
        for (String path : List.of("$access-log?_format=json", "$accounting-of-disclosures?_pretty=true")) {
            assertThat(SERVER.get("compliance", "Patient/" + PATIENT + "/" + path)
                            .status())
                    .isEqualTo(200);
        }
        Parameters report = new Parameters();
        report.addParameter().setName("disclosure").setResource(disclosure("Court"));
        report.addParameter("note", "left out");
        Answer refused = SERVER.post("compliance", "AuditEvent/$recordDisclosure", report);
        assertThat(refused.status()).as(refused.toString()).isEqualTo(400);
        report.getParameter().set(1, report.getParameterFirstRep().copy());
        assertThat(SERVER.post("compliance", "AuditEvent/$recordDisclosure", report)
                        .status())
                .isEqualTo(400);
        assertThat(SERVER.post("compliance", "Patient/" + PATIENT + "/$access-log", report)
                        .status())
                .isEqualTo(400);
        assertThat(SERVER.get("compliance", "Patient/" + PATIENT + "/$accounting-of-disclosures?period=ge2000")
                        .text())
                .as("nothing that was refused was kept")
                .doesNotContain("\"Court\"");
    }

    @Test
    void the_access_log_tells_people_and_machines_apart() {
        Parameters log = (Parameters)
                SERVER.get("compliance", "Patient/" + PATIENT + "/$access-log").resource();

        List<ParametersParameterComponent> people = named(log, "person");
        assertThat(people)
                .anyMatch(access -> part(access, "what").startsWith("Patient/" + PATIENT)
                        && part(access, "decision").equals("permit")
                        && part(access, "consent").startsWith("Consent/")
                        && part(access, "role").equals("physician")
                        && part(access, "purpose").equals("TREAT"));
        assertThat(people)
                .anyMatch(access -> part(access, "role").equals("nurse")
                        && part(access, "decision").equals("deny"));
        assertThat(named(log, "machine"))
                .isNotEmpty()
                .allMatch(access -> !part(access, "app").isEmpty());
    }

    @Test
    void access_logs_are_for_the_patient_and_for_compliance() {
        assertThat(SERVER.get("patient", "Patient/elena-rossi/$access-log").status())
                .isEqualTo(200);
        Answer hidden = SERVER.get("patient", "Patient/" + PATIENT + "/$access-log");
        Answer absent = SERVER.get("patient", "Patient/nobody-knows/$access-log");
        assertThat(hidden.status()).isEqualTo(404);
        assertThat(hidden.text().replace(PATIENT, "?")).isEqualTo(absent.text().replace("nobody-knows", "?"));
        assertThat(SERVER.get("physician2", "Patient/" + PATIENT + "/$access-log")
                        .status())
                .isEqualTo(403);
        assertThat(SERVER.get("compliance", "Patient/nobody-knows/$access-log").status())
                .isEqualTo(404);
    }

    @Test
    void three_disclosures_are_three_lines_with_all_five_fields() {
        for (int i = 0; i < 3; i++) {
            Parameters report = new Parameters();
            report.addParameter().setName("disclosure").setResource(disclosure("=Court " + i));
            Answer answer = SERVER.post("compliance", "AuditEvent/$recordDisclosure", report);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        }

        String path = "Patient/" + PATIENT + "/$accounting-of-disclosures";
        Parameters report = (Parameters) SERVER.get("compliance", path).resource();
        assertThat(named(report, "disclosure"))
                .hasSize(3)
                .allMatch(line -> part(line, "recipient").startsWith("=Court")
                        && part(line, "address").equals("1 Main Street")
                        && part(line, "description").equals("discharge letter")
                        && part(line, "purpose").equals("HLEGAL")
                        && !part(line, "date").isEmpty());
        Recorded recordedCsv = Recorded.since(SERVER);
        Answer csv = SERVER.get("compliance", path + "?output=csv");
        assertRecordedOnce(recordedCsv, "$accounting-of-disclosures", path + "?output=csv");
        assertThat(csv.response().headers().firstValue("Content-Type").orElseThrow())
                .isEqualTo("text/csv");
        List<CSVRecord> lines = lines(csv.text());
        assertThat(lines).hasSize(3);
        for (int i = 0; i < 3; i++) {
            CSVRecord line = lines.get(i);
            ParametersParameterComponent told = named(report, "disclosure").get(i);
            assertThat(Instant.parse(line.get("Date").replace(" UTC", "Z").replace(' ', 'T')))
                    .isEqualTo(Instant.parse(part(told, "date")).truncatedTo(ChronoUnit.SECONDS));
            assertThat(line.get("Recipient")).isEqualTo("'=Court " + i);
            assertThat(line.get("Address")).isEqualTo("1 Main Street");
            assertThat(line.get("Description")).isEqualTo("discharge letter");
            assertThat(line.get("Purpose")).isEqualTo("HLEGAL");
            assertThat("AuditEvent/" + line.get("Event"))
                    .isEqualTo(told.getPart().stream()
                            .filter(part -> part.getName().equals("event"))
                            .map(part -> ((Reference) part.getValue()).getReference())
                            .findFirst()
                            .orElseThrow());
        }
        assertThat(named(
                        (Parameters) SERVER.get("compliance", path + "?period=lt2000")
                                .resource(),
                        "disclosure"))
                .isEmpty();
        assertThat(SERVER.get("compliance", path + "?output=x").status()).isEqualTo(400);
        Recorded recordedPdf = Recorded.since(SERVER);
        Answer pdf = SERVER.get("compliance", path + "?output=pdf");
        assertRecordedOnce(recordedPdf, "$accounting-of-disclosures", path + "?output=pdf");
        assertThat(pdf.response().headers().firstValue("Content-Type").orElseThrow())
                .isEqualTo("application/pdf");
        String text = text(pdf.response().body());
        assertThat(text)
                .contains("Accounting of disclosures", "Of the record Patient/" + PATIENT, "3 disclosures.")
                .contains("=Court 0", "=Court 1", "=Court 2");
        for (CSVRecord line : lines) {
            assertThat(text).contains(line.get("Date"));
        }
        for (String field : List.of("1 Main Street", "discharge letter", "HLEGAL")) {
            assertThat(text.split(Pattern.quote(field), -1)).as(field).hasSize(4);
        }
    }

    @Test
    void a_part_of_the_log_is_verified_on_demand() {
        SERVER.bean(Ledger.class).publishCheckpoint();
        Parameters part = (Parameters)
                SERVER.get("backend", "AuditEvent/$verify?from=100&to=700").resource();
        assertThat(part.getParameterBool("whole")).isTrue();
        assertThat(part.getParameter("entries").getValue().primitiveValue()).isEqualTo("600");
        assertThat(SERVER.get("compliance", "AuditEvent/$verify?from=x").status())
                .isEqualTo(400);
        assertThat(SERVER.get("compliance", "AuditEvent/$verify?from=7&to=7").status())
                .isEqualTo(400);
        assertThat(SERVER.get("patient", "AuditEvent/$verify").status()).isEqualTo(403);
        assertThat(SERVER.get("administrator", "AuditEvent/$verify").status()).isEqualTo(403);
    }

    @Test
    void a_verification_that_takes_its_time_is_asked_for_and_looked_after() {
        Answer begun = SERVER.send(SERVER.request("compliance", "AuditEvent/$verify")
                .header("Prefer", "respond-async")
                .GET());
        assertThat(begun.status()).as(begun.toString()).isEqualTo(202);
        String address =
                begun.response().headers().firstValue("Content-Location").orElseThrow();
        String status = address.substring(address.indexOf("/fhir/") + "/fhir/".length());
        Answer answer = SERVER.get("compliance", status);
        while (answer.status() == 202) {
            assertThat(answer.response().headers().firstValue("X-Progress")).isPresent();
            answer = SERVER.get("compliance", status);
        }
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertThat(((Parameters) answer.resource()).getParameterBool("whole")).isTrue();
        assertThat(SERVER.get("patient", status).status()).isEqualTo(403);
        assertThat(SERVER.delete("compliance", status).status()).isEqualTo(202);
        assertThat(SERVER.get("compliance", status).status()).isEqualTo(404);
        assertThat(SERVER.get("compliance", "AuditEvent/$verify-status").status())
                .isEqualTo(404);
    }

    @Test
    void an_alarm_about_a_stored_version_is_a_valid_event_about_its_patient() {
        Recorded recorded = Recorded.since(SERVER);
        SERVER.bean(IntegrityRecorder.class).alarm(Set.of(PATIENT), "Observation/any/_history/1", "altered");

        List<AuditEvent> alarms = recorded.events().stream()
                .filter(event ->
                        "integrity-alarm".equals(event.getSubtypeFirstRep().getCode()))
                .toList();
        assertThat(alarms).hasSize(1);
        assertThat(Balp.errors(alarms.get(0))).isEmpty();
        assertThat(alarms.get(0).getOutcome().toCode()).isEqualTo("12");
        assertThat(alarms.get(0).getOutcomeDesc()).isEqualTo("altered");
        assertThat(alarms.get(0).getEntity())
                .anyMatch(
                        entity -> ("Patient/" + PATIENT).equals(entity.getWhat().getReference()))
                .anyMatch(entity ->
                        "Observation/any/_history/1".equals(entity.getWhat().getReference()));
    }

    @Test
    void it_is_explained_who_can_see_a_resource_and_by_which_consent() {
        String path = "Patient/" + PATIENT + "/$explain-access";
        Answer answer = SERVER.get("compliance", path);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        Parameters explained = (Parameters) answer.resource();
        ParametersParameterComponent owner = named(explained, "owner").get(0);
        List<ParametersParameterComponent> lines = owner.getPart().stream()
                .filter(part -> part.getName().equals("access"))
                .toList();
        assertThat(lines).anyMatch(line -> part(line, "rule").equals("self"));
        assertThat(lines)
                .filteredOn(line -> part(line, "rule").equals("consent"))
                .isNotEmpty()
                .allMatch(line -> part(line, "basis").startsWith("Consent/")
                        && part(line, "basis").endsWith(" v1"));
        assertThat(answer.text()).contains("Practitioner/jonas-lindqvist").doesNotContain("Practitioner/-");

        assertThat(SERVER.get("patient", "Patient/elena-rossi/$explain-access").status())
                .isEqualTo(200);
        Answer hidden = SERVER.get("patient", path);
        Answer absent = SERVER.get("patient", "Patient/nobody-knows/$explain-access");
        assertThat(hidden.status()).isEqualTo(404);
        assertThat(hidden.text().replace(PATIENT, "?")).isEqualTo(absent.text().replace("nobody-knows", "?"));
        assertThat(SERVER.get("physician2", path).status()).isEqualTo(403);
        assertThat(SERVER.get("administrator", path).status()).isEqualTo(403);
    }

    @Test
    void a_disclosure_without_patient_recipient_or_purpose_is_refused_and_others_may_not_report() {
        AuditEvent nobody = disclosure("Court");
        nobody.getEntity().clear();
        AuditEvent noRecipient = disclosure("Court");
        noRecipient.getAgent().clear();
        AuditEvent noPurpose = disclosure("Court");
        noPurpose.getPurposeOfEvent().clear();
        for (AuditEvent wrong : List.of(nobody, noRecipient, noPurpose)) {
            Parameters report = new Parameters();
            report.addParameter().setName("disclosure").setResource(wrong);
            assertThat(SERVER.post("compliance", "AuditEvent/$recordDisclosure", report)
                            .status())
                    .isEqualTo(400);
        }
        Parameters report = new Parameters();
        report.addParameter().setName("disclosure").setResource(disclosure("Court"));
        assertThat(SERVER.post("patient", "AuditEvent/$recordDisclosure", report)
                        .status())
                .isEqualTo(403);
    }

    private static AuditEvent disclosure(String recipient) {
        AuditEvent event = new AuditEvent();
        event.setRecorded(new java.util.Date());
        event.addPurposeOfEvent(AuditCodes.purpose("HLEGAL"));
        event.addAgent()
                .setRequestor(false)
                .setType(new CodeableConcept(AuditCodes.destination()))
                .setName(recipient)
                .setLocation(new Reference().setDisplay("1 Main Street"));
        event.addEntity()
                .setType(AuditCodes.person())
                .setRole(new Coding("http://terminology.hl7.org/CodeSystem/object-role", "1", null))
                .setWhat(new Reference("Patient/" + PATIENT));
        event.addEntity().setType(AuditCodes.systemObject()).setDescription("discharge letter");
        return event;
    }

    private static String text(byte[] pdf) {
        try (PDDocument document = Loader.loadPDF(pdf)) {
            return new PDFTextStripper().getText(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<CSVRecord> lines(String csv) {
        try {
            return CSVFormat.RFC4180
                    .builder()
                    .setHeader()
                    .setSkipHeaderRecord(true)
                    .build()
                    .parse(new StringReader(csv))
                    .getRecords();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<ParametersParameterComponent> named(Parameters parameters, String name) {
        return parameters.getParameter().stream()
                .filter(parameter -> parameter.getName().equals(name))
                .toList();
    }

    private static String part(ParametersParameterComponent parameter, String name) {
        return parameter.getPart().stream()
                .filter(part -> part.getName().equals(name))
                .map(part -> part.getValue().primitiveValue())
                .map(String::valueOf)
                .findFirst()
                .orElse("");
    }

    private static void put(String path, String body) {
        Answer answer = SERVER.send(SERVER.request("backend", path)
                .header("Content-Type", "application/fhir+json")
                .PUT(HttpRequest.BodyPublishers.ofString(body)));
        if (answer.status() >= 300) {
            throw new IllegalStateException(answer.toString());
        }
    }
}
