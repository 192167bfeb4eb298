package org.securemed.fhir.consent;

import java.util.List;

/** Operations on consents, on the record of accesses, on codes, and demographics, that might tell of hidden data. */
final class RecordProbes {
    private static final String PARAMETERS = "{\"resourceType\":\"Parameters\",\"parameter\":[%s]}";

    private RecordProbes() {}

    static void add(List<Probe> probes) {
        for (String instance : List.of(
                "Patient/hidden-one",
                "Patient/elena-rossi",
                "Observation/obs-hidden-one",
                "Observation/obs-both",
                "Consent/consent-hidden-one",
                "Consent/consent-elena-physician")) {
            for (String operation : List.of(
                    "$explain-access",
                    "$verify-integrity",
                    "$restore-integrity",
                    "$to-sign",
                    "$proof",
                    "$translate",
                    "$expand")) {
                probes.add(Probe.get(instance + "/" + operation));
            }
        }
        probes.add(Probe.get("Patient/hidden-one/$access-log"));
        probes.add(Probe.get("Patient/hidden-one/$accounting-of-disclosures"));
        probes.add(Probe.get("AuditEvent/hidden-one/$proof"));
        probes.add(Probe.get("AuditEvent/hidden-one"));
        for (String path : List.of(
                "AuditEvent/$findings",
                "AuditEvent/$break-glass-reviews",
                "AuditEvent/$integrity-status",
                "AuditEvent/$verify-status?job=hidden-one",
                "Patient/hidden-one/$signing-keys")) {
            probes.add(Probe.get(path));
        }
        for (String operation : List.of("$register-key", "$revoke-key", "$access-log", "$review", "$sign-off")) {
            probes.add(Probe.of("POST", "Patient/hidden-one/" + operation, PARAMETERS.formatted("")));
        }
        for (String sought : List.of(
                "\"identifier\":[{\"system\":\"https://securemed.example/mrn\",\"value\":\"SM-100003\"}]",
                "\"identifier\":[{\"system\":\"https://securemed.example/mrn\",\"value\":\"SM-100001\"}]",
                "\"name\":[{\"family\":\"Rossi\"}],\"birthDate\":\"1980-01-01\"",
                "\"name\":[{\"family\":\"Hiddenson\"}]",
                "\"identifier\":[{\"system\":\"urn:crowd\",\"value\":\"7\"}]",
                "\"name\":[{\"family\":\"Crowd\",\"given\":[\"N7\"]}],\"birthDate\":\"1970-01-01\"",
                "\"id\":\"hidden-one\"")) {
            String resource = "{\"name\":\"resource\",\"resource\":{\"resourceType\":\"Patient\"," + sought + "}}";
            for (String more : List.of(
                    "",
                    ",{\"name\":\"onlyCertainMatches\",\"valueBoolean\":true}",
                    ",{\"name\":\"count\",\"valueInteger\":1}")) {
                probes.add(Probe.of("POST", "Patient/$match", PARAMETERS.formatted(resource + more)));
            }
        }
        for (String reference : List.of("Patient/hidden-one", "Observation/obs-hidden-one", "Group/group-both")) {
            String resource =
                    "{\"name\":\"resource\",\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"p\",\"link\":[{\"other\":{\"reference\":\""
                            + reference
                            + "\"},\"type\":\"seealso\"}]}],\"subject\":{\"reference\":\"#p\"},\"focus\":[{\"reference\":\""
                            + reference + "\"}]}}";
            probes.add(Probe.of("POST", "Observation/$validate", PARAMETERS.formatted(resource)));
        }
        for (String path : List.of(
                "ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/administrative-gender&code=male&system=http://hl7.org/fhir/administrative-gender",
                "ValueSet/$expand?url=urn:hidden",
                "CodeSystem/$validate-code?url=urn:hidden&code=t",
                "CodeSystem/$subsumes?system=urn:hidden&codeA=t&codeB=u",
                "ConceptMap/$translate?system=urn:hidden&code=t")) {
            probes.add(Probe.get(path));
        }
    }

