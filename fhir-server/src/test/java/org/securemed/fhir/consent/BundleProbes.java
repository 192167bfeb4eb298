package org.securemed.fhir.consent;

import static org.securemed.fhir.consent.ProbeBodies.bundle;
import static org.securemed.fhir.consent.ProbeBodies.request;

import java.util.List;

/** Reads and searches in Bundles that might tell of hidden data. */
final class BundleProbes {
    private BundleProbes() {}

    static void add(List<Probe> probes) {
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
}
