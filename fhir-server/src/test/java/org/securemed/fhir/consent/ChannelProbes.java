package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.List;

/**
 * The written list: for every channel of a HAPI server on which hidden data is known to show, requests that would show
 * it. {@code hidden-one} and {@code hidden-two} are patients of one twin; the names of their resources end in theirs.
 */
final class ChannelProbes {
    private static final List<String> INSTANCES = List.of(
            "Patient/hidden-one",
            "Patient/hidden-three",
            "Patient/silent-one",
            "Observation/obs-hidden-one",
            "Observation/obs-gone-hidden-one",
            "Observation/obs-both",
            "Encounter/enc-hidden-one",
            "Device/dev-hidden-one",
            "Practitioner/prac-hidden-one",
            "Practitioner/prac-both",
            "Organization/org-hidden-one",
            "Task/task-hidden-one",
            "Provenance/prov-hidden-one",
            "Provenance/prov-both",
            "List/list-hidden-one",
            "List/list-both",
            "Binary/bin-hidden-one",
            "Bundle/bun-hidden-one",
            "MessageHeader/mh-hidden-one",
            "Composition/comp-hidden-one",
            "Basic/basic-hidden-one",
            "Person/person-hidden-one",
            "Communication/com-hidden-one",
            "Account/acc-hidden-one",
            "GuidanceResponse/gr-hidden-one",
            "Schedule/sched-hidden-one",
            "Substance/sub-hidden-one",
            "Group/group-both",
            "Appointment/appt-both",
            "Consent/consent-elena-physician",
            "Consent/consent-hidden-one");

    private static final List<String> SHAPES = List.of(
            "Patient/hidden-one",
            "Observation/obs-hidden-one",
            "Observation/obs-gone-hidden-one",
            "Device/dev-hidden-one");

    private ChannelProbes() {}

    /** What changes nothing. */
    static List<Probe> reading() {
        List<Probe> probes = new ArrayList<>();
        for (String instance : INSTANCES) {
            probes.add(Probe.get(instance));
            probes.add(Probe.get(instance + "/_history/1"));
            probes.add(Probe.get(instance + "/_history"));
        }
        for (String instance : SHAPES) {
            probes.add(Probe.get(instance + "/_history/2"));
            probes.add(Probe.get(instance + "/_history/99"));
            probes.add(Probe.get(instance + "/_history/x"));
            probes.add(Probe.get(instance + "/_history?_count=1"));
            probes.add(Probe.get(instance + "/_history?_count=1&_offset=1"));
            probes.add(Probe.get(instance + "/_history?_since=2020-01-01"));
            probes.add(Probe.get(instance + "/_history?_summary=count"));
            probes.add(Probe.get(instance + "?_elements=id"));
            probes.add(Probe.get(instance + "?_summary=true"));
            probes.add(Probe.get(instance + "?_summary=count"));
            probes.add(Probe.get(instance + "?_format=xml"));
            probes.add(Probe.get(instance, "If-None-Match", "W/\"1\""));
            probes.add(Probe.get(instance, "If-None-Match", "W/\"2\""));
            probes.add(Probe.get(instance, "If-Modified-Since", "Sat, 29 Oct 1994 19:43:31 GMT"));
            probes.add(Probe.get(instance, "Accept", "application/fhir+xml"));
            probes.add(Probe.get(instance, "Accept", "application/fhir+turtle"));
            probes.add(new Probe("HEAD", instance, List.of(), "", ""));
            probes.add(new Probe("OPTIONS", instance, List.of(), "", ""));
            for (String operation : List.of(
                    "$meta",
                    "$validate",
                    "$diff",
                    "$everything",
                    "$expunge",
                    "$break-glass",
                    "$validate?mode=delete")) {
                probes.add(Probe.get(instance + "/" + operation));
                probes.add(Probe.of("POST", instance + "/" + operation, "{\"resourceType\":\"Parameters\"}"));
            }
        }
        probes.add(Probe.get("Binary/bin-hidden-one", "Accept", "text/plain"));
        probes.add(Probe.get("Binary/bin-hidden-one", "Accept", "*/*"));
        searches(probes);
        operations(probes);
        bundles(probes);
        return probes;
    }

