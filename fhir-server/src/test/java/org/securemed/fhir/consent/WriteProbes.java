package org.securemed.fhir.consent;

import static org.securemed.fhir.consent.ProbeBodies.create;
import static org.securemed.fhir.consent.ProbeBodies.elena;
import static org.securemed.fhir.consent.ProbeBodies.observation;

import java.util.List;

/** Writes that might tell of hidden data. */
final class WriteProbes {
    private WriteProbes() {}

    static void add(List<Probe> probes) {
        references(probes);
        conditionals(probes);
        instances(probes);
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
        // They act on the whole server, and can't belong to anybody.
        for (String patient : List.of("hidden-one", "elena-rossi")) {
            for (String type :
                    List.of("SearchParameter", "ValueSet", "CodeSystem", "StructureDefinition", "Questionnaire")) {
                probes.add(Probe.of(
                        "POST",
                        type,
                        "{\"resourceType\":\"" + type
                                + "\",\"status\":\"draft\",\"extension\":[{\"url\":\"http://x\",\"valueReference\":{\"reference\":\"Patient/"
                                + patient + "\"}}]}"));
            }
        }
        for (String content : List.of(
                "\"content\":[{\"attachment\":{\"url\":\"Binary/bin-hidden-one\"}}]",
                "\"content\":[{\"attachment\":{\"url\":\"http://localhost:8080/fhir/Binary/bin-hidden-one\"}}]",
                "\"content\":[{\"attachment\":{\"title\":\"x\"}}],\"relatesTo\":[{\"code\":\"replaces\",\"target\":{\"reference\":\"DocumentReference/doc-hidden-one\"}}]",
                "\"content\":[{\"attachment\":{\"title\":\"x\"}}],\"context\":{\"sourcePatientInfo\":{\"reference\":\"Patient/hidden-one\"}}")) {
            probes.add(Probe.of(
                    "POST",
                    "DocumentReference",
                    "{\"resourceType\":\"DocumentReference\",\"status\":\"current\"," + elena() + "," + content + "}"));
        }
        for (String resource : List.of(
                "{\"resourceType\":\"Group\",\"type\":\"person\",\"actual\":true,\"member\":[{\"entity\":{\"reference\":\"Patient/elena-rossi\"}},{\"entity\":{\"reference\":\"Patient/hidden-one\"}}]}",
                "{\"resourceType\":\"List\",\"status\":\"current\",\"mode\":\"working\"," + elena()
                        + ",\"entry\":[{\"item\":{\"reference\":\"Observation/obs-hidden-one\"}}]}",
                "{\"resourceType\":\"Composition\",\"status\":\"final\",\"type\":{\"text\":\"x\"},\"date\":\"2026-01-01\",\"title\":\"x\",\"author\":[{\"reference\":\"Practitioner/amara-okafor\"}],"
                        + elena() + ",\"section\":[{\"entry\":[{\"reference\":\"Observation/obs-hidden-one\"}]}]}",
                "{\"resourceType\":\"CarePlan\",\"status\":\"active\",\"intent\":\"plan\"," + elena()
                        + ",\"instantiatesCanonical\":[\"PlanDefinition/plan-hidden-one\"]}",
                "{\"resourceType\":\"CarePlan\",\"status\":\"active\",\"intent\":\"plan\"," + elena()
                        + ",\"instantiatesCanonical\":[\"http://localhost:8080/fhir/PlanDefinition/plan-hidden-one\"]}",
                "{\"resourceType\":\"CarePlan\",\"status\":\"active\",\"intent\":\"plan\"," + elena()
                        + ",\"instantiatesUri\":[\"http://localhost:8080/fhir/Patient/hidden-one\"]}",
                "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"x\",\"valueReference\":{\"reference\":\"Patient/hidden-one\"}}]}")) {
            probes.add(Probe.of("POST", resource.replaceAll("^.\"resourceType\":\"([A-Za-z]+)\".*", "$1"), resource));
        }
    }

    private static void conditionals(List<Probe> probes) {
        for (String query : List.of(
                "identifier=urn:lab%7CH-hidden-one",
                "identifier=urn:lab%7CC-hidden-one",
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

    /** That nothing of the above left a trace in what the requester can see. */
    static void addLast(List<Probe> probes) {
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
}
