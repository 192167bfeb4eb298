package org.securemed.fhir.consent;

import java.util.List;

/** Operations that might tell of hidden data. */
final class OperationProbes {
    private OperationProbes() {}

    static void add(List<Probe> probes) {
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
        for (String sought : List.of(
                "\"identifier\":[{\"system\":\"https://securemed.example/mrn\",\"value\":\"SM-100003\"}]",
                "\"identifier\":[{\"system\":\"https://securemed.example/mrn\",\"value\":\"SM-100001\"}]",
                "\"name\":[{\"family\":\"Hiddenson\"}],\"birthDate\":\"1980-01-01\"",
                "\"name\":[{\"family\":\"Rossi\"}],\"birthDate\":\"1980-01-01\"",
                "\"name\":[{\"family\":\"Hiddenson\"}]")) {
            String body = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\",\"resource\":"
                    + "{\"resourceType\":\"Patient\"," + sought + "}}]}";
            probes.add(Probe.of("POST", "Patient/$match", body));
            if (sought.contains("SM-100003")) {
                // Each is answered after half a second.
                probes.add(Probe.of("POST", "Patient/$request-access", body));
            }
        }
        for (String consent : List.of("consent-hidden-one", "consent-elena-physician")) {
            probes.add(
                    Probe.of(
                            "POST",
                            "Consent/$revokeConsent",
                            "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"consent\",\"valueReference\":{\"reference\":"
                                    + "\"Consent/" + consent
                                    + "\"}},{\"name\":\"patient\",\"valueReference\":{\"reference\":\"Patient/hidden-one\"}}]}"));
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
}