    private static void searches(List<Probe> probes) {
        for (String type : List.of(
                "Patient",
                "Observation",
                "Condition",
                "Encounter",
                "Practitioner",
                "Organization",
                "Device",
                "Group",
                "List",
                "Task",
                "Provenance",
                "Binary",
                "Bundle",
                "MessageHeader",
                "Composition",
                "Substance",
                "Schedule",
                "Person",
                "Appointment",
                "Consent",
                "AuditEvent?date=lt2000",
                "Basic",
                "Subscription",
                "SearchParameter")) {
            String and = type.contains("?") ? "&" : "?";
            probes.add(Probe.get(type + and + "_total=accurate&_count=5"));
            probes.add(Probe.get(type + and + "_summary=count"));
        }
        for (String query : List.of(
                "Patient?_id=hidden-one",
                "Patient?_id=hidden-one,elena-rossi&_total=accurate",
                "Patient?_id=Patient/hidden-one",
                "Patient?_id:not=elena-rossi",
                "Patient?identifier=https://securemed.example/mrn|SM-100003",
                "Patient?name=a&_total=accurate",
                "Patient?family:contains=o&_sort=family&_count=2",
                "Patient?birthdate=lt2020-01-01&_sort=-birthdate&_total=accurate",
                "Patient?_lastUpdated=gt2020-01-01&_summary=count",
                "Patient?_sort=_lastUpdated&_count=1",
                "Patient?active:missing=true",
                "Patient?general-practitioner=Practitioner/amara-okafor&_summary=count",
                "Patient?_has:Observation:patient:code=718-7",
                "Patient?_has:Observation:patient:_lastUpdated=gt2020-01-01",
                "Patient?_HAS:Observation:patient:code=718-7",
                "Patient?link:missing=false",
                "Observation?patient=hidden-one",
                "Observation?patient=hidden-one,elena-rossi&_total=accurate&_count=3",
                "Observation?patient=elena-rossi&patient=hidden-one&_total=accurate",
                "Observation?patient=elena-rossi&_total=accurate&_count=3",
                "Observation?patient=elena-rossi&_total=accurate&_count=3&_offset=3",
                "Observation?patient=elena-rossi&_count=3&_offset=100",
                "Observation?patient=elena-rossi&_count=0",
                "Observation?patient:Patient=hidden-one",
                "Observation?patient=Patient/hidden-one",
                "Observation?patient=http://localhost:8080/fhir/Patient/hidden-one",
                "Observation?patient=http://elsewhere.example/fhir/Patient/hidden-one",
                "Observation?subject=Patient/hidden-one&_summary=count",
                "Observation?subject=Group/group-both",
                "Observation?patient:identifier=https://securemed.example/mrn|SM-100003",
                "Observation?patient:missing=true",
                "Observation?patient:not=elena-rossi",
                "Observation?patient.identifier=SM-100003",
                "Observation?patient.name=a&_summary=count",
                "Observation?performer:Practitioner.family=Okafor",
                "Observation?performer:Practitioner.family=Okafor&_summary=count",
                "Observation?performer=Practitioner/amara-okafor&_total=accurate",
                "Observation?performer=Practitioner/prac-hidden-one",
                "Observation?encounter=Encounter/enc-hidden-one",
                "Observation?focus=Patient/hidden-one&patient=elena-rossi",
                "Observation?patient=elena-rossi&focus=Patient/hidden-one&_summary=count",
                "Observation?code=718-7&_total=accurate",
                "Observation?code=718-7&_count=1&_sort=value-quantity",
                "Observation?code=718-7&_count=1&_sort=-_lastUpdated",
                "Observation?code=718-7&_sort=patient.name",
                "Observation?code=718-7&_sort=_id&_count=2&_offset=2",
                "Observation?code:text=gone",
                "Observation?code:not=718-7&_summary=count",
                "Observation?code:in=http://hl7.org/fhir/ValueSet/observation-codes",
                "Observation?_id=obs-hidden-one",
                "Observation?_id=obs-hidden-one,obs-elena",
                "Observation?_tag=urn:hidden|t",
                "Observation?_tag:not=urn:hidden|t&_summary=count",
                "Observation?_security=R",
                "Observation?_profile=http://hidden.example/profile",
                "Observation?_source=urn:x",
                "Observation?_text=hidden",
                "Observation?_content=hidden",
                "Observation?_filter=code eq 718-7",
                "Observation?_list=list-hidden-one",
                "Observation?_query=x",
                "Observation?_contained=true",
                "Observation?_includeDeleted=true",
                "Observation?_pid=1",
                "Observation?_graphql=x",
                "Observation?_type=Patient",
                "Observation?_unknown=1",
                "Observation?value-quantity=gt7&_summary=count",
                "Observation?code-value-quantity=718-7$gt6",
                "Observation?identifier=urn:lab|H-hidden-one",
                "Observation?patient=elena-rossi&_include=Observation:subject",
                "Observation?patient=elena-rossi&_include=Observation:*",
                "Observation?patient=elena-rossi&_include=*",
                "Observation?patient=elena-rossi&_include:iterate=Observation:focus",
                "Observation?patient=elena-rossi&_include=Observation:focus",
                "Observation?patient=elena-rossi&_include:recurse=Observation:focus",
                "Observation?patient=elena-rossi&_revinclude=Provenance:target",
                "Observation?patient=elena-rossi&_revinclude=Provenance:target&_count=1",
                "Observation?patient=elena-rossi&_revinclude=*",
                "Observation?patient:mdm=elena-rossi",
                "Patient?_id:mdm=elena-rossi",
                "Patient?_id=elena-rossi&_revinclude=Group:member",
                "Patient?_id=elena-rossi&_revinclude=Appointment:actor",
                "Patient?_id=elena-rossi&_revinclude=List:subject&_revinclude=Observation:subject",
                "Patient?_id=elena-rossi&_revinclude=Observation:focus",
                "Patient?_id=elena-rossi&_include=Patient:general-practitioner&_revinclude:iterate=Observation:performer",
                "Practitioner?_id=amara-okafor&_revinclude=Observation:performer",
                "Practitioner?_has:Observation:performer:code=718-7",
                "Practitioner?_has:Observation:performer:_id=obs-hidden-one",
                "Practitioner?family=Hiddenson",
                "Practitioner?_id=prac-hidden-one,amara-okafor",
                "Practitioner?_sort=family&_total=accurate&_count=3",
                "Location?_has:Encounter:location:status=finished",
                "Location?_id=riverside-ward-3&_revinclude=Encounter:location",
                "Organization?name=Hidden",
                "Organization?_sort=-_lastUpdated&_count=1",
                "Device?patient=hidden-one",
                "Device?patient=elena-rossi&_total=accurate",
                "Device?identifier:missing=true&_total=accurate",
                "Group?member=Patient/elena-rossi&_total=accurate",
                "Group?member=Patient/hidden-one",
                "Appointment?patient=elena-rossi&_total=accurate",
                "Appointment?actor=Practitioner/amara-okafor&_summary=count",
                "Appointment?practitioner=Practitioner/amara-okafor&_include=Appointment:patient",
                "Provenance?target=Observation/obs-elena&_total=accurate",
                "Provenance?agent=Practitioner/amara-okafor&_include=Provenance:target",
                "Provenance?target:Observation.code=718-7",
                "List?item=Observation/obs-hidden-one",
                "List?subject=Patient/elena-rossi&_total=accurate",
                "Task?owner=Practitioner/amara-okafor&_summary=count",
                "Task?patient=hidden-one",
                "Schedule?actor=Patient/hidden-one",
                "Consent?patient=hidden-one",
                "Consent?patient=elena-rossi&_total=accurate",
                "Encounter?location=Location/riverside-ward-3&_total=accurate",
                "Condition?patient=elena-rossi&_sort=code&_total=accurate&_count=2",
                "Patient/hidden-one/Observation",
                "Patient/elena-rossi/Observation?_total=accurate",
                "AuditEvent?patient=hidden-one",
                "AuditEvent?entity=Patient/hidden-one",
                "AuditEvent?entity=Observation/obs-hidden-one&_count=1",
                "?_type=Patient,Observation",
                "?_id=hidden-one",
                "?_getpages=00000000-0000-0000-0000-000000000000&_getpagesoffset=0",
                "_history",
                "Patient/_history",
                "Observation/_history?_count=1")) {
            probes.add(Probe.get(query));
        }
        probes.add(Probe.get("Observation?code=718-7", "Cache-Control", "no-store, max-results=1"));
        probes.add(Probe.get("Observation?patient=elena-rossi", "Cache-Control", "no-store, max-results=2"));
        probes.add(Probe.get("Observation?code=718-7", "Cache-Control", "no-cache"));
        probes.add(Probe.get("Observation?patient=elena-rossi&_total=accurate", "Prefer", "handling=strict"));
        probes.add(Probe.get("Observation?nonsense=1", "Prefer", "handling=lenient"));
        probes.add(Probe.get("Observation?patient=elena-rossi", "Prefer", "respond-async"));
        probes.add(Probe.form("Observation/_search", "patient=hidden-one&_total=accurate"));
        probes.add(Probe.form("Observation/_search", "code=718-7&_summary=count"));
        probes.add(Probe.form("Observation/_search?patient=elena-rossi", "code=718-7&_total=accurate"));
        probes.add(Probe.form("Observation/_search", "performer:Practitioner.family=Okafor"));
        probes.add(Probe.form("Patient/_search", "_has:Observation:patient:code=718-7"));
        probes.add(Probe.form("Patient/_search", "_id=elena-rossi&_revinclude=*"));
        probes.add(Probe.form("Practitioner/_search", "%5fhas:Observation:performer:code=718-7"));
        probes.add(Probe.get("Observation/_search?patient=hidden-one"));
        probes.add(Probe.form("_search", "_type=Patient"));
    }

