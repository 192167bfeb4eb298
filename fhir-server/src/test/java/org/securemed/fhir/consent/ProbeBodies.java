package org.securemed.fhir.consent;

/** Bodies of probes. */
final class ProbeBodies {
    private ProbeBodies() {}

    static Probe create(String type, String elements, String... headers) {
        return Probe.of("POST", type, observation(elements), headers);
    }

    static String elena() {
        return "\"subject\":{\"reference\":\"Patient/elena-rossi\"}";
    }

    static String observation(String elements) {
        return "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"probe\"}," + elements + "}";
    }

    static String withId(String observation, String id) {
        return observation.replace("\"status\"", "\"id\":\"" + id + "\",\"status\"");
    }

    static String request(String method, String url, String resource, String more) {
        return "{" + (resource.isEmpty() ? "" : "\"resource\":" + resource + ",") + "\"request\":{\"method\":\""
                + method + "\",\"url\":\"" + url + "\"" + more + "}}";
    }

    static String named(String fullUrl, String entry) {
        return "{\"fullUrl\":\"" + fullUrl + "\"," + entry.substring(1);
    }

    static String bundle(String kind, String... entries) {
        return "{\"resourceType\":\"Bundle\",\"type\":\"" + kind + "\",\"entry\":[" + String.join(",", entries) + "]}";
    }
}