    private static String what(String patient) {
        return "{\"what\":{\"reference\":\"Patient/" + patient + "\"}}";
    }

    /** Those that would change something, or ask somebody. */
    static void addWriting(List<Probe> probes) {
        for (String patient : List.of("hidden-one", "silent-one")) {
            probes.add(Probe.of(
                    "POST",
                    "Consent/$revokeConsent",
                    PARAMETERS.formatted("{\"name\":\"consent\",\"valueReference\":{\"reference\":\"Consent/consent-"
                            + patient
                            + "\"}},{\"name\":\"patient\",\"valueReference\":{\"reference\":\"Patient/" + patient
                            + "\"}}")));
            probes.add(Probe.of(
                    "POST",
                    "Consent/$fileConsent",
                    PARAMETERS.formatted(
                            "{\"name\":\"consent\",\"resource\":{\"resourceType\":\"Consent\",\"status\":\"active\",\"patient\":{\"reference\":\"Patient/"
                                    + patient
                                    + "\"}}},{\"name\":\"document\",\"resource\":{\"resourceType\":\"DocumentReference\",\"status\":\"current\",\"subject\":{\"reference\":\"Patient/"
                                    + patient + "\"}}}")));
            probes.add(Probe.of("POST", "Consent/consent-" + patient + "/$sign", PARAMETERS.formatted("")));
        }
        // Several references at once, visible and hidden ones in turns.
        for (String focus : List.of(
                "\"Patient/hidden-one\"},{\"reference\":\"Patient/hidden-two\"},{\"reference\":\"Observation/obs-elena\"",
                "\"Observation/obs-elena\"},{\"reference\":\"Observation/obs-hidden-one\"},{\"reference\":\"Observation/many-1-hidden-one\"",
                "\"Observation/obs-both\"},{\"reference\":\"Patient/hidden-two\"",
                "\"Group/group-both\"")) {
            probes.add(ProbeBodies.create(
                    "Observation", ProbeBodies.elena() + ",\"focus\":[{\"reference\":" + focus + "}]"));
            for (String type : List.of("Communication", "QuestionnaireResponse", "MedicationRequest")) {
                probes.add(Probe.of(
                        "POST",
                        type,
                        "{\"resourceType\":\"" + type
                                + "\",\"status\":\"completed\",\"subject\":{\"reference\":\"Patient/elena-rossi\"},\"basedOn\":[{\"reference\":"
                                + focus + "}]}"));
            }
        }
        // They are kept for whom they name.
        for (String about : List.of(
                "\"entity\":[%s]".formatted(what("hidden-one")),
                "\"entity\":[%s,%s]".formatted(what("hidden-one"), what("hidden-two")),
                "\"entity\":[%s,%s]".formatted(what("elena-rossi"), what("hidden-one")),
                "\"agent\":[{\"who\":{\"reference\":\"Patient/elena-rossi\"}}],\"entity\":[%s]"
                        .formatted(what("hidden-one")),
                "\"agent\":[{\"who\":{\"reference\":\"Patient/hidden-one\"}},{\"who\":{\"reference\":\"Patient/elena-rossi\"}}]")) {
            // Without a date it happens now, among the other accesses.
            String event = "{\"resourceType\":\"AuditEvent\"," + about + "}";
            probes.add(Probe.of("POST", "AuditEvent", event));
            probes.add(Probe.of(
                    "POST", "", ProbeBodies.bundle("batch", ProbeBodies.request("POST", "AuditEvent", event, ""))));
        }
        probes.add(
                Probe.of(
                        "PATCH",
                        "Observation/obs-both",
                        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"replace\"},{\"name\":\"path\",\"valueString\":\"Observation.status\"},{\"name\":\"value\",\"valueCode\":\"amended\"}]}]}"));
        probes.add(Probe.jsonPatch("Observation/obs-both", "[{\"op\":\"test\",\"path\":\"/id\",\"value\":\"x\"}]"));
        probes.add(Probe.of("DELETE", "Observation/obs-both", ""));
    }
}