    private static void operations(List<Probe> probes) {
        for (String path : List.of(
                "Patient/hidden-one/$everything",
                "Patient/hidden-one/$everything?_count=1",
                "Patient/elena-rossi/$everything?_count=7",
                "Patient/elena-rossi/$everything?_type=Observation",
                "Patient/elena-rossi/$everything?_type=Group,List,Appointment,Provenance",
                "Patient/elena-rossi/$everything?_after=Zzz",
                "Patient/elena-rossi/$everything?_since=2020-01-01",
                "Patient/elena-rossi/$everything?_summary=count",
                "Patient/$everything",
                "Encounter/enc-hidden-one/$everything",
                "Group/group-both/$everything",
                "Patient/hidden-one/$summary",
                "Patient/elena-rossi/$summary",
                "Patient/$summary?identifier=https://securemed.example/mrn|SM-100003",
                "Patient/$meta",
                "$meta",
                "$get-resource-counts",
                "Patient/$match",
                "Patient/$member-match",
                "Observation/$lastn?patient=hidden-one",
                "Composition/comp-hidden-one/$document",
                "List/list-hidden-one/$find",
                "$export?_type=Patient",
                "Patient/$export",
                "Group/group-both/$export",
                "$reindex",
                "$graphql?query={PatientList{id}}",
                "Patient/hidden-one/$graphql?query={id}",
                "$hapi.fhir.replace-references?source-reference-id=Patient/hidden-one&target-reference-id=Patient/elena-rossi",
                "$mdm-query-links?resourceId=Patient/hidden-one",
                "$diff?from=Patient/hidden-one&to=Patient/elena-rossi",
                "Binary/bin-hidden-one/$binary-access-read?path=Binary",
                "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender",
                "CodeSystem/$lookup?system=urn:hidden&code=t",
                "metadata",
                "metadata?mode=full",
                "metadata?_summary=true")) {
            probes.add(Probe.get(path));
        }
        String reference =
                "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/hidden-one\"},\"performer\":[{\"reference\":\"Practitioner/prac-hidden-one\"}]}";
        probes.add(Probe.of("POST", "Observation/$validate", reference));
        probes.add(Probe.of("POST", "Observation/$validate?mode=create", reference));
        probes.add(Probe.of(
                "POST",
                "Observation/$validate?mode=update",
                reference.replace(
                        "{\"resourceType\":\"Observation\"",
                        "{\"resourceType\":\"Observation\",\"id\":\"obs-hidden-one\"")));
        for (String mode : List.of("create", "update", "delete", "profile")) {
            probes.add(Probe.of(
                    "POST",
                    "Observation/$validate",
                    "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"mode\",\"valueCode\":\"" + mode
                            + "\"},{\"name\":\"resource\",\"resource\":"
                            + reference.replace("\"status\"", "\"id\":\"obs-hidden-one\",\"status\"") + "}]}"));
        }
        probes.add(Probe.of("POST", "Patient/hidden-one/$everything", "{\"resourceType\":\"Parameters\"}"));
        probes.add(Probe.of(
                "POST",
                "Patient/elena-rossi/$everything",
                "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"_count\",\"valueInteger\":2}]}"));
        probes.add(
                Probe.of(
                        "POST",
                        "Patient/hidden-one/$meta-add",
                        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"meta\",\"valueMeta\":{\"tag\":[{\"code\":\"x\"}]}}]}"));
        probes.add(Probe.of("POST", "$graphql", "{\"query\":\"{Patient(id:\\\"hidden-one\\\"){id}}\"}"));
        probes.add(Probe.of("POST", "Patient/$merge", "{\"resourceType\":\"Parameters\"}"));
        probes.add(Probe.of("POST", "$process-message", "{\"resourceType\":\"Bundle\",\"type\":\"message\"}"));
    }

