package org.securemed.fhir.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** AuditEvents as a view of the ledger: how they are found, paged and read, and how others' events come in. */
class AuditViewIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String SEEN = "view-seen";
    private static final String MINE = "AuditEvent?patient=" + SEEN + "&";
    private static String since = "";

    @BeforeAll
    static void access() {
        put("Patient/" + SEEN, """
                {"resourceType":"Patient","id":"$","identifier":[{"system":"urn:view","value":"$"}]}""");
        put("Observation/" + SEEN, """
                {"resourceType":"Observation","id":"$","status":"final","code":{"text":"c"},"subject":{"reference":"Patient/$"}}""");
        Consents.form(SERVER, SEEN);
        Consents.record(SERVER, Consents.permit(SEEN, "Practitioner/jonas-lindqvist"));
        since = new InstantType(new java.util.Date()).getValueAsString().replace("+", "%2B");
        for (int i = 0; i < 5; i++) {
            SERVER.send(SERVER.request("physician2", "Observation/" + SEEN)
                    .header("X-Request-ID", "view-request-" + i)
                    .GET());
        }
        SERVER.get("nurse", "Observation/" + SEEN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "action=R",
                "action=http://hl7.org/fhir/audit-event-action%7CR",
                "address=127",
                "address:contains=0.0.1",
                "agent=Practitioner/jonas-lindqvist",
                "agent=jonas-lindqvist",
                "agent:Practitioner=jonas-lindqvist",
                "agent-name=dr%20jonas",
                "agent-name:contains=LINDQVIST",
                "agent-name:exact=Dr%20Jonas%20Lindqvist",
                "agent-role=https://securemed.org/fhir/CodeSystem/role%7Cphysician",
                "agent.identifier=physician2",
                "date=gt2020&date=lt2999",
                "date=ge2020-01-01,le1999",
                "_lastUpdated=gt2020-01-01T00:00:00Z",
                "entity=Observation/view-seen",
                "entity=Observation/view-seen/_history/1",
                "entity-role=4",
                "entity-type=http://terminology.hl7.org/CodeSystem/audit-entity-type%7C2",
                "entity.identifier=view-request-1,view-request-2,view-request-3,view-request-4,view-request-0",
                "outcome=0",
                "policy=*",
                "site=http://localhost:8080/fhir",
                "source.identifier=http://localhost:8080/fhir",
                "subtype=read",
                "subtype=vread,read",
                "subtype=http://hl7.org/fhir/restful-interaction%7Cread",
                "subtype:not=create",
                "type=rest",
                "type=http://terminology.hl7.org/CodeSystem/audit-event-type%7Crest",
                "patient=Patient/view-seen",
                "patient:Patient=view-seen",
                "patient=http://localhost:8080/fhir/Patient/view-seen",
                "patient.identifier=urn:view%7Cview-seen",
                "patient:identifier=urn:view%7Cview-seen"
            })
    void each_parameter_finds_what_it_asks_for(String parameter) {
        AuditEvent first = event(MINE + "subtype=read&agent=Practitioner/jonas-lindqvist&_count=1");
        String asked = parameter.replace(
                "*",
                first.getAgent().stream()
                        .filter(AuditEvent.AuditEventAgentComponent::hasPolicy)
                        .findFirst()
                        .orElseThrow()
                        .getPolicy()
                        .get(0)
                        .getValue());
        List<AuditEvent> found = events(MINE + "date=ge" + since + "&_sort=date&_count=200&" + asked);

        assertThat(found.stream()
                        .filter(event -> event.getEntity().stream()
                                .anyMatch(entity -> String.valueOf(
                                                entity.getWhat().getIdentifier().getValue())
                                        .startsWith("view-request-")))
                        .filter(event -> event.getEntity().stream()
                                .anyMatch(entity -> "2".equals(entity.getType().getCode()))))
                .hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "action=D",
                "address=10.",
                "agent=Practitioner/nobody",
                "agent-name=okafor",
                "agent-role=patient",
                "agent.identifier=nobody",
                "date=lt2000",
                "_lastUpdated=gt2990",
                "entity=Observation/other",
                "entity-role=7",
                "entity-type=9",
                "entity.identifier=none",
                "entity-name=x",
                "altid=x",
                "outcome=12",
                "policy=urn:none",
                "site=elsewhere",
                "source=Device/x",
                "source.identifier=x",
                "subtype=delete",
                "type=nonsense",
                "patient=elena-rossi",
                "patient.identifier=urn:view%7Cnobody",
                "_id=nobody"
            })
    void each_parameter_finds_nothing_else(String parameter) {
        assertThat(events(MINE + parameter)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense=1", "_sort=agent", "_include=Patient:x", "date=yesterday", "agent:missing=true",
                "_cursor=1-2", "_count=x", "action:contains=R", "agent.name=x", "_has:x:y=z"
            })
    void what_is_not_understood_is_refused(String parameter) {
        assertThat(SERVER.get("compliance", "AuditEvent?" + parameter).status()).isEqualTo(400);
    }

    @Test
    void a_page_is_as_long_as_was_asked_for_also_beyond_the_usual_twenty() {
        for (int read = 0; read < 25; read++) {
            SERVER.get("physician2", "Observation/" + SEEN);
        }
        assertThat(events(MINE + "_count=23")).hasSize(23);
    }

    @Test
    void pages_are_whole_in_both_orders_while_new_events_arrive() {
        for (String sort : List.of("date", "-date")) {
            List<String> walked = new ArrayList<>();
            String next = MINE + "_count=3&_total=accurate&_sort=" + sort;
            int total = -1;
            while (next != null) {
                Bundle page = SERVER.get("compliance", next).bundle();
                total = total < 0 ? page.getTotal() : total;
                assertThat(page.getEntry()).hasSizeLessThanOrEqualTo(3);
                page.getEntry().forEach(entry -> walked.add(id(entry)));
                SERVER.get("physician2", "Observation/" + SEEN);
                next = page.getLink("next") == null
                        ? null
                        : page.getLink("next").getUrl().replaceFirst(".*/fhir/", "");
            }

            assertThat(walked).doesNotHaveDuplicates().hasSize(total);
        }
    }

    @Test
    void the_order_is_that_of_the_dates() {
        List<AuditEvent> oldestFirst = events(MINE + "_sort=date&_count=200");
        List<AuditEvent> newestFirst = events(MINE + "_sort=-date&_count=200");

        assertThat(oldestFirst).isSortedAccordingTo(java.util.Comparator.comparing(AuditEvent::getRecorded));
        assertThat(newestFirst)
                .isSortedAccordingTo(
                        java.util.Comparator.comparing(AuditEvent::getRecorded).reversed());
        assertThat(id(oldestFirst.get(0))).isNotEqualTo(id(newestFirst.get(0)));
    }

    @Test
    void totals_are_counted_if_they_are_asked_for() {
        String query = MINE + "agent=Practitioner/linh-tran&subtype=read";

        assertThat(SERVER.get("compliance", query + "&_total=accurate").bundle().getTotal())
                .isEqualTo(1);
        Bundle count = SERVER.get("compliance", query + "&_summary=count").bundle();
        assertThat(count.getTotal()).isEqualTo(1);
        assertThat(count.getEntry()).isEmpty();
        assertThat(SERVER.get("compliance", query).bundle().hasTotal()).isFalse();
    }

    @Test
    void an_event_is_read_in_json_and_xml_and_found_by_id() {
        AuditEvent event = event(MINE + "_count=1");
        Answer xml = SERVER.send(SERVER.request("compliance", "AuditEvent/" + id(event))
                .header("Accept", "application/fhir+xml")
                .GET());

        assertThat(xml.status()).isEqualTo(200);
        assertThat(id(SERVER.fhir().newXmlParser().parseResource(AuditEvent.class, xml.text())))
                .isEqualTo(id(event));
        assertThat(ids(events("AuditEvent?_id=" + id(event) + ",nobody"))).containsExactly(id(event));
        assertThat(event.getExtensionByUrl(EventParts.LEDGER_RECEIPT).getValue().primitiveValue())
                .startsWith("http://localhost:8080/ledger/receipt/");
    }

    @Test
    void a_consent_decision_is_read_by_its_own_id() {
        AuditEvent decision = event(MINE + "subtype=AuthZ-Consent&outcome=0&_count=1");

        assertThat(((AuditEvent) SERVER.get("compliance", "AuditEvent/" + id(decision))
                                .resource())
                        .getEntity())
                .anyMatch(entity -> "Consent".equals(entity.getType().getCode()));
    }

    @Test
    void patients_see_their_own_events_and_no_others() {
        AuditEvent others = event(MINE + "_count=1");

        assertThat(SERVER.get("patient", "AuditEvent/" + id(others)).status()).isEqualTo(404);
        assertThat(SERVER.get("patient", MINE + "_total=accurate").bundle().getTotal())
                .isZero();
        assertThat(SERVER.get("patient", "AuditEvent?_id=" + id(others))
                        .bundle()
                        .getEntry())
                .isEmpty();
        assertThat(SERVER.get("patient", "AuditEvent?patient.identifier=urn:view%7C" + SEEN)
                        .bundle()
                        .getEntry())
                .isEmpty();
        assertThat(SERVER.get("patient", "AuditEvent?_count=200").bundle().getEntry())
                .allMatch(entry -> entry.getResource() instanceof AuditEvent event
                        && event.getEntity().stream()
                                .filter(entity -> "1".equals(entity.getType().getCode()))
                                .allMatch(entity ->
                                        entity.getWhat().getReference().equals("Patient/elena-rossi")));
    }

    @Test
    void includes_bring_what_the_requester_may_see() {
        String query = MINE + "agent=Practitioner/jonas-lindqvist&subtype=read&_count=1"
                + "&_include=AuditEvent:patient&_include=AuditEvent:agent&_include=AuditEvent:entity";

        assertThat(types(SERVER.get("backend", query).bundle()))
                .containsExactly("AuditEvent", "Observation", "Organization", "Patient", "Practitioner");
        assertThat(types(SERVER.get("compliance", query).bundle()))
                .containsExactly("AuditEvent", "Organization", "Practitioner");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "PATCH", "DELETE"})
    void nobody_changes_an_event(String method) {
        AuditEvent event = event(MINE + "_count=1");
        for (String user : List.of("backend", "compliance", "physician")) {
            Answer answer = SERVER.send(SERVER.request(user, "AuditEvent/" + id(event))
                    .header("Content-Type", "application/fhir+json")
                    .method(method, HttpRequest.BodyPublishers.ofString("{\"resourceType\":\"AuditEvent\"}")));
            assertThat(answer.status()).isEqualTo(405);
        }
        assertThat(SERVER.get("compliance", "AuditEvent/" + id(event)).status()).isEqualTo(200);
    }

    @Test
    void events_of_others_are_kept_as_they_were_sent_with_who_sent_them() {
        String name = "other " + UUID.randomUUID();
        AuditEvent sent = foreign(name, "Patient/" + SEEN);
        sent.getMeta().addProfile("http://example.org/never-heard-of");

        Answer answer = SERVER.post("physician2", "AuditEvent", sent);

        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        String id = answer.response()
                .headers()
                .firstValue("Location")
                .orElseThrow()
                .replaceFirst(".*AuditEvent/", "")
                .replaceFirst("/.*", "");
        AuditEvent kept =
                (AuditEvent) SERVER.get("compliance", "AuditEvent/" + id).resource();
        assertThat(kept.getAgentFirstRep().getName()).isEqualTo(name);
        assertThat(kept.getMeta().getProfile()).hasSize(1);
        assertThat(((Reference) kept.getExtensionByUrl(ForeignEventView.SUBMITTED_BY)
                                .getValue())
                        .getReference())
                .isEqualTo("Practitioner/jonas-lindqvist");
        assertThat(ids(events(MINE + "agent-name=" + name.replace(" ", "%20")))).containsExactly(id);
        assertThat(SERVER.get("patient", "AuditEvent/" + id).status()).isEqualTo(404);
    }

    @Test
    void an_event_about_two_patients_is_kept_for_each_without_the_other() {
        String name = "two " + UUID.randomUUID();
        AuditEvent sent = foreign(name, "Patient/" + SEEN);
        sent.addEntity().setWhat(new Reference("Patient/elena-rossi"));

        SERVER.post("backend", "AuditEvent", sent);

        List<AuditEvent> kept = events("AuditEvent?patient=elena-rossi&agent-name=" + name.replace(" ", "%20"));
        assertThat(kept).hasSize(1);
        assertThat(kept.get(0).getEntity()).hasSize(1);
        assertThat(events(MINE + "agent-name=" + name.replace(" ", "%20"))).hasSize(1);
    }

    @Test
    void bundles_of_events_are_kept_whole_and_others_must_come_alone() {
        String name = "bundled " + UUID.randomUUID();
        Bundle batch = new Bundle().setType(Bundle.BundleType.BATCH);
        for (int i = 0; i < 20; i++) {
            batch.addEntry()
                    .setResource(foreign(name, "Patient/" + SEEN))
                    .getRequest()
                    .setMethod(Bundle.HTTPVerb.POST)
                    .setUrl("AuditEvent");
        }

        Bundle answer = SERVER.post("backend", "", batch).bundle();

        assertThat(answer.getEntry())
                .hasSize(20)
                .allMatch(entry -> entry.getResponse().getStatus().startsWith("201"));
        assertThat(new HashSet<>(ids(events(MINE + "_count=200&agent-name=" + name.replace(" ", "%20")))))
                .hasSize(20);
        batch.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl("Patient/" + SEEN);
        assertThat(SERVER.post("backend", "", batch).status()).isEqualTo(403);
    }

    @Test
    void what_does_not_fit_is_refused() {
        AuditEvent large = foreign("large", "Patient/" + SEEN);
        java.util.Random random = new java.util.Random(1);
        for (int i = 0; i < 3000; i++) {
            large.addAgent().setRequestor(false).setName(Long.toString(random.nextLong(), 36));
        }

        assertThat(SERVER.post("backend", "AuditEvent", large).status()).isEqualTo(413);
    }

    private static AuditEvent foreign(String name, String patient) {
        AuditEvent event = new AuditEvent();
        event.setType(new Coding("http://dicom.nema.org/resources/ontology/DCM", "110112", "Query"));
        event.setRecordedElement(new InstantType("2024-05-05T05:05:05Z"));
        event.addAgent().setRequestor(true).setName(name);
        event.getSource().setObserver(new Reference("Device/elsewhere"));
        event.addEntity().setWhat(new Reference(patient));
        return event;
    }

    private static List<AuditEvent> events(String query) {
        Answer answer = SERVER.get("compliance", query);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return answer.bundle().getEntry().stream()
                .map(entry -> (AuditEvent) entry.getResource())
                .toList();
    }

    private static AuditEvent event(String query) {
        return events(query).get(0);
    }

    private static List<String> ids(List<AuditEvent> events) {
        return events.stream().map(AuditViewIT::id).toList();
    }

    private static String id(AuditEvent event) {
        return event.getIdElement().getIdPart();
    }

    private static String id(Bundle.BundleEntryComponent entry) {
        return entry.getResource().getIdElement().getIdPart();
    }

    private static List<String> types(Bundle bundle) {
        return bundle.getEntry().stream()
                .map(entry -> entry.getResource().fhirType())
                .toList();
    }

    private static void put(String path, String body) {
        Answer answer = SERVER.send(SERVER.request("backend", path)
                .header("Content-Type", "application/fhir+json")
                .PUT(HttpRequest.BodyPublishers.ofString(body.replace("$", SEEN))));
        if (answer.status() >= 300) {
            throw new IllegalStateException(answer.toString());
        }
    }
}
