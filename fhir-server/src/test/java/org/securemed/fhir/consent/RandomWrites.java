package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Writes and Bundles that nobody thought of: types, references, conditions and patches by chance. */
final class RandomWrites {
    /** By type, what it needs, and elements that refer to something, {@code ?} being the reference. */
    private static final Map<String, List<String>> TYPES = Map.of(
            "Observation",
            List.of(
                    "\"status\":\"final\",\"code\":{\"text\":\"by chance\"}",
                    "\"performer\":[?]",
                    "\"focus\":[?]",
                    "\"hasMember\":[?]",
                    "\"encounter\":?",
                    "\"device\":?",
                    "\"note\":[{\"authorReference\":?,\"text\":\"x\"}]",
                    "\"extension\":[{\"url\":\"http://x\",\"valueReference\":?}]",
                    "\"contained\":[{\"resourceType\":\"Provenance\",\"id\":\"c\",\"target\":[?]}],\"derivedFrom\":[{\"reference\":\"#c\"}]"),
            "Condition",
            List.of(
                    "\"code\":{\"text\":\"by chance\"}",
                    "\"encounter\":?",
                    "\"recorder\":?",
                    "\"evidence\":[{\"detail\":[?]}]"),
            "Task",
            List.of("\"status\":\"requested\",\"intent\":\"order\"", "\"for\":?", "\"owner\":?", "\"focus\":?"),
            "Communication",
            List.of(
                    "\"status\":\"completed\"",
                    "\"recipient\":[?]",
                    "\"about\":[?]",
                    "\"payload\":[{\"contentReference\":?}]"),
            "List",
            List.of("\"status\":\"current\",\"mode\":\"working\"", "\"entry\":[{\"item\":?}]", "\"source\":?"),
            "Provenance",
            List.of(
                    "\"recorded\":\"2026-01-01T00:00:00Z\"",
                    "\"target\":[?,?]",
                    "\"agent\":[{\"who\":?}]",
                    "\"entity\":[{\"role\":\"source\",\"what\":?}]"),
            "Group",
            List.of("\"type\":\"person\",\"actual\":true", "\"member\":[{\"entity\":?},{\"entity\":?}]"),
            "QuestionnaireResponse",
            List.of(
                    "\"status\":\"completed\"",
                    "\"author\":?",
                    "\"item\":[{\"linkId\":\"1\",\"answer\":[{\"valueReference\":?}]}]"),
            "Binary",
            List.of("\"contentType\":\"text/plain\",\"data\":\"eA==\"", "\"securityContext\":?"));

    private static final List<String> NAMES = TYPES.keySet().stream().sorted().toList();

    private static final List<String> SUBJECTS = List.of(
            "elena-rossi", "elena-rossi", "elena-rossi", "elena-rossi", "hidden-one", "hidden-three", "silent-one");

    private static final List<String> TARGETS = List.of(
            "Patient/elena-rossi",
            "Patient/hidden-one",
            "Patient/hidden-two/_history/1",
            "http://localhost:8080/fhir/Patient/hidden-one",
            "http://elsewhere.example/fhir/Patient/hidden-one",
            "Patient?identifier=https://securemed.example/mrn|SM-100003",
            "Observation/obs-elena",
            "Observation/obs-elena",
            "Observation/obs-elena-gone",
            "Observation/obs-hidden-one",
            "Observation/obs-gone-hidden-one",
            "Observation/obs-both",
            "Practitioner/amara-okafor",
            "Practitioner/amara-okafor",
            "Practitioner/prac-hidden-one",
            "Practitioner/prac-both",
            "Practitioner/gone",
            "Organization/riverside-hospital",
            "Organization/org-hidden-one",
            "Device/shared-scale",
            "Device/dev-hidden-one",
            "Encounter/enc-hidden-one",
            "Group/group-elena",
            "Group/group-both",
            "#c");

    private static final List<String> PLACES = List.of(
            "Observation/obs-elena",
            "Observation/obs-hidden-one",
            "Observation/obs-gone-hidden-one",
            "Observation/obs-both",
            "Task/task-hidden-one",
            "List/list-both",
            "Group/group-both",
            "Provenance/prov-hidden-one",
            "Binary/bin-hidden-one",
            "Observation/obs-hidden-never");

    private static final List<String> QUERIES = List.of(
            "identifier=urn:lab|H-hidden-one",
            "identifier=urn:lab|C-hidden-one",
            "identifier=urn:lab|E-1",
            "patient=hidden-one",
            "patient=elena-rossi&code=718-7",
            "subject:Patient.name=a",
            "_id=obs-hidden-one");

    private final Random random;