    private static void bundles(List<Probe> probes) {
        List<String> gets = List.of(
                "Patient/hidden-one",
                "Patient/hidden-one/_history/1",
                "Patient/hidden-one/_history",
                "Observation/obs-gone-hidden-one",
                "Observation?patient=hidden-one&_total=accurate",
                "Observation?code=718-7&_summary=count",
                "Observation?performer:Practitioner.family=Okafor",
                "Practitioner?_has:Observation:performer:code=718-7",
                "Patient/hidden-one/$everything",
                "Patient/hidden-one/$meta",
                "Patient?_id=elena-rossi&_revinclude=*",
                "Group?_total=accurate",
                "_history",
                "metadata",
                "?_getpages=x");
        for (String kind : List.of("batch", "transaction")) {
            for (String url : gets) {
                probes.add(Probe.of("POST", "", bundle(kind, request("GET", url, "", ""))));
            }
            probes.add(Probe.of("POST", "", bundle(kind, request("HEAD", "Patient/hidden-one", "", ""))));
            probes.add(Probe.of(
                    "POST",
                    "",
                    bundle(kind, request("GET", "Patient/hidden-one", "", ",\"ifNoneMatch\":\"W/\\\"1\\\""))));
            probes.add(Probe.of(
                    "POST",
                    "",
                    bundle(
                            kind,
                            request("GET", "Patient/hidden-one", "", ""),
                            request("GET", "Patient/elena-rossi", "", ""))));
            probes.add(Probe.of("POST", "", bundle(kind, request("POST", "Patient/hidden-one/$everything", "", ""))));
            probes.add(Probe.of(
                    "POST", "", bundle(kind, request("POST", "Observation/_search?patient=hidden-one", "", ""))));
        }
    }

    /** What stores, or would. */
    static List<Probe> writing() {
        List<Probe> probes = new ArrayList<>();
        references(probes);
        conditionals(probes);
        instances(probes);
        writingBundles(probes);
        afterwards(probes);
        return probes;
    }

