package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.DomainResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.securemed.fhir.export.Exports;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/**
 * To a requester without consent a patient's data does not exist: two servers, one of which holds hidden patients and
 * all that speaks of them, answer everything alike.
 *
 * <p>More random searches, and a quarter as many random writes: {@code -Dsecuremed.test.searches=10000
 * -Dsecuremed.test.seed=1}. A difference prints the request and both answers.
 *
 * <p>Sensitivity, tried by taking mechanisms out and counting the differences: {@code PartitionScope} answering with
 * all partitions, 2747; {@code SearchRules.check} allowing everything, 66; includes left to HAPI and all its methods
 * bound, 18; {@code WriteGate} not looking at references and tags in HAPI's common table, 224. One by one, each of
 * these is missed: the scope of a read by id and of a search by ids, where chained parameters and {@code _has} lead,
 * all that is refused there in If-None-Exist, conditional updates refused, writes over hidden and to absent ids,
 * references to hidden resources and into hidden parts, what a patch leads to, and sent AuditEvents kept for whom they
 * name.
 *
 * <p>Not missed while others hold: {@code ReleaseCheck}, which is there for what they overlook, and has
 * {@link LayersIT}; each other rule of {@code SearchRules}, where HAPI's own conditions and {@code Includes} hold
 * ({@link SearchRulesTest}); references by search, refused in two places. Who may write of whom tells of nobody hidden,
 * and has {@link GrantedAccessIT}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NonInterferenceIT {
    /** Everybody who is subject to consent; of the hidden patients, nobody has let in any of them. */
    private static final List<String> REQUESTERS =
            List.of("physician", "physician2", "nurse", "patient", "researcher", "administrator", "compliance");

    /** Whom {@code mixed-one} has let in with a part of the record. */
    private static final List<String> PARTLY_LET_IN = List.of("physician2", "nurse", "physician");

    /** What is asked about hidden patients, asked about the hidden part of a record. */
    private static final UnaryOperator<String> PART = text ->
            text.replace("-hidden-one", "-part").replace("-both", "-both-part").replace("hidden-one", "mixed-one");

    /** Writes about a patient who lets the writer in, and about a hidden part of the same record. */
    private static final UnaryOperator<String> PART_OF_WHO_IS_SEEN =
            text -> PART.apply(text).replace("elena-rossi", "mixed-one").replace("obs-elena", "obs-mixed");

    private static TwinServers twins;
    private static TwinAnswers both;

    @BeforeAll
    static void start() {
        twins = TwinServers.start();
        both = new TwinAnswers(twins);
    }

    @AfterAll
    static void stop() {
        twins.close();
    }

    @Test
    @Order(1)
    void the_hidden_data_is_there() {
        List<Probe> probes = ChannelProbes.reading();
        long different = probes.stream()
                .filter(probe -> !both.answer(twins.without(), "backend", probe)
                        .equals(both.answer(twins.with(), "backend", probe)))
                .count();

        assertThat(different).as("of %d probes", probes.size()).isGreaterThan(80);
    }

    @Test
    @Order(2)
    void no_read_search_or_operation_differs() {
        List<String> differences = new ArrayList<>();
        for (String requester : REQUESTERS) {
            for (Probe probe : ChannelProbes.reading()) {
                if (!requester.equals("compliance") || !isReviewed(probe)) {
                    both.compare(requester, probe, differences);
                }
            }
        }
        TwinAnswers.report(differences);
    }

    @Test
    @Order(2)
    void no_other_form_of_a_question_and_no_longer_way_to_the_data_differs() {
        List<String> differences = new ArrayList<>();
        for (String requester : List.of("physician", "patient", "administrator")) {
            for (Probe probe : ChannelProbes.strange()) {
                both.compare(requester, probe, differences);
                both.compareWithAbsent(requester, probe, differences);
            }
        }
        TwinAnswers.report(differences);
    }

    @Test
    @Order(2)
    void no_type_of_resource_differs() {
        List<String> differences = new ArrayList<>();
        for (String requester : List.of("physician", "administrator")) {
            ReachProbes.types().forEach(probe -> both.compare(requester, probe, differences));
        }
        TwinAnswers.report(differences);
    }

    /** Who reviews accesses sees those to every patient's data. */
    private static boolean isReviewed(Probe probe) {
        return probe.path().startsWith("AuditEvent")
                || probe.path().contains("$explain-access")
                || probe.path().contains("$accounting-of-disclosures")
                || probe.path().contains("$access-log")
                || probe.path().contains("-integrity");
    }

    /** Elena has let research in; the pseudonyms are those of each server, and the order is theirs. */
    @Test
    @Order(2)
    void no_view_for_research_differs() {
        List<String> differences = new ArrayList<>();
        for (String query : List.of(
                "Patient",
                "Patient/<elena>",
                "Patient/elena-rossi",
                "Patient/hidden-one",
                "Patient/6f9f1c1e-0000-4000-8000-000000000001",
                "Patient?gender=female&_summary=count",
                "Observation?patient=<elena>",
                "Observation?subject=Patient/<elena>&_count=3&_offset=3",
                "Observation?subject:Patient=<elena>,6f9f1c1e-0000-4000-8000-000000000001&_total=accurate",
                "Observation?code=http://loinc.org|718-7",
                "Observation?code=http://loinc.org|718-7&_summary=count",
                "Observation?code=urn:part|secret",
                "Observation?status=final&_total=accurate&_count=2",
                "Observation?_id=<elena>",
                "Condition?_count=50",
                "Encounter?patient=<elena>",
                "MedicationRequest",
                "Procedure",
                "Immunization",
                "Practitioner?_count=50",
                "Organization",
                "Location",
                "Device",
                "Medication",
                "AllergyIntolerance",
                "Specimen",
                "Task",
                "Group",
                "Patient/<elena>/$everything",
                "Patient/<elena>/_history",
                "Observation?identifier=urn:lab|H-hidden-one",
                "Observation?date=gt2000")) {
            String without = research(twins.without(), query);
            String with = research(twins.with(), query);
            if (!without.equals(with)) {
                differences.add(query + "\n--- without the hidden data\n" + TwinAnswers.cut(without) + "\n--- with it\n"
                        + TwinAnswers.cut(with));
            }
        }
        TwinAnswers.report(differences);
        assertThat(research(twins.with(), "Observation?patient=<elena>"))
                .startsWith("200")
                .contains("PSEUDED")
                .doesNotContain("elena");
    }

    private static String research(TestServer server, String query) {
        Answer patients = Probe.get("Patient").send(server, twins.token(server, "researcher"));
        String elena = patients.bundle()
                .getEntryFirstRep()
                .getResource()
                .getIdElement()
                .getIdPart();
        return both.answer(server, "researcher", Probe.get(query.replace("<elena>", elena)));
    }

    @Test
    @Order(3)
    void no_random_search_differs() {
        long seed = Long.getLong("securemed.test.seed", 20261122L);
        int count = Integer.getInteger("securemed.test.searches", 600);
        RandomSearches searches = new RandomSearches(seed);
        List<String> differences = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        int answered = 0;
        for (int i = 0; i < count; i++) {
            Probe probe = searches.next();
            String requester = REQUESTERS.get(i % 3 == 0 ? i / 3 % REQUESTERS.size() : 0);
            String answer = both.compare(requester, probe, differences);
            answered += answer.startsWith("200") ? 1 : 0;
            if (answer.startsWith("5")) {
                failed.add(requester + ": " + probe);
            }
        }
        System.out.printf("random searches: seed %d, %d run, %d answered with 200%n", seed, count, answered);
        assertThat(answered).as("searches that were not refused").isGreaterThan(count / 4);
        TwinAnswers.report(differences);
        assertThat(failed).as("searches that the server failed to answer").isEmpty();
    }

    /** Each export from its order to its last byte. */
    @Test
    @Order(4)
    void no_export_differs() {
        List<String> paths = List.of(
                "$export?_type=Patient,Observation,Condition,Practitioner,Device,Organization,Substance,Schedule",
                "$export?_type=Group,List,Provenance,Task,Binary,Bundle,Consent,Appointment,Person,MessageHeader",
                "Patient/$export",
                "Patient/$export?_since=2020-01-01T00:00:00Z",
                "Patient/$export?_type=Observation&_since=2999-01-01T00:00:00Z",
                "Group/group-elena/$export?_type=Patient,Observation,Group",
                "Group/group-both/$export");
        for (String requester : REQUESTERS) {
            for (String path : paths) {
                assertThat(export(twins.with(), requester, path))
                        .as("%s: %s", requester, path)
                        .isEqualTo(export(twins.without(), requester, path));
            }
        }
        assertThat(export(twins.without(), "physician", "Patient/$export?_type=Observation")
                        .toString())
                .contains("obs-elena")
                .doesNotContain("mixed-one-0");
        assertThat(export(twins.with(), "backend", "Patient/$export?_type=Observation")
                        .toString())
                .contains("obs-hidden-one");
    }

    private static List<String> export(TestServer server, String requester, String path) {
        String token = twins.token(server, requester);
        List<String> answers = new ArrayList<>();
        Answer begun = Exports.begin(server, token, path);
        answers.add(Normal.of(begun));
        if (begun.status() == 202) {
            String status = Exports.path(begun);
            JsonNode manifest = Exports.manifest(server, token, status);
            answers.add(Normal.text(manifest.toString()));
            Exports.files(manifest)
                    .values()
                    .forEach(files -> files.forEach(file -> {
                        String answer = Normal.of(Probe.get(file).send(server, token));
                        // Of a view for research the order is that of the pseudonyms.
                        answers.add(
                                requester.equals("researcher")
                                        ? answer.lines().sorted().collect(Collectors.joining("\n"))
                                        : answer);
                    }));
            Probe.of("DELETE", status, "").send(server, token);
        }
        return answers;
    }

    /** Links of pages, and addresses of an export, that another requester was given. */
    @Test
    @Order(4)
    void what_somebody_else_was_given_leads_nowhere_else() {
        List<String> differences = new ArrayList<>();
        List<String> links = new ArrayList<>();
        for (String path : List.of(
                "Observation?patient=hidden-one&_count=2",
                "Observation?code=718-7&_count=3&_total=accurate",
                "Patient?_count=20",
                "Practitioner?_count=2&_sort=-_lastUpdated",
                "Patient/hidden-one/$everything?_count=4",
                "Observation/obs-hidden-one/_history?_count=1")) {
            links.addAll(both.links(twins.with(), "backend", path));
        }
        links.addAll(both.links(twins.with(), "physician", "Observation?patient=elena-rossi&_count=3"));
        assertThat(links).hasSizeGreaterThan(30);
        String status =
                Exports.status(twins.with(), twins.token(twins.with(), "backend"), "Patient/$export?_type=Observation");
        String file = Exports.first(
                Exports.manifest(twins.with(), twins.token(twins.with(), "backend"), status), "Observation");
        for (String requester : List.of("physician", "nurse", "patient", "administrator")) {
            links.forEach(link -> both.compare(requester, Probe.get(link), differences));
            for (String given : List.of(status, file)) {
                String never = given.replaceFirst("job=[^&]*", "job=" + UUID.randomUUID());
                assertThat(both.answer(twins.with(), requester, Probe.get(given)))
                        .as("%s: %s", requester, given)
                        .startsWith("404")
                        .isEqualTo(both.answer(twins.with(), requester, Probe.get(never)));
                assertThat(both.answer(twins.with(), requester, Probe.of("DELETE", given, "")))
                        .isEqualTo(both.answer(twins.with(), requester, Probe.of("DELETE", never, "")));
            }
        }
        assertThat(both.answer(twins.with(), "backend", Probe.get(status)))
                .as("nobody else has ended it")
                .startsWith("200");
        TwinAnswers.report(differences);
    }

    @Test
    @Order(4)
    void no_walk_through_pages_differs() {
        List<String> differences = new ArrayList<>();
        for (String path : List.of(
                "Observation?patient=elena-rossi&_count=3",
                "Observation?code=718-7&_count=1&_sort=-_lastUpdated",
                "Observation?_count=4&_total=accurate",
                "Patient?_count=1",
                "Practitioner?_count=2&_sort=family",
                "Organization?_count=1",
                "Patient/elena-rossi/$everything?_count=5",
                "Observation/obs-elena/_history?_count=1",
                "Group?_count=1",
                "Condition?_count=2&_include=Condition:subject&_revinclude=Provenance:target")) {
            assertThat(both.walk(twins.without(), path)).as(path).isEqualTo(both.walk(twins.with(), path));
        }
        TwinAnswers.report(differences);
    }

    @Test
    @Order(5)
    void hidden_and_absent_ids_are_answered_alike_when_reading() {
        List<String> differences = new ArrayList<>();
        for (String requester : List.of("physician", "patient", "administrator")) {
            ChannelProbes.reading().forEach(probe -> both.compareWithAbsent(requester, probe, differences));
        }
        TwinAnswers.report(differences);
    }

    @Test
    @Order(5)
    void the_hidden_parts_are_there() {
        for (String requester : PARTLY_LET_IN) {
            assertThat(both.answer(
                            twins.without(), requester, Probe.get("Observation?patient=mixed-one&_summary=count")))
                    .as(requester)
                    .startsWith("200")
                    .doesNotContain("\"total\":0,");
        }
        assertThat(both.answer(twins.with(), "backend", Probe.get("Observation?patient=mixed-one&_summary=count")))
                .isNotEqualTo(both.answer(
                        twins.without(), "backend", Probe.get("Observation?patient=mixed-one&_summary=count")));
    }

    /** What the consents of a patient hide within the record is as absent as a patient without consent. */
    @Test
    @Order(5)
    void no_read_search_or_operation_on_a_part_of_a_record_differs() {
        List<String> differences = new ArrayList<>();
        for (String requester : PARTLY_LET_IN) {
            for (Probe probe : ChannelProbes.reading()) {
                both.compare(requester, probe.map(PART), differences);
                both.compareWithAbsent(requester, probe.map(PART), differences);
            }
            if (requester.equals("physician2")) {
                ChannelProbes.strange().forEach(probe -> both.compare(requester, probe.map(PART), differences));
            }
            for (String query : List.of(
                    "Observation?patient=mixed-one",
                    "Observation?_security=PSY",
                    "Observation?_security:not=PSY&_summary=count",
                    "Observation?_security=http://terminology.hl7.org/CodeSystem/v3-ActCode|PSY&_summary=count",
                    "Observation?patient=mixed-one,elena-rossi&_summary=count",
                    "Observation?_id=obs-mixed,obs-part,obs-both-part,obs-both-open",
                    "Observation?date=lt2005-01-01&_summary=count",
                    "Observation?_id=obs-mixed&_revinclude=Observation:has-member&_revinclude=Provenance:target",
                    "Observation?_id=obs-mixed&_revinclude=List:item",
                    "Patient?_id=mixed-one&_revinclude=Observation:subject&_revinclude=Condition:subject",
                    "Observation/obs-mixed/_history",
                    "Patient/mixed-one/$summary",
                    "Patient/mixed-one/$everything?_count=3",
                    "Patient/mixed-one/$everything?_summary=count",
                    "Observation?_sort=-date&_count=3",
                    "Observation?_count=0",
                    "Observation?patient=mixed-one&_total=accurate&_count=2&_offset=2",
                    "Group?member=Patient/mixed-one")) {
                both.compare(requester, Probe.get(query), differences);
            }
        }
        TwinAnswers.report(differences);
    }

    @Test
    @Order(5)
    void no_random_search_over_parts_of_records_differs() {
        long seed = Long.getLong("securemed.test.seed", 20261122L) + 1;
        int count = Integer.getInteger("securemed.test.searches", 600) / 2;
        RandomSearches searches = new RandomSearches(seed);
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            both.compare(
                    PARTLY_LET_IN.get(i % PARTLY_LET_IN.size()), searches.next().map(PART), differences);
        }
        TwinAnswers.report(differences);
    }

    @Test
    @Order(5)
    void no_walk_through_pages_of_parts_of_records_differs() {
        for (String requester : PARTLY_LET_IN) {
            for (String path : List.of(
                    "Observation?patient=mixed-one&_count=3",
                    "Observation?code=718-7&_count=1&_sort=-_lastUpdated",
                    "Observation?_count=4&_total=accurate",
                    "Patient/mixed-one/$everything?_count=4",
                    "Condition?_count=2&_include=Condition:subject&_revinclude=Provenance:target")) {
                assertThat(both.walk(twins.without(), requester, path))
                        .as("%s: %s", requester, path)
                        .isEqualTo(both.walk(twins.with(), requester, path));
            }
        }
    }

    @Test
    @Order(6)
    void no_write_differs() {
        List<String> differences = new ArrayList<>();
        for (String requester : REQUESTERS) {
            for (Probe probe : ChannelProbes.writing()) {
                both.compare(requester, probe, differences);
            }
        }
        for (String requester : PARTLY_LET_IN) {
            for (Probe probe : ChannelProbes.writing()) {
                both.compare(requester, probe.map(PART_OF_WHO_IS_SEEN), differences);
            }
        }
        TwinAnswers.report(differences);
    }

    @Test
    @Order(6)
    void no_random_write_differs() {
        long seed = Long.getLong("securemed.test.seed", 20261122L) + 2;
        int count = Integer.getInteger("securemed.test.searches", 600) / 4;
        RandomWrites writes = new RandomWrites(seed);
        List<String> differences = new ArrayList<>();
        int stored = 0;
        for (int i = 0; i < count; i++) {
            String requester = i % 5 == 4 ? REQUESTERS.get(i / 5 % REQUESTERS.size()) : "physician";
            Probe probe = writes.next();
            stored += both.compare(requester, probe, differences).startsWith("20") ? 1 : 0;
        }
        assertThat(stored).as("seed %d: writes that were not refused", seed).isGreaterThan(count / 20);
        TwinAnswers.report(differences);
    }

    @Test
    @Order(7)
    void hidden_and_absent_ids_are_answered_alike_when_writing() {
        List<String> differences = new ArrayList<>();
        for (String requester : List.of("physician", "administrator")) {
            ChannelProbes.writing().forEach(probe -> both.compareWithAbsent(requester, probe, differences));
        }
        for (String requester : PARTLY_LET_IN) {
            ChannelProbes.writing()
                    .forEach(probe -> both.compareWithAbsent(requester, probe.map(PART_OF_WHO_IS_SEEN), differences));
        }
        RandomWrites writes = new RandomWrites(Long.getLong("securemed.test.seed", 20261122L) + 3);
        int count = Integer.getInteger("securemed.test.searches", 600) / 8;
        for (int i = 0; i < count; i++) {
            both.compareWithAbsent("physician", writes.next(), differences);
        }
        TwinAnswers.report(differences);
    }

    @Test
    @Order(8)
    void a_declared_emergency_is_answered_alike_whether_or_not_there_is_such_a_patient() {
        for (String requester : List.of("nurse", "administrator", "physician2")) {
            Set<String> answers = new HashSet<>();
            for (String patient : List.of("hidden-one", "hidden-three", "silent-one", "never-there")) {
                for (TestServer server : List.of(twins.without(), twins.with())) {
                    answers.add(emergency(server, requester, patient).replace(patient, "?"));
                }
            }
            assertThat(answers).as(requester).hasSize(1);
        }
        assertThat(both.answer(twins.without(), "physician2", Probe.get("Patient/hidden-one")))
                .startsWith("404");
        assertThat(both.answer(twins.with(), "physician2", Probe.get("Patient/hidden-one")))
                .startsWith("200");
    }

    /** The pages and hooks beside the FHIR endpoint. */
    @Test
    @Order(9)
    void no_picker_launch_or_hook_differs() {
        List<OutsideProbes> sides = List.of(new OutsideProbes(twins.without()), new OutsideProbes(twins.with()));
        sides.forEach(side -> side.letIn(TwinData.ELENA));
        List<String> differences = new ArrayList<>();
        for (String patient : List.of("hidden-one", "hidden-three", "silent-one", "nobody-there", "elena-rossi")) {
            Set<String> answers = new HashSet<>();
            sides.forEach(side -> answers.add(side.about(patient)));
            if (answers.size() > 1) {
                differences.add(patient + "\n" + String.join("\n---\n", answers));
            }
        }
        assertThat(sides.get(1).about("hidden-one").replace("hidden-one", "?"))
                .isEqualTo(sides.get(1).about("nobody-there").replace("nobody-there", "?"));
        assertThat(sides.get(1).about("elena-rossi")).contains("CONSENT_PERMIT").contains("launch\":");
        TwinAnswers.report(differences);
    }

    /** What the same subscribers are told of the same changes. */
    @Test
    @Order(10)
    void no_subscription_differs() throws Exception {
        try (Subscribers without = new Subscribers(twins.without(), "without");
                Subscribers with = new Subscribers(twins.with(), "with")) {
            assertThat(with.subscribe()).isEqualTo(without.subscribe());
            without.change(false);
            with.change(true);
            List<String> told = without.told();
            assertThat(with.told()).isEqualTo(told);
            assertThat(told.toString()).contains("obs-told-elena").doesNotContain("hidden");
            assertThat(with.state()).isEqualTo(without.state()).contains("active");
        }
    }

    /** A patient finds the same in the record of accesses to their own data, whatever others hide. */
    @Test
    @Order(6)
    void no_record_of_accesses_differs() {
        String since = Instant.now().toString();
        for (String requester : List.of("patient", "physician")) {
            ChannelProbes.writing().forEach(probe -> both.compare(requester, probe, new ArrayList<>()));
            ChannelProbes.reading().stream()
                    .filter(probe -> probe.toString().contains("both"))
                    .forEach(probe -> both.compare(requester, probe, new ArrayList<>()));
        }
        List<String> without = accesses(twins.without(), since);
        List<String> with = accesses(twins.with(), since);
        assertThat(without).hasSizeGreaterThan(100);
        List<String> differences = new ArrayList<>(without);
        with.forEach(differences::remove);
        without.forEach(with::remove);
        differences.addAll(with);
        TwinAnswers.report(differences);
    }

    private static List<String> accesses(TestServer server, String since) {
        List<String> events = new ArrayList<>();
        String next = "AuditEvent?patient=elena-rossi&_count=200&date=ge" + since;
        while (next != null) {
            Bundle page =
                    Probe.get(next).send(server, twins.token(server, "patient")).bundle();
            for (Bundle.BundleEntryComponent entry : page.getEntry()) {
                if (((AuditEvent) entry.getResource())
                        .getSubtype().stream().anyMatch(one -> "$everything".equals(one.getCode()))) {
                    // It names the first hundred of many, in the order of ids by chance.
                    continue;
                }
                entry.getResource().setId("?");
                ((DomainResource) entry.getResource()).getExtension().clear();
                events.add(Normal.text(server.fhir().newJsonParser().encodeResourceToString(entry.getResource())));
            }
            Bundle.BundleLinkComponent link = page.getLink("next");
            next = link == null ? null : link.getUrl().replace("http://localhost:8080/fhir/", "");
        }
        events.sort(Comparator.naturalOrder());
        return events;
    }

    private static String emergency(TestServer server, String requester, String patient) {
        long begin = System.nanoTime();
        Answer answer = Probe.of(
                        "POST",
                        "Patient/" + patient + "/$break-glass",
                        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"reason\",\"valueString\":\"unconscious\"}]}")
                .send(server, LogIns.now(server, requester));
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        assertThat(answer.status() == 200).isEqualTo(requester.equals("physician2"));
        if (answer.status() == 200) {
            assertThat(took).isGreaterThanOrEqualTo(AnswerPace.ANSWER_AFTER.minusMillis(5));
        }
        return Normal.of(answer);
    }
}