    RandomWrites(long seed) {
        this.random = new Random(seed);
    }

    Probe next() {
        if (random.nextInt(4) > 0) {
            Entry one = entry("");
            return one.condition().isEmpty()
                    ? probe(one)
                    : Probe.of(
                            one.method(),
                            one.path(),
                            one.body(),
                            one.method().equals("POST") ? "If-None-Exist" : "If-Match",
                            one.condition().replace("|", "%7C"));
        }
        List<String> entries = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            String name = "urn:uuid:11111111-1111-4111-8111-11111111111" + i;
            String before = i == 0 ? "" : "urn:uuid:11111111-1111-4111-8111-11111111111" + (i - 1);
            Entry one = entry(before);
            String condition = one.condition().isEmpty()
                    ? ""
                    : (one.method().equals("POST") ? ",\"ifNoneExist\":\"" : ",\"ifMatch\":\"")
                            + one.condition().replace("\"", "\\\"") + "\"";
            String body = one.method().equals("PATCH")
                    ? "{\"resourceType\":\"Binary\",\"contentType\":\"application/json-patch+json\",\"data\":\"W10=\"}"
                    : one.body();
            entries.add(ProbeBodies.named(name, ProbeBodies.request(one.method(), one.path(), body, condition)));
        }
        if (random.nextBoolean()) {
            entries.add(ProbeBodies.request("GET", pick(PLACES), "", ""));
        }
        return Probe.of(
                "POST", "", ProbeBodies.bundle(pick(List.of("batch", "transaction")), entries.toArray(String[]::new)));
    }

    /** @param condition of its being done; empty for none */
    private record Entry(String method, String path, String body, String condition) {}

    private static Probe probe(Entry one) {
        return one.method().equals("PATCH")
                ? Probe.jsonPatch(one.path(), one.body())
                : Probe.of(one.method(), one.path(), one.body());
    }

    /** @param other another resource of the same Bundle; empty if there is none */
    private Entry entry(String other) {
        int kind = random.nextInt(10);
        if (kind < 6) {
            String type = pick(NAMES);
            String condition = random.nextInt(6) == 0 ? pick(QUERIES) : "";
            return new Entry("POST", type, resource(type, "", other), condition);
        }
        String place = pick(PLACES);
        String type = place.substring(0, place.indexOf('/'));
        String id = place.substring(type.length() + 1);
        if (kind < 8) {
            String condition = random.nextInt(4) == 0 ? "W/\"" + (1 + random.nextInt(3)) + "\"" : "";
            return new Entry("PUT", place, resource(type, "\"id\":\"" + id + "\",", other), condition);
        }
        // What both see stays for the other tests.
        return kind == 8 && !id.equals("obs-elena")
                ? new Entry("DELETE", random.nextInt(5) == 0 ? type + "?" + pick(QUERIES) : place, "", "")
                : new Entry(
                        "PATCH",
                        place,
                        pick(List.of(
                                        "[{\"op\":\"test\",\"path\":\"/id\",\"value\":\"" + id + "\"}]",
                                        "[{\"op\":\"add\",\"path\":\"/extension\",\"value\":[{\"url\":\"http://x\",\"valueReference\":?}]}]",
                                        "[{\"op\":\"add\",\"path\":\"/focus\",\"value\":[?]}]",
                                        "[{\"op\":\"remove\",\"path\":\"/subject\"}]"))
                                .replace("?", reference(other)),
                        "");
    }

    private String resource(String type, String id, String other) {
        List<String> elements = TYPES.getOrDefault(type, List.of(""));
        StringBuilder body = new StringBuilder("{\"resourceType\":\"" + type + "\"," + id + elements.get(0));
        boolean subject = !List.of("Task", "Provenance", "Group", "Binary").contains(type);
        if (subject && random.nextInt(8) > 0) {
            body.append(",\"subject\":{\"reference\":\"Patient/")
                    .append(pick(SUBJECTS))
                    .append("\"}");
        }
        for (String element : elements.subList(1, elements.size())) {
            if (random.nextInt(3) == 0 || !subject) {
                String made = element;
                while (made.contains("?")) {
                    made = made.replaceFirst("\\?", "~");
                    made = made.replace("~", reference(other).replace('?', '\u0000'));
                }
                body.append(',').append(made.replace('\u0000', '?'));
            }
        }
        return body.append('}').toString();
    }

    private String reference(String other) {
        String target = !other.isEmpty() && random.nextInt(3) == 0 ? other : pick(TARGETS);
        return "{\"reference\":\"" + target + "\"}";
    }

    private String pick(List<String> values) {
        return values.get(random.nextInt(values.size()));
    }
}
