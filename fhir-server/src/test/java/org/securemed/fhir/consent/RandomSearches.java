package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Searches that nobody thought of: parameters, modifiers, chains, includes, sorts, totals and pages by chance. */
final class RandomSearches {
    private static final List<String> PATIENTS = List.of(
            "elena-rossi",
            "hidden-one",
            "hidden-two",
            "hidden-three",
            "silent-one",
            "nobody",
            "Patient/hidden-one",
            "elena-rossi,hidden-one");

    private static final Map<String, List<String>> PARAMETERS = Map.ofEntries(
            Map.entry(
                    "Patient",
                    List.of(
                            "_id",
                            "family",
                            "given",
                            "name",
                            "birthdate",
                            "gender",
                            "identifier",
                            "general-practitioner",
                            "organization",
                            "address-city",
                            "_lastUpdated",
                            "_tag",
                            "active",
                            "link")),
            Map.entry(
                    "Observation",
                    List.of(
                            "patient",
                            "subject",
                            "code",
                            "status",
                            "date",
                            "value-quantity",
                            "performer",
                            "encounter",
                            "focus",
                            "device",
                            "category",
                            "_id",
                            "identifier",
                            "_tag",
                            "_security",
                            "_lastUpdated",
                            "combo-code",
                            "code-value-quantity")),
            Map.entry(
                    "Condition",
                    List.of("patient", "subject", "code", "clinical-status", "encounter", "recorded-date")),
            Map.entry("Encounter", List.of("patient", "subject", "location", "status", "class", "date", "participant")),
            Map.entry("Practitioner", List.of("_id", "family", "name", "identifier", "active", "_lastUpdated")),
            Map.entry("PractitionerRole", List.of("practitioner", "organization", "location", "specialty")),
            Map.entry("Organization", List.of("_id", "name", "partof", "identifier")),
            Map.entry("Location", List.of("_id", "name", "organization")),
            Map.entry("Device", List.of("_id", "patient", "identifier", "status")),
            Map.entry("Group", List.of("_id", "member", "type", "actual")),
            Map.entry("List", List.of("_id", "patient", "subject", "item", "status")),
            Map.entry("Task", List.of("_id", "patient", "owner", "status", "subject")),
            Map.entry("Provenance", List.of("_id", "target", "agent", "patient", "recorded")),
            Map.entry("Appointment", List.of("_id", "patient", "actor", "practitioner", "status")),
            Map.entry("MedicationRequest", List.of("patient", "subject", "status", "code", "requester")),
            Map.entry("Substance", List.of("_id", "code", "status")),
            Map.entry("Schedule", List.of("_id", "actor", "active")));

    private static final List<String> TYPES =
            List.copyOf(PARAMETERS.keySet().stream().sorted().toList());

    private static final List<String> INCLUDES = List.of(
            "Observation:subject",
            "Observation:performer",
            "Observation:focus",
            "Encounter:location",
            "Condition:encounter",
            "Patient:general-practitioner",
            "Group:member",
            "Appointment:actor",
            "Provenance:target",
            "List:item",
            "Task:owner",
            "Device:patient",
            "Schedule:actor",
            "Observation:patient:Patient",
            "*");

    private static final List<String> REVINCLUDES = List.of(
            "Observation:subject",
            "Observation:focus",
            "Provenance:target",
            "Group:member",
            "Appointment:actor",
            "List:item",
            "List:subject",
            "Encounter:location",
            "Observation:performer",
            "Task:patient",
            "Device:patient",
            "Person:link",
            "*");

    private final Random random;

    RandomSearches(long seed) {
        this.random = new Random(seed);
    }