    private static void references(List<Probe> probes) {
        for (String target : List.of(
                "Patient/hidden-one",
                "Patient/hidden-three",
                "Patient/silent-one",
                "Patient/hidden-one/_history/1",
                "http://localhost:8080/fhir/Patient/hidden-one",
                "http://elsewhere.example/fhir/Patient/hidden-one",
                "Patient?identifier=https://securemed.example/mrn|SM-100003",
                "Patient?_id=hidden-one",
                "Patient?name=zzzz",
                "Group/group-both",
                "hidden-one",
                "#hidden-one",
                "urn:uuid:0f5b5a0a-6f0e-4d0e-8f0e-000000000000",
                "/Patient/hidden-one")) {
            probes.add(create("Observation", "\"subject\":{\"reference\":\"" + target + "\"}"));
        }
        for (String target : List.of(
                "Practitioner/prac-hidden-one",
                "Practitioner/prac-both",
                "Practitioner/never",
                "Practitioner/gone",
                "Organization/org-hidden-one",
                "Practitioner/prac-hidden-one/_history/1",
                "Practitioner?identifier=urn:staff|H-hidden-one",
                "Practitioner?family=Hiddenson",
                "Practitioner?family=Okafor",
                "Practitioner?_has:Observation:performer:identifier=urn:lab|H-hidden-one")) {
            probes.add(create("Observation", elena() + ",\"performer\":[{\"reference\":\"" + target + "\"}]"));
        }
        for (String more : List.of(
                "\"focus\":[{\"reference\":\"Patient/hidden-one\"}]",
                "\"focus\":[{\"reference\":\"Observation/obs-hidden-one\"}]",
                "\"focus\":[{\"reference\":\"Observation/obs-gone-hidden-one\"}]",
                "\"focus\":[{\"reference\":\"Observation/obs-elena-gone\"}]",
                "\"focus\":[{\"reference\":\"Observation/obs-both\"}]",
                "\"device\":{\"reference\":\"Device/dev-hidden-one\"}",
                "\"encounter\":{\"reference\":\"Encounter/enc-hidden-one\"}",
                "\"hasMember\":[{\"reference\":\"Observation?identifier=urn:lab|H-hidden-one\"}]",
                "\"hasMember\":[{\"reference\":\"Observation?patient=hidden-one\"}]",
                "\"hasMember\":[{\"reference\":\"Observation?identifier=urn:lab|E-1\"}]",
                "\"hasMember\":[{\"reference\":\"Observation?performer:Practitioner.family=Okafor&identifier=urn:lab|H-hidden-one\"}]",
                "\"extension\":[{\"url\":\"http://x\",\"valueReference\":{\"reference\":\"Patient/hidden-one\"}}]",
                "\"note\":[{\"authorReference\":{\"reference\":\"Practitioner/prac-hidden-one\"},\"text\":\"x\"}]",
                "\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"c\"}],\"focus\":[{\"reference\":\"#c\"}]",
                "\"contained\":[{\"resourceType\":\"Provenance\",\"id\":\"c\",\"target\":[{\"reference\":\"Patient/hidden-one\"}]}],\"focus\":[{\"reference\":\"#c\"}]",
                "\"id\":\"obs-hidden-one\"",
                "\"id\":\"obs-never\"",
                "\"identifier\":[{\"system\":\"urn:lab\",\"value\":\"H-hidden-two\"}]",
                "\"meta\":{\"tag\":[{\"system\":\"urn:hidden\",\"code\":\"t\"}]}",
                "\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"R\",\"display\":\"mine\"}]}",
                "\"meta\":{\"profile\":[\"http://hidden.example/profile\"]}")) {
            probes.add(create("Observation", elena() + "," + more));
        }
        for (String prefer : List.of("return=minimal", "return=representation", "return=OperationOutcome")) {
            probes.add(create(
                    "Observation", elena() + ",\"focus\":[{\"reference\":\"Patient/hidden-one\"}]", "Prefer", prefer));
            probes.add(create("Observation", elena(), "Prefer", prefer));
        }
        probes.add(
                Probe.of(
                        "POST",
                        "Task",
                        "{\"resourceType\":\"Task\",\"status\":\"requested\",\"intent\":\"order\",\"for\":{\"reference\":\"Patient/hidden-one\"}}"));
        probes.add(
                Probe.of(
                        "POST",
                        "Provenance",
                        "{\"resourceType\":\"Provenance\",\"target\":[{\"reference\":\"Observation/obs-hidden-one\"}],\"recorded\":\"2026-01-01T00:00:00Z\",\"agent\":[{\"who\":{\"reference\":\"Practitioner/amara-okafor\"}}]}"));
        probes.add(
                Probe.of(
                        "POST",
                        "Binary",
                        "{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\",\"securityContext\":{\"reference\":\"Patient/hidden-one\"},\"data\":\"eA==\"}"));
        probes.add(new Probe("POST", "Binary", List.of("X-Security-Context", "Patient/hidden-one"), "text/plain", "x"));
        probes.add(
                new Probe("POST", "Binary", List.of("X-Security-Context", "Patient/elena-rossi"), "text/plain", "x"));
        probes.add(new Probe(
                "PUT",
                "Binary/bin-hidden-one",
                List.of("X-Security-Context", "Patient/elena-rossi"),
                "text/plain",
                "x"));
        probes.add(
                Probe.of(
                        "POST",
                        "Bundle",
                        "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{\"resourceType\":\"Basic\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/hidden-one\"}}}]}"));
        probes.add(
                Probe.of(
                        "POST",
                        "Consent",
                        "{\"resourceType\":\"Consent\",\"status\":\"active\",\"patient\":{\"reference\":\"Patient/hidden-one\"},\"performer\":[{\"reference\":\"Patient/hidden-one\"}]}"));
        probes.add(
                Probe.of(
                        "POST",
                        "Patient",
                        "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"https://securemed.example/mrn\",\"value\":\"SM-100003\"}]}"));
        probes.add(Probe.of(
                "POST",
                "Patient",
                "{\"resourceType\":\"Patient\"}",
                "If-None-Exist",
                "identifier=https://securemed.example/mrn%7CSM-100003"));
        probes.add(Probe.of("POST", "AuditEvent", "{\"resourceType\":\"AuditEvent\"}"));
        probes.add(
                Probe.of(
                        "POST",
                        "Subscription",
                        "{\"resourceType\":\"Subscription\",\"status\":\"requested\",\"reason\":\"x\",\"criteria\":\"Patient?\",\"channel\":{\"type\":\"rest-hook\",\"endpoint\":\"http://localhost:1\"}}"));
        probes.add(Probe.of("POST", "SearchParameter", "{\"resourceType\":\"SearchParameter\"}"));
    }

    private static void conditionals(List<Probe> probes) {
        for (String query : List.of(
                "identifier=urn:lab%7CH-hidden-one",
                "identifier=urn:lab%7CE-1",
                "identifier=urn:lab%7Cnever",
                "patient=hidden-one",
                "patient=elena-rossi&code=718-7",
                "performer:Practitioner.family=Okafor",
                "performer:Practitioner.family=Okafor&identifier=urn:lab%7CH-hidden-one",
                "_has:Observation:focus:identifier=urn:lab%7CH-hidden-one",
                "_has:Provenance:target:_lastUpdated=gt2020-01-01",
                "_id=obs-hidden-one",
                "_tag=urn:hidden%7Ct",
                "_source=urn:x",
                "_lastUpdated=gt2020-01-01")) {
            probes.add(create("Observation", elena(), "If-None-Exist", query));
            probes.add(create("Observation", elena(), "If-None-Exist", "Observation?" + query));
            probes.add(Probe.of("PUT", "Observation?" + query, observation(elena())));
            probes.add(Probe.jsonPatch(
                    "Observation?" + query, "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"amended\"}]"));
            probes.add(Probe.of("DELETE", "Observation?" + query, ""));
        }
        probes.add(Probe.of("DELETE", "Observation?patient=hidden-one&_expunge=true", ""));
        probes.add(Probe.of("DELETE", "Observation?patient=hidden-one&_cascade=delete", ""));
    }

    private static void instances(List<Probe> probes) {
        for (String id : List.of(
                "obs-hidden-one",
                "obs-gone-hidden-one",
                "obs-both",
                "obs-never",
                "many-1-hidden-two",
                "obs-elena-gone")) {
            String path = "Observation/" + id;
            String body = observation(elena()).replace("\"status\"", "\"id\":\"" + id + "\",\"status\"");
            boolean mine = id.equals("obs-elena-gone");
            if (!mine) {
                probes.add(Probe.of("PUT", path, body));
                probes.add(Probe.of("PUT", path, body, "If-Match", "W/\"1\""));
                probes.add(Probe.of("PUT", path, body, "If-Match", "W/\"2\""));
                probes.add(Probe.of("PUT", path, body, "If-None-Match", "*"));
                probes.add(Probe.of("PUT", path, body, "X-Upsert-Extistence-Check", "disabled"));
                probes.add(Probe.of("PUT", path + "/_history/1", body, "X-Rewrite-History", "true"));
                probes.add(Probe.of("PUT", path, body, "Prefer", "return=representation"));
                probes.add(Probe.of("PUT", path, body.replace("elena-rossi", "hidden-one")));
                probes.add(Probe.of("PUT", path, body.replace("\"id\":\"" + id + "\"", "\"id\":\"other\"")));
                probes.add(Probe.of("PUT", path, "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\"}"));
                probes.add(Probe.of("PUT", path, "{"));
            }
            probes.add(Probe.jsonPatch(path, "[{\"op\":\"test\",\"path\":\"/status\",\"value\":\"final\"}]"));
            probes.add(Probe.jsonPatch(path, "[{\"op\":\"test\",\"path\":\"/status\",\"value\":\"never\"}]"));
            probes.add(Probe.jsonPatch(path, "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"amended\"}]"));
            probes.add(Probe.jsonPatch(path, "nonsense"));
            probes.add(new Probe(
                    "PATCH",
                    path,
                    List.of("If-Match", "W/\"2\""),
                    "application/json-patch+json",
                    "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"amended\"}]"));
            probes.add(
                    Probe.of(
                            "PATCH",
                            path,
                            "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"delete\"},{\"name\":\"path\",\"valueString\":\"Observation.value\"}]}]}"));
            probes.add(Probe.of("DELETE", path, ""));
            probes.add(Probe.of("DELETE", path, "", "If-Match", "W/\"1\""));
            probes.add(Probe.of("DELETE", path + "?_cascade=delete", ""));
            probes.add(Probe.of("DELETE", path, "", "X-Cascade", "delete"));
        }
        for (String path : List.of(
                "Patient/hidden-one",
                "Patient/never",
                "Practitioner/prac-hidden-one",
                "Practitioner/amara-okafor",
                "Practitioner/never",
                "Device/dev-hidden-one",
                "Device/never",
                "Organization/org-hidden-one",
                "Task/task-hidden-one",
                "Group/group-both",
                "List/list-both",
                "Binary/bin-hidden-one")) {
            String type = path.substring(0, path.indexOf('/'));
            String id = path.substring(path.indexOf('/') + 1);
            probes.add(Probe.of("DELETE", path, ""));
            if (!path.equals("Practitioner/amara-okafor")) {
                probes.add(Probe.of("PUT", path, "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"}"));
                probes.add(
                        Probe.of(
                                "PUT",
                                path,
                                "{\"resourceType\":\"" + type + "\",\"id\":\"" + id
                                        + "\",\"extension\":[{\"url\":\"http://x\",\"valueReference\":{\"reference\":\"Patient/hidden-two\"}}]}"));
                probes.add(Probe.jsonPatch(path, "[{\"op\":\"test\",\"path\":\"/id\",\"value\":\"" + id + "\"}]"));
            }
        }
        // Elena's own Observation, made to speak of others.
        probes.add(Probe.jsonPatch(
                "Observation/obs-elena",
                "[{\"op\":\"add\",\"path\":\"/focus\",\"value\":[{\"reference\":\"Patient/hidden-one\"}]}]"));
        probes.add(Probe.jsonPatch(
                "Observation/obs-elena",
                "[{\"op\":\"add\",\"path\":\"/focus\",\"value\":[{\"reference\":\"Patient/never-known\"}]}]"));
        probes.add(Probe.jsonPatch(
                "Observation/obs-elena",
                "[{\"op\":\"replace\",\"path\":\"/subject/reference\",\"value\":\"Patient/hidden-one\"}]"));
        probes.add(
                Probe.jsonPatch(
                        "Observation/obs-elena",
                        "[{\"op\":\"add\",\"path\":\"/performer/-\",\"value\":{\"reference\":\"Practitioner/prac-hidden-one\"}}]"));
        probes.add(
                Probe.jsonPatch(
                        "Observation/obs-elena",
                        "[{\"op\":\"add\",\"path\":\"/performer/-\",\"value\":{\"reference\":\"Practitioner?identifier=urn:staff|H-hidden-one\"}}]"));
        probes.add(
                Probe.jsonPatch(
                        "Observation/obs-elena",
                        "[{\"op\":\"add\",\"path\":\"/hasMember\",\"value\":[{\"reference\":\"Observation?identifier=urn:lab|H-hidden-one\"}]}]"));
        probes.add(Probe.of(
                "PUT",
                "Observation/obs-elena",
                observation("\"subject\":{\"reference\":\"Patient/hidden-one\"}")
                        .replace("\"status\"", "\"id\":\"obs-elena\",\"status\"")));
        probes.add(Probe.of(
                "PUT",
                "Observation/obs-elena",
                observation(elena() + ",\"focus\":[{\"reference\":\"Patient/hidden-one\"}]")
                        .replace("\"status\"", "\"id\":\"obs-elena\",\"status\"")));
        probes.add(Probe.of(
                "PUT",
                "Observation/obs-elena",
                observation(elena()).replace("\"status\"", "\"id\":\"obs-elena\",\"status\""),
                "If-Match",
                "W/\"1\""));
    }

    private static void writingBundles(List<Probe> probes) {
        String toHidden = observation("\"subject\":{\"reference\":\"Patient/hidden-one\"}");
        String toMatch = observation(
                "\"subject\":{\"reference\":\"Patient?identifier=https://securemed.example/mrn|SM-100003\"}");
        String performerMatch = observation(
                elena() + ",\"performer\":[{\"reference\":\"Practitioner?identifier=urn:staff|H-hidden-one\"}]");
        String memberMatch = observation(
                elena() + ",\"hasMember\":[{\"reference\":\"Observation?identifier=urn:lab|H-hidden-one\"}]");
        String performer = observation(elena() + ",\"performer\":[{\"reference\":\"Practitioner/prac-hidden-one\"}]");
        for (String kind : List.of("batch", "transaction")) {
            for (String entry : List.of(
                    request("POST", "Observation", toHidden, ""),
                    request("POST", "Observation", toMatch, ""),
                    request("POST", "Observation", performerMatch, ""),
                    request("POST", "Observation", memberMatch, ""),
                    request("POST", "Observation", performer, ""),
                    request("POST", "Observation", observation(elena()), ""),
                    request(
                            "POST",
                            "Observation",
                            observation(elena()),
                            ",\"ifNoneExist\":\"identifier=urn:lab|H-hidden-one\""),
                    request(
                            "POST",
                            "Observation",
                            observation(elena()),
                            ",\"ifNoneExist\":\"performer:Practitioner.family=Okafor&identifier=urn:lab|H-hidden-one\""),
                    request(
                            "POST",
                            "Observation",
                            observation(elena()),
                            ",\"ifNoneExist\":\"_has:Provenance:target:_lastUpdated=gt2020-01-01\""),
                    request("PUT", "Observation/obs-hidden-one", withId(observation(elena()), "obs-hidden-one"), ""),
                    request(
                            "PUT",
                            "Observation/obs-hidden-one",
                            withId(toHidden, "obs-hidden-one"),
                            ",\"ifMatch\":\"W/\\\"1\\\"\""),
                    request(
                            "PUT",
                            "Observation/obs-gone-hidden-one",
                            withId(observation(elena()), "obs-gone-hidden-one"),
                            ""),
                    request("PUT", "Observation/obs-never", withId(observation(elena()), "obs-never"), ""),
                    request("PUT", "Observation?identifier=urn:lab|H-hidden-one", observation(elena()), ""),
                    request("DELETE", "Observation/obs-hidden-one", "", ""),
                    request("DELETE", "Observation/obs-gone-hidden-one", "", ""),
                    request("DELETE", "Observation/obs-never", "", ""),
                    request("DELETE", "Observation?patient=hidden-one", "", ""),
                    request(
                            "PATCH",
                            "Observation/obs-hidden-one",
                            "{\"resourceType\":\"Binary\",\"contentType\":\"application/json-patch+json\",\"data\":\"W3sib3AiOiJ0ZXN0IiwicGF0aCI6Ii9zdGF0dXMiLCJ2YWx1ZSI6ImZpbmFsIn1d\"}",
                            ""),
                    request(
                            "PATCH",
                            "Observation?identifier=urn:lab|H-hidden-one",
                            "{\"resourceType\":\"Binary\",\"contentType\":\"application/json-patch+json\",\"data\":\"W10=\"}",
                            ""),
                    request("POST", "Patient", "{\"resourceType\":\"Patient\"}", ""),
                    request("POST", "$meta", "{\"resourceType\":\"Parameters\"}", ""),
                    request("POST", "Patient/hidden-one/$meta", "{\"resourceType\":\"Parameters\"}", ""),
                    request("POST", "AuditEvent", "{\"resourceType\":\"AuditEvent\"}", ""),
                    request(
                            "PUT",
                            "Practitioner/prac-hidden-one",
                            "{\"resourceType\":\"Practitioner\",\"id\":\"prac-hidden-one\"}",
                            ""))) {
                probes.add(Probe.of("POST", "", bundle(kind, entry)));
            }
            probes.add(Probe.of(
                    "POST",
                    "",
                    bundle(
                            kind,
                            named(
                                    "urn:uuid:11111111-1111-4111-8111-111111111111",
                                    request("POST", "Observation", toHidden, "")),
                            request(
                                    "POST",
                                    "Observation",
                                    observation(
                                            elena()
                                                    + ",\"hasMember\":[{\"reference\":\"urn:uuid:11111111-1111-4111-8111-111111111111\"}]"),
                                    ""))));
            probes.add(Probe.of(
                    "POST",
                    "",
                    bundle(
                            kind,
                            named(
                                    "urn:uuid:22222222-2222-4222-8222-222222222222",
                                    request("POST", "Observation", observation(elena()), "")),
                            request(
                                    "POST",
                                    "Observation",
                                    observation(
                                            elena()
                                                    + ",\"hasMember\":[{\"reference\":\"urn:uuid:22222222-2222-4222-8222-222222222222\"}]"),
                                    ""))));
            probes.add(Probe.of(
                    "POST",
                    "",
                    bundle(
                            kind,
                            named("Patient/hidden-one", request("POST", "Observation", observation(elena()), "")),
                            request("POST", "Observation", toHidden, ""))));
            probes.add(Probe.of(
                    "POST",
                    "",
                    bundle(
                            kind,
                            named(
                                    "http://localhost:8080/fhir/Patient/hidden-one",
                                    request("POST", "Observation", observation(elena()), "")),
                            request("POST", "Observation", toHidden, ""))));
            probes.add(Probe.of(
                    "POST",
                    "",
                    bundle(
                            kind,
                            request(
                                    "PUT",
                                    "Observation/obs-hidden-one",
                                    withId(observation(elena()), "obs-hidden-one"),
                                    ""),
                            request("GET", "Observation/obs-hidden-one", "", ""))));
            probes.add(Probe.of(
                    "POST",
                    "",
                    bundle(
                            kind,
                            request("DELETE", "Observation/obs-hidden-one", "", ""),
                            request("GET", "Patient/elena-rossi", "", ""))));
        }
    }

    /** That nothing of the above left a trace in what the requester can see. */
    private static void afterwards(List<Probe> probes) {
        for (String query : List.of(
                "Observation?patient=elena-rossi&_summary=count",
                "Observation?_summary=count",
                "Observation?_tag=urn:hidden|t&_elements=meta",
                "Observation?_security=R&_elements=meta",
                "Observation/obs-elena",
                "Observation/obs-elena/_history",
                "Group?_summary=count",
                "Patient/elena-rossi/$everything?_summary=count")) {
            probes.add(Probe.get(query));
        }
    }

    private static Probe create(String type, String elements, String... headers) {
        return Probe.of("POST", type, observation(elements), headers);
    }

    private static String elena() {
        return "\"subject\":{\"reference\":\"Patient/elena-rossi\"}";
    }

    private static String observation(String elements) {
        return "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"probe\"}," + elements + "}";
    }

    private static String withId(String observation, String id) {
        return observation.replace("\"status\"", "\"id\":\"" + id + "\",\"status\"");
    }

    private static String request(String method, String url, String resource, String more) {
        return "{" + (resource.isEmpty() ? "" : "\"resource\":" + resource + ",") + "\"request\":{\"method\":\""
                + method + "\",\"url\":\"" + url + "\"" + more + "}}";
    }

    private static String named(String fullUrl, String entry) {
        return "{\"fullUrl\":\"" + fullUrl + "\"," + entry.substring(1);
    }

    private static String bundle(String kind, String... entries) {
        return "{\"resourceType\":\"Bundle\",\"type\":\"" + kind + "\",\"entry\":[" + String.join(",", entries) + "]}";
    }
}
