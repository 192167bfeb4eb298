package org.securemed.fhir.consent;

import static org.securemed.fhir.consent.ProbeBodies.bundle;
import static org.securemed.fhir.consent.ProbeBodies.elena;
import static org.securemed.fhir.consent.ProbeBodies.named;
import static org.securemed.fhir.consent.ProbeBodies.observation;
import static org.securemed.fhir.consent.ProbeBodies.request;
import static org.securemed.fhir.consent.ProbeBodies.withId;

import java.util.List;

/** Bundles that store, and might tell of hidden data. */
final class WriteBundleProbes {
    private WriteBundleProbes() {}

    static void add(List<Probe> probes) {
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
}