    Probe next() {
        String type = pick(TYPES);
        List<String> parts = new ArrayList<>();
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            parts.add(parameter(type));
        }
        if (chance(3)) {
            parts.add("patient=" + pick(PATIENTS));
        }
        sometimes(
                parts,
                25,
                "_has:" + pick(TYPES) + ":" + pick(List.of("patient", "subject", "performer", "target", "location"))
                        + ":"
                        + pick(List.of(
                                "code=718-7", "_id=obs-hidden-one", "_lastUpdated=gt2020-01-01", "status=final")));
        sometimes(
                parts,
                25,
                pick(List.of("patient", "subject:Patient", "performer:Practitioner", "location", "target:Observation"))
                        + "." + pick(List.of("name=a", "family=Okafor", "identifier=x", "_id=hidden-one")));
        sometimes(parts, 5, "_include" + (chance(8) ? ":iterate" : "") + "=" + pick(INCLUDES));
        sometimes(parts, 5, "_revinclude" + (chance(8) ? ":iterate" : "") + "=" + pick(REVINCLUDES));
        sometimes(
                parts,
                3,
                "_sort=" + (random.nextBoolean() ? "-" : "")
                        + pick(List.of("_id", "_lastUpdated", "date", "code", "patient", "family", "status", "name")));
        sometimes(parts, 3, "_count=" + pick(List.of("0", "1", "2", "3", "10", "100", "1000", "-1", "x")));
        sometimes(parts, 6, "_offset=" + pick(List.of("0", "1", "2", "10", "1000")));
        sometimes(parts, 4, "_total=" + pick(List.of("none", "estimate", "accurate")));
        sometimes(parts, 8, "_summary=" + pick(List.of("count", "true", "text", "data", "false")));
        sometimes(parts, 12, "_elements=" + pick(List.of("id", "subject", "code,status")));
        sometimes(
                parts,
                20,
                pick(List.of(
                        "_filter=status eq final",
                        "_list=list-hidden-one",
                        "_source=x",
                        "_contained=both",
                        "_type=Patient",
                        "_pid=3",
                        "_text=a")));
        return random.nextInt(6) == 0
                ? Probe.form(type + "/_search", String.join("&", parts))
                : Probe.get(type + (parts.isEmpty() ? "" : "?" + String.join("&", parts)));
    }

    private String parameter(String type) {
        String name = pick(PARAMETERS.getOrDefault(type, List.of("_id")));
        String modifier = chance(5)
                ? pick(List.of(
                        ":missing",
                        ":exact",
                        ":contains",
                        ":not",
                        ":text",
                        ":identifier",
                        ":Patient",
                        ":in",
                        ":above",
                        ":below",
                        ":of-type",
                        ":not-in",
                        ":mdm"))
                : "";
        String value = modifier.equals(":missing") ? pick(List.of("true", "false")) : value(name);
        return name + modifier + "=" + value;
    }

    private String value(String name) {
        return switch (name) {
            case "patient" -> pick(PATIENTS);
            case "subject", "member", "actor", "focus", "link" ->
                pick(List.of(
                        "Patient/elena-rossi",
                        "Patient/hidden-one",
                        "Group/group-both",
                        "Practitioner/amara-okafor",
                        "elena-rossi"));
            case "_id" ->
                pick(List.of(
                        "elena-rossi",
                        "hidden-one",
                        "obs-hidden-one",
                        "obs-elena",
                        "obs-both",
                        "group-both",
                        "prac-hidden-one",
                        "amara-okafor",
                        "list-hidden-one,list-both",
                        "dev-hidden-one,shared-scale"));
            case "code", "combo-code" ->
                pick(List.of("718-7", "http://loinc.org|718-7", "8867-4", "http://loinc.org|"));
            case "code-value-quantity" -> "718-7$gt" + random.nextInt(14);
            case "value-quantity" -> pick(List.of("gt", "lt", "ne", "")) + random.nextInt(14);
            case "status" -> pick(List.of("final", "finished", "current", "active", "requested", "booked"));
            case "clinical-status" -> "active";
            case "date", "recorded-date", "birthdate", "_lastUpdated", "recorded" ->
                pick(List.of("gt2020-01-01", "lt2026-01-01", "ge1970-01-01", "2026-01-01", "ne2025"));
            case "performer", "owner", "requester", "general-practitioner", "practitioner", "participant", "agent" ->
                pick(List.of(
                        "Practitioner/amara-okafor",
                        "Practitioner/prac-hidden-one",
                        "amara-okafor",
                        "Practitioner/linh-tran"));
            case "target", "item" ->
                pick(List.of("Observation/obs-elena", "Observation/obs-hidden-one", "Patient/elena-rossi"));
            case "encounter" -> pick(List.of("Encounter/enc-hidden-one", "enc-hidden-one"));
            case "device" -> pick(List.of("Device/dev-hidden-one", "Device/shared-scale"));
            case "location" -> pick(List.of("Location/riverside-ward-3", "riverside-outpatients"));
            case "organization", "partof" ->
                pick(List.of("Organization/riverside-hospital", "Organization/org-hidden-one"));
            case "identifier" ->
                pick(List.of(
                        "urn:lab|H-hidden-one",
                        "urn:lab|E-1",
                        "https://securemed.example/mrn|",
                        "SM-100003",
                        "urn:staff|H-hidden-one"));
            case "_tag" -> "urn:hidden|t";
            case "_security" -> "R";
            case "actual", "active" -> "true";
            case "gender" -> pick(List.of("male", "female"));
            case "type" -> "person";
            case "class", "category", "specialty" -> pick(List.of("AMB", "laboratory", "vital-signs"));
            default -> pick(List.of("a", "o", "Hiddenson", "Okafor", "Ros", "Riverside", "Hidden"));
        };
    }

    private void sometimes(List<String> parts, int oneIn, String part) {
        if (chance(oneIn)) {
            parts.add(part);
        }
    }

    private boolean chance(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    private String pick(List<String> values) {
        return values.get(random.nextInt(values.size()));
    }
}
