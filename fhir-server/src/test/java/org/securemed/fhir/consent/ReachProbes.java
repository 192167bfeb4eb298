package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.ResourceType;

/** Searches and operations that reach for what is hidden by ways that few servers think of. */
final class ReachProbes {
    private ReachProbes() {}

    static void add(List<Probe> probes) {
        searches(probes);
        operations(probes);
        terminology(probes);
    }

    /** Each type there is, by itself and about somebody hidden. */
    static List<Probe> types() {
        List<Probe> probes = new ArrayList<>();
        for (ResourceType type : ResourceType.values()) {
            probes.add(Probe.get(type + "?_total=accurate&_count=3"));
            probes.add(Probe.get(type + "?_lastUpdated=gt2020-01-01&_summary=count"));
            probes.add(Probe.get(type + "?patient=hidden-one&_total=accurate"));
            probes.add(Probe.get(type + "?subject=Patient/hidden-one&_summary=count"));
            probes.add(Probe.get(type + "/hidden-one"));
            probes.add(Probe.get(type + "/_history?_count=1"));
        }
        return probes;
    }

    private static void searches(List<Probe> probes) {
        for (String query : List.of(
                "Patient?_id=",
                "Patient?_id=elena-rossi&_id=hidden-one",
                "Patient?_id=hidden-one&_id=hidden-one",
                "Patient?_id:missing=false",
                "Patient?_id:above=hidden-one",
                "Patient?_id:contains=hidden",
                "Patient?_id=hidden-one&_include=*",
                "Patient?_id=hidden-one|1",
                "Patient?_id=%20hidden-one",
                "Patient?_id=hidden-one%2Celena-rossi",
                "Patient?_id=hidden-one\\,elena-rossi",
                "Patient?_sort=-_id&_count=1&_total=accurate",
                "Patient?_sort=_score",
                "Patient?_sort=birthdate,-family&_count=2&_total=accurate",
                "Patient?_sort=identifier&_count=1",
                "Patient?_sort=organization&_count=1",
                "Patient?_total=nonsense",
                "Patient?_count=0&_total=accurate",
                "Patient?_count=-1",
                "Patient?_count=2147483648",
                "Patient?_offset=2147483647",
                "Patient?_offset=-1",
                "Patient?_offset=1&_count=1&_total=accurate",
                "Patient?_language=en",
                "Patient?_language:missing=true",
                "Patient?_bundletype=history",
                "Patient?_at=2026-01-01",
                "Patient?_since=2020-01-01",
                "Patient?_in=Group/group-both",
                "Patient?_in=List/list-hidden-one",
                "Patient?:missing=true",
                "Patient?=hidden-one",
                "Patient?deceased=false&_summary=count",
                "Patient?death-date:missing=true",
                "Patient?telecom=555&_summary=count",
                "Patient?phone:contains=5",
                "Patient?email=x",
                "Patient?address-postalcode=00000,11111&_total=accurate",
                "Patient?gender:not=female&_summary=count",
                "Patient?language=en&_summary=count",
                "Patient?_lastUpdated=lt2020-01-01&_summary=count",
                "Patient?_lastUpdated=ne2020-01-01&_sort=_lastUpdated&_count=1",
                "Patient?_tag:above=urn:hidden|t",
                "Patient?_security:not=R&_summary=count",
                "Patient?_profile:missing=true",
                "Patient?identifier:contains=SM",
                "Patient?identifier:text=SM",
                "Patient?identifier=https://securemed.example/mrn|SM-100003&name=a",
                "Patient?identifier=https://securemed.example/mrn|SM-100003&_summary=count",
                "Patient?name:exact=hidden,Rossi&_summary=count",
                "Patient?family=hiddenson&birthdate=1980-01-01",
                "Patient?_id=elena-rossi&_revinclude=Provenance:target:Patient",
                "Patient?_id=elena-rossi&_revinclude=Group:member:Patient",
                "Patient?_id=elena-rossi&_revinclude=Patient:link",
                "Patient?_id=elena-rossi&_revinclude=Person:link",
                "Patient?_id=elena-rossi&_revinclude=AuditEvent:patient",
                "Patient?_id=elena-rossi&_revinclude=Consent:patient",
                "Patient?_id=elena-rossi&_revinclude=List:item",
                "Patient?_id=elena-rossi&_revinclude=Bundle:composition",
                "Patient?_id=elena-rossi&_revinclude=MessageHeader:focus",
                "Patient?_id=elena-rossi&_revinclude=Observation:patient&_count=1&_total=accurate",
                "Patient?_id=elena-rossi&_revinclude=Observation:subject&_sort=-_id",
                "Observation?subject:Patient._id=hidden-one",
                "Observation?patient._id=hidden-one",
                "Observation?patient._lastUpdated=gt2020-01-01",
                "Observation?patient._has:Provenance:target:_id=prov-both",
                "Observation?patient:contains=hidden",
                "Observation?patient:above=hidden-one",
                "Observation?patient:below=Patient/hidden-one",
                "Observation?patient:Group=group-both",
                "Observation?patient:text=hidden",
                "Observation?patient=urn:uuid:hidden-one",
                "Observation?patient=Patient/hidden-one/_history/1",
                "Observation?patient=hidden-one|1",
                "Observation?patient=*",
                "Observation?patient=",
                "Observation?subject=&_summary=count",
                "Observation?subject=Device/dev-hidden-one",
                "Observation?subject=Location/riverside-ward-3",
                "Observation?derived-from=Observation/obs-both",
                "Observation?has-member=Observation/obs-hidden-one",
                "Observation?part-of=Procedure/x",
                "Observation?based-on=ServiceRequest/x&patient=hidden-one",
                "Observation?patient=elena-rossi&_include=Observation:subject:Group",
                "Observation?patient=elena-rossi&_include=Observation:performer:Practitioner&_count=1&_total=accurate",
                "Observation?patient=elena-rossi&_include=Observation:derived-from",
                "Observation?patient=elena-rossi&_include=Provenance:target",
                "Observation?patient=elena-rossi&_include=Observation",
                "Observation?patient=elena-rossi&_include=",
                "Observation?patient=elena-rossi&_include=Observation:nonsense",
                "Observation?patient=elena-rossi&_revinclude=Observation:focus",
                "Observation?patient=elena-rossi&_revinclude=Observation:derived-from&_total=accurate",
                "Observation?patient=elena-rossi&_revinclude=List:item&_count=2",
                "Observation?patient=elena-rossi&_revinclude=DiagnosticReport:result",
                "Observation?patient=elena-rossi&_include:include=Observation:subject",
                "Observation?patient=elena-rossi&_elements=subject&_include=Observation:subject&_summary=true",
                "Observation?patient=elena-rossi&_sort=-value-quantity&_count=2",
                "Observation?patient=elena-rossi&_sort=-_lastUpdated&_count=2",
                "Observation?patient=elena-rossi&_lastUpdated=gt2020-01-01&_summary=count",
                "Observation?patient=elena-rossi&value-quantity=7&_summary=count",
                "Observation?patient=elena-rossi&code:missing=false",
                "Observation?patient=elena-rossi&code:text-advanced=x",
                "Observation?patient=elena-rossi&code:code-text=x",
                "Observation?_sort=value-quantity&_count=1&_total=accurate",
                "Observation?_sort=performer&_count=1",
                "Observation?_sort=-focus&_count=1&_total=accurate",
                "Observation?_sort=identifier&_count=1",
                "Observation?_sort=_tag&_count=1",
                "Observation?_sort=_security&_count=1",
                "Observation?_sort=nonsense",
                "Observation?value-string=hidden",
                "Observation?value-concept=x&_summary=count",
                "Observation?combo-code=718-7&_summary=count",
                "Observation?identifier=urn:lab|H-hidden-one,urn:lab|E-1&_summary=count",
                "Observation?identifier:of-type=a|b|H-hidden-one",
                "Observation?date=2001-02-03&_summary=count",
                "Observation?date:missing=false",
                "Observation?date=gt2001-02-03T00:00:00Z&_sort=date&_count=1",
                "Observation?specimen.identifier=x",
                "Observation?device.patient=hidden-one",
                "Observation?focus.identifier=x",
                "Observation?encounter.location=Location/riverside-ward-3",
                "Observation?_text:contains=hidden",
                "Observation?_content=718-7",
                "Observation?_graph=x",
                "Observation?_maxresults=1",
                "Observation?_outputFormat=ndjson",
                "Observation?page=2",
                "DocumentReference?location=Binary/bin-hidden-one",
                "DocumentReference?location=http://localhost:8080/fhir/Binary/bin-hidden-one",
                "DocumentReference?related=Binary/bin-hidden-one&_summary=count",
                "DocumentReference?patient=hidden-one&_include=DocumentReference:subject",
                "Composition?entry=Observation/obs-hidden-one",
                "Composition?subject=Patient/hidden-one&_include=Composition:entry",
                "Bundle?composition=Composition/comp-hidden-one",
                "Bundle?composition.patient=hidden-one",
                "Bundle?message=MessageHeader/mh-hidden-one",
                "Bundle?identifier=x&_summary=count",
                "Bundle?timestamp=gt2000",
                "Group?member=Patient/hidden-one,Patient/elena-rossi&_summary=count",
                "Group?value:missing=true",
                "Group?member:missing=false",
                "Group?type=person&_total=accurate",
                "List?item:Observation=obs-hidden-one",
                "List?item.code=718-7",
                "List?item.patient=hidden-one",
                "List?status=current&_total=accurate",
                "Provenance?target=Patient/hidden-one",
                "Provenance?target:Observation=obs-hidden-one",
                "Provenance?entity=Observation/obs-hidden-one",
                "Provenance?recorded=gt2020&_summary=count",
                "Task?focus=Observation/obs-hidden-one",
                "Task?patient=hidden-one,elena-rossi&_total=accurate",
                "Appointment?patient=hidden-one&_include=Appointment:actor",
                "Appointment?date:missing=true",
                "Appointment?status=booked&_total=accurate",
                "Schedule?actor:Patient=hidden-one",
                "Slot?schedule=Schedule/sched-hidden-one",
                "Slot?schedule.actor=Patient/hidden-one",
                "Practitioner?identifier=urn:staff|H-hidden-one",
                "Practitioner?name=hidden&_summary=count",
                "Practitioner?_sort=-_lastUpdated&_count=1",
                "Practitioner?_lastUpdated=gt2020-01-01&_summary=count",
                "Practitioner?_id=prac-hidden-one,prac-both",
                "PractitionerRole?practitioner=Practitioner/prac-hidden-one",
                "Organization?partof=Organization/org-hidden-one",
                "Organization?_id=org-hidden-one&_revinclude=Patient:organization",
                "Location?organization=Organization/org-hidden-one",
                "Device?_sort=_lastUpdated&_count=1&_total=accurate",
                "Device?identifier=x&patient=hidden-one",
                "Device?organization=Organization/org-hidden-one",
                "Substance?code:text=x&_summary=count",
                "Medication?_lastUpdated=gt2020-01-01&_summary=count",
                "Subscription?criteria=Patient%3F_id=hidden-one",
                "Subscription?_lastUpdated=gt2020-01-01&_summary=count",
                "Consent?patient=hidden-one&status=active&_summary=count",
                "Consent?patient:missing=false",
                "Consent?purpose=TREAT&_summary=count",
                "Consent?security-label=R",
                "AuditEvent?entity=Patient/hidden-one&date=lt2000",
                "AuditEvent?entity-name=hidden&date=lt2000",
                "AuditEvent?agent=Practitioner/amara-okafor&date=lt2000&_total=accurate",
                "ValueSet?url=http://hidden.example/vs-hidden-one",
                "ValueSet?reference=http://hidden.example/cs-hidden-one",
                "CodeSystem?url=http://hidden.example/cs-hidden-one",
                "CodeSystem?system=http://hidden.example/cs-hidden-one&_summary=count",
                "ConceptMap?url=http://hidden.example/cm-hidden-one",
                "PlanDefinition?url=http://hidden.example/plan-hidden-one",
                "Questionnaire?url=http://hidden.example/q-hidden-one",
                "Questionnaire?_summary=count")) {
            probes.add(Probe.get(query));
        }
        for (String body : List.of(
                "_id=hidden-one&_total=accurate",
                "patient.identifier=SM-100003",
                "_content=hidden",
                "_sort=patient.name",
                "_include=Observation%3Asubject&patient=hidden-one",
                "_revinclude=Provenance%3Atarget&patient=elena-rossi",
                "%70atient=hidden-one",
                "patient%3Aidentifier=SM-100003",
                "patient%2Ename=a",
                "_f%69lter=code eq 718-7",
                "patient=hidden-one&patient=elena-rossi",
                "")) {
            probes.add(Probe.form("Observation/_search", body));
            probes.add(Probe.form("Observation/_search?_summary=count", body));
        }
        probes.add(Probe.form("Patient/hidden-one/Observation/_search", "code=718-7"));
        probes.add(Probe.get("Observation?%5Fhas:Provenance:target:_id=prov-hidden-one"));
        probes.add(Probe.get("Observation?%5fcontained=true"));
        probes.add(Probe.get("Observation?patient%3Aidentifier=SM-100003"));
        probes.add(Probe.get("Observation?patient%2Ename=a"));
    }

