package org.securemed.fhir.consent;

import java.util.List;

/** Bulk exports that might tell of hidden data by their first answer; {@link NonInterferenceIT} walks whole ones. */
final class ExportProbes {
    private static final String ASYNC = "Prefer";
    private static final String YES = "respond-async";

    private ExportProbes() {}

    static void add(List<Probe> probes) {
        for (String group : List.of("group-both", "group-hidden-one")) {
            String path = "Group/" + group + "/$export";
            probes.add(Probe.get(path));
            probes.add(Probe.get(path, ASYNC, YES));
            probes.add(Probe.get(path + "?_type=Patient", ASYNC, YES));
            probes.add(Probe.of("POST", path, "{\"resourceType\":\"Parameters\"}", ASYNC, YES));
        }
        for (String query : List.of(
                "_typeFilter=Observation%3Fpatient%3Dhidden-one",
                "_elements=id", "patient=Patient/hidden-one", "_type=AuditEvent", "_since=x")) {
            probes.add(Probe.get("Patient/$export?" + query, ASYNC, YES));
        }
        probes.add(Probe.get("Patient/hidden-one/$export", ASYNC, YES));
        probes.add(Probe.get("Observation/$export", ASYNC, YES));
        probes.add(Probe.get("$export-status?job=hidden-one"));
        probes.add(Probe.get("$export-status?job=00000000-0000-4000-8000-000000000000"));
        probes.add(Probe.get("$export-file?job=00000000-0000-4000-8000-000000000000&file=hidden-one"));
        for (String kind : List.of("batch", "transaction")) {
            for (String url : List.of("Group/group-both/$export", "Patient/$export", "$export-status?job=x")) {
                probes.add(Probe.of("POST", "", ProbeBodies.bundle(kind, ProbeBodies.request("GET", url, "", ""))));
            }
        }
    }
}
