package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.List;

/**
 * The written list, with what the classes named {@code …Probes} add: for every channel of a HAPI server on which hidden
 * data is known to show, requests that would show it. {@code hidden-one} and {@code hidden-two} are patients of one
 * twin; the names of their resources end in theirs.
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
        SearchProbes.add(probes);
        OperationProbes.add(probes);
        ExportProbes.add(probes);
        ModifierProbes.add(probes);
        RecordProbes.add(probes);
        BundleProbes.add(probes);
        return probes;
    }

    /** What changes nothing, and hardly anybody asks. */
    static List<Probe> strange() {
        List<Probe> probes = new ArrayList<>();
        FormProbes.add(probes);
        ReachProbes.add(probes);
        return probes;
    }

    /** What stores, or would. */
    static List<Probe> writing() {
        List<Probe> probes = new ArrayList<>();
        WriteProbes.add(probes);
        WriteBundleProbes.add(probes);
        RecordProbes.addWriting(probes);
        WriteProbes.addLast(probes);
        return probes;
    }
}