    private static void operations(List<Probe> probes) {
        for (String path : List.of(
                "Patient/hidden-one/$everything?_since=2020-01-01",
                "Patient/hidden-one/$everything?_type=Observation&_count=1",
                "Patient/hidden-one/$everything?start=2020-01-01&end=2030-01-01",
                "Patient/hidden-one/$everything?_after=Observation/obs-hidden-one",
                "Patient/hidden-one/$everything?_format=xml",
                "Patient/hidden-one/$everything?_content=x",
                "Patient/elena-rossi/$everything?_after=Observation/obs-hidd&_count=2",
                "Patient/elena-rossi/$everything?start=2020-01-01",
                "Patient/elena-rossi/$everything?_lastUpdated=gt2020-01-01",
                "Patient/elena-rossi/$everything?_sort=-_id&_count=2",
                "Patient/elena-rossi/$everything?_offset=2&_count=2",
                "Patient/elena-rossi/$everything?_total=accurate&_count=1",
                "Patient/elena-rossi/$everything?_elements=id&_count=3",
                "Patient/elena-rossi/$everything?_filter=x",
                "Patient/elena-rossi/$everything?_type=Nonsense",
                "Patient/elena-rossi/$everything?_count=nonsense",
                "Patient/hidden-one/$summary?profile=http://hidden.example",
                "Patient/hidden-one/$summary?_format=xml",
                "Patient/elena-rossi/$summary?_count=1",
                "Patient/hidden-one/$purge",
                "Patient/hidden-one/$member-match",
                "Patient/hidden-one/$graph?graph=http://hidden.example/graph",
                "Observation/obs-hidden-one/$graph",
                "Observation/$stats?subject=Patient/hidden-one&code=718-7",
                "Observation/$lastn?subject=Patient/hidden-one&max=1",
                "Observation/$lastn?patient=elena-rossi",
                "DocumentReference/$docref?patient=hidden-one",
                "DocumentReference/$generate",
                "Composition/comp-hidden-one/$document?persist=true",
                "Composition/$document",
                "List/$find?patient=hidden-one&name=current-allergies",
                "Measure/$evaluate-measure?subject=Patient/hidden-one",
                "Measure/$care-gaps?subject=Patient/hidden-one",
                "PlanDefinition/plan-hidden-one/$apply?subject=Patient/hidden-one",
                "PlanDefinition/plan-hidden-one",
                "ActivityDefinition/$apply?subject=Patient/hidden-one",
                "Questionnaire/q-hidden-one/$populate?subject=Patient/hidden-one",
                "Questionnaire/q-hidden-one",
                "QuestionnaireResponse/$extract",
                "Library/$evaluate?subject=Patient/hidden-one",
                "Library/$data-requirements",
                "StructureMap/$transform",
                "StructureDefinition/$snapshot?url=http://hidden.example",
                "StructureDefinition/$generate",
                "ImplementationGuide/$package",
                "$versions",
                "$convert",
                "$graph",
                "$cql?subject=Patient/hidden-one",
                "$hfql-execute",
                "$import",
                "$export-poll-status?_jobId=hidden-one",
                "$bulkdata-status",
                "$reindex-terminology",
                "$perform-reindexing-pass",
                "$mark-all-resources-for-reindexing",
                "Patient/hidden-one/$reindex",
                "Patient/hidden-one/$reindex-dryrun",
                "$reindex?url=Patient%3F_id=hidden-one",
                "$trigger-subscription?resourceId=Patient/hidden-one",
                "Subscription/$trigger-subscription",
                "Subscription/$get-ws-binding-token",
                "Subscription/sub-hidden-one/$status",
                "Subscription/sub-hidden-one",
                "$mdm-clear",
                "$mdm-submit",
                "$mdm-duplicate-golden-resources",
                "Patient/hidden-one/$mdm-submit",
                "$mdm-link-history?resourceId=Patient/hidden-one",
                "$partition-management-list-partitions",
                "$partition-management-read-partition?id=1",
                "$package",
                "$apply-codesystem-delta-add",
                "CodeSystem/$upload-external-code-system",
                "$get-status",
                "$undelete",
                "Observation/obs-gone-hidden-one/$undelete",
                "Patient/hidden-one/$diff?fromVersion=1",
                "Patient/hidden-one/_history/1/$diff",
                "Patient/hidden-one/_history/1/$meta",
                "Patient/hidden-one/_history/1/$expunge",
                "Observation/obs-elena/$diff",
                "Observation/$diff?from=Observation/obs-elena&to=Observation/obs-hidden-one",
                "Binary/bin-hidden-one/$binary-access-read?path=Binary",
                "Binary/bin-hidden-one/_history/1",
                "Binary/bin-hidden-one?_format=json")) {
            probes.add(Probe.get(path));
            probes.add(Probe.of("POST", path, "{\"resourceType\":\"Parameters\"}"));
        }
    }

    /** Code systems and value sets that belong to somebody, and what is compared with them. */
    private static void terminology(List<Probe> probes) {
        for (String path : List.of(
                "ValueSet/$expand?url=http://hidden.example/vs-hidden-one",
                "ValueSet/vs-hidden-one/$expand",
                "ValueSet/vs-hidden-one",
                "ValueSet/$validate-code?url=http://hidden.example/vs-hidden-one&system=http://hidden.example/cs-hidden-one&code=one",
                "CodeSystem/$lookup?system=http://hidden.example/cs-hidden-one&code=one",
                "CodeSystem/$validate-code?url=http://hidden.example/cs-hidden-one&code=one",
                "CodeSystem/cs-hidden-one/$validate-code?code=one",
                "CodeSystem/$subsumes?system=http://hidden.example/cs-hidden-one&codeA=one&codeB=two",
                "ConceptMap/$translate?url=http://hidden.example/cm-hidden-one&system=http://hidden.example/cs-hidden-one&code=one",
                "ConceptMap/$translate?system=http://hidden.example/cs-hidden-one&code=one",
                "ConceptMap/cm-hidden-one/$translate?code=one&system=http://hidden.example/cs-hidden-one",
                "Observation?code:in=http://hidden.example/vs-hidden-one",
                "Observation?code:below=http://hidden.example/cs-hidden-one|one&patient=elena-rossi")) {
            probes.add(Probe.get(path));
        }
        probes.add(
                Probe.of(
                        "POST",
                        "ValueSet/$expand",
                        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"valueSet\",\"resource\":{\"resourceType\":\"ValueSet\",\"status\":\"active\",\"compose\":{\"include\":[{\"valueSet\":[\"http://hidden.example/vs-hidden-one\"]}]}}}]}"));
        probes.add(
                Probe.of(
                        "POST",
                        "ValueSet/$expand",
                        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"valueSet\",\"resource\":{\"resourceType\":\"ValueSet\",\"status\":\"active\",\"compose\":{\"include\":[{\"system\":\"http://hidden.example/cs-hidden-one\"}]}}}]}"));
        String observation =
                "{\"resourceType\":\"Observation\",%s\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"http://hidden.example/cs-hidden-one\",\"code\":\"one\"}]},\"subject\":{\"reference\":\"Patient/hidden-one\"}}";
        for (String profile : List.of("http://hidden.example/profile-hidden-one", "http://hidden.example/never")) {
            probes.add(Probe.of(
                    "POST",
                    "Observation/$validate",
                    observation.formatted("\"meta\":{\"profile\":[\"" + profile + "\"]},")));
            probes.add(Probe.of("POST", "Observation/$validate?profile=" + profile, observation.formatted("")));
        }
        probes.add(Probe.of(
                "POST",
                "Bundle/$validate",
                "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"fullUrl\":\"http://localhost:8080/fhir/Observation/obs-hidden-one\",\"resource\":"
                        + observation.formatted("\"id\":\"obs-hidden-one\",") + "}]}"));
    }
}
