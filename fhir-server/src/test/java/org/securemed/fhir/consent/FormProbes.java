package org.securemed.fhir.consent;

import java.util.List;

/** The same questions in other forms: methods, headers, formats, and spellings of an address. */
final class FormProbes {
    private static final List<String> INSTANCES =
            List.of("Patient/hidden-one", "Observation/obs-hidden-one", "Observation/obs-both");

    private FormProbes() {}

    static void add(List<Probe> probes) {
        for (String instance : INSTANCES) {
            formats(probes, instance);
            headers(probes, instance);
            methods(probes, instance);
            addresses(probes, instance);
        }
        beside(probes);
    }

    private static void formats(List<Probe> probes, String instance) {
        for (String query : List.of(
                "_format=html",
                "_format=html/json",
                "_format=ttl",
                "_format=application/fhir%2Bxml",
                "_format=nonsense",
                "_pretty=true",
                "_pretty=nonsense",
                "_summary=text",
                "_summary=data",
                "_summary=nonsense",
                "_elements=subject",
                "_elements=*",
                "_elements:exclude=id",
                "_elements=Observation.subject,Patient.name",
                "_unknown=1",
                "_format=json&_format=xml",
                "_getpages=x",
                "_summary=count&_elements=id")) {
            probes.add(Probe.get(instance + "?" + query));
        }
        for (String accept : List.of(
                "*/*",
                "text/html",
                "text/html,application/xhtml+xml,*/*;q=0.8",
                "application/json",
                "application/fhir+json;fhirVersion=4.0",
                "application/fhir+json;fhirVersion=5.0",
                "application/fhir+ndjson",
                "image/png",
                "nonsense")) {
            probes.add(Probe.get(instance, "Accept", accept));
        }
    }

    private static void headers(List<Probe> probes, String instance) {
        String[][] headers = {
            {"Prefer", "return=minimal"},
            {"Prefer", "handling=strict"},
            {"Prefer", "respond-async"},
            {"X-HTTP-Method-Override", "DELETE"},
            {"X-HTTP-Method-Override", "HEAD"},
            {"X-Method-Override", "PUT"},
            {"X-Forwarded-Host", "elsewhere.example"},
            {"X-Forwarded-Proto", "https"},
            {"X-Forwarded-Prefix", "/other"},
            {"X-Forwarded-For", "192.0.2.1"},
            {"Forwarded", "host=elsewhere.example;proto=https"},
            {"X-Original-URL", "/fhir/metadata"},
            {"X-Rewrite-URL", "/fhir/metadata"},
            {"Origin", "http://elsewhere.example"},
            {"Range", "bytes=0-9"},
            {"If-Range", "W/\"1\""},
            {"If-Match", "W/\"1\""},
            {"If-Match", "*"},
            {"If-None-Match", "*"},
            {"If-None-Match", "\"1\""},
            {"If-None-Match", "nonsense"},
            {"If-Unmodified-Since", "Sat, 29 Oct 1994 19:43:31 GMT"},
            {"If-Modified-Since", "nonsense"},
            {"Cache-Control", "only-if-cached"},
            {"Cache-Control", "no-cache"},
            {"X-Retry-On-Version-Conflict", "retry; max-retries=2"},
            {"X-Meta-Snapshot-Mode", "TAG"},
            {"X-Request-Tenant-Partition-IDs", "1,2,3"},
            {"X-Security-Context", "Patient/elena-rossi"},
            {"Accept-Language", "pl"},
            {"Accept-Charset", "iso-8859-1"},
            {"TE", "trailers"},
            {"Content-Type", "application/fhir+xml"}
        };
        for (String[] header : headers) {
            probes.add(Probe.get(instance, header));
        }
        probes.add(
                Probe.get(instance, "If-None-Match", "W/\"1\"", "If-Modified-Since", "Sat, 29 Oct 1994 19:43:31 GMT"));
    }

    private static void methods(List<Probe> probes, String instance) {
        for (String method : List.of("TRACE", "LINK", "SEARCH", "PROPFIND", "OPTIONS", "HEAD")) {
            probes.add(new Probe(method, instance, List.of(), "", ""));
        }
        probes.add(new Probe("HEAD", instance + "/_history/1", List.of(), "", ""));
        probes.add(new Probe("HEAD", instance + "/_history", List.of(), "", ""));
        probes.add(new Probe("HEAD", instance, List.of("If-None-Match", "W/\"1\""), "", ""));
        probes.add(new Probe("OPTIONS", instance, List.of("Origin", "http://elsewhere.example"), "", ""));
        probes.add(new Probe("POST", instance, List.of(), "application/fhir+json", "{}"));
        probes.add(new Probe("PUT", instance + "/_history/1", List.of(), "application/fhir+json", "{}"));
        probes.add(new Probe("DELETE", instance + "/_history", List.of(), "", ""));
        probes.add(new Probe("DELETE", instance + "/_history/1", List.of(), "", ""));
        probes.add(new Probe("PATCH", instance, List.of(), "application/json", "[]"));
        probes.add(new Probe("PATCH", instance, List.of(), "application/json-patch+json", ""));
        probes.add(new Probe("PATCH", instance, List.of(), "application/xml-patch+xml", "<diff/>"));
        probes.add(Probe.form(instance, "_method=DELETE"));
        probes.add(Probe.form(instance + "/_search", "_id=1"));
        String type = instance.substring(0, instance.indexOf('/'));
        String id = instance.substring(type.length() + 1);
        for (String method : List.of("HEAD", "OPTIONS", "TRACE")) {
            probes.add(new Probe(method, type + "?_id=" + id, List.of(), "", ""));
            probes.add(new Probe(method, type, List.of(), "", ""));
        }
    }

    private static void addresses(List<Probe> probes, String instance) {
        String type = instance.substring(0, instance.indexOf('/'));
        String id = instance.substring(type.length() + 1);
        for (String path : List.of(
                instance + "/",
                type + "//" + id,
                "/" + instance,
                type + "/%68idden-one",
                type + "/" + id.replace("-", "%2D"),
                type + "/" + id + "%20",
                type + "/%20" + id,
                type + "/" + id + "%00",
                type + "/" + id + "%0a",
                type + "/" + id + ";x=1",
                type + "/" + id + ".json",
                type + "/" + id + "?",
                type + "/" + id + "?&",
                type + "/./" + id,
                type + "/../" + instance,
                type + "%2F" + id,
                type.toLowerCase(java.util.Locale.ROOT) + "/" + id,
                type.toUpperCase(java.util.Locale.ROOT) + "/" + id,
                type + "/" + id.replace("hidden-", "Hidden-"),
                type + "/" + id + "|1",
                type + "/" + id + "_",
                type + "/" + id + "x".repeat(60),
                type + "/" + id + "x".repeat(400),
                type + "/" + id + "/_history/",
                type + "/" + id + "/_history/0",
                type + "/" + id + "/_history/-1",
                type + "/" + id + "/_history/1.0",
                type + "/" + id + "/_history/01",
                type + "/" + id + "/_history/99999999999999999999",
                type + "/" + id + "/_history/1/_history/1",
                type + "/" + id + "/_history?_count=0",
                type + "/" + id + "/_history?_at=2026-01-01",
                type + "/" + id + "/_history?_at=ge2020",
                type + "/" + id + "/_history?_since=2999-01-01",
                type + "/" + id + "/_history?_sort=-_lastUpdated",
                type + "/" + id + "/_history?_elements=id",
                type + "/" + id + "/_history?_total=accurate",
                type + "/" + id + "/_history?_list=list-hidden-one",
                type + "/" + id + "/_history?_format=xml",
                type + "/" + id + "/Observation",
                type + "/" + id + "/Condition?_summary=count",
                type + "/" + id + "/*",
                type + "/" + id + "/*?_count=1",
                type + "/" + id + "/Nonsense",
                type + "/" + id + "/metadata",
                "Observation/" + id,
                "Basic/" + id,
                "Nonsense/" + id,
                id,
                "Patient/hidden-one,Patient/elena-rossi",
                "http://localhost:8080/fhir/" + instance,
                "fhir/" + instance,
                "DEFAULT/" + instance,
                "1/" + instance,
                type + "/123",
                type + "/1")) {
            probes.add(Probe.get(path));
        }
    }

    /** What lies beside the FHIR endpoint, and says nothing of patients. */
    private static void beside(List<Probe> probes) {
        for (String path : List.of(
                "../actuator",
                "../actuator/health",
                "../actuator/metrics",
                "../actuator/heapdump",
                "../health",
                "../metrics",
                "../cds-services",
                "../websocket",
                "../control/jobs",
                "../mcp/messages",
                "../tester",
                "../swagger-ui/",
                "../v3/api-docs",
                "../error",
                "../fhir",
                "../fhir/../fhir/Patient/hidden-one",
                "swagger-ui/",
                "api-docs",
                "?_format=html",
                ".well-known/smart-configuration",
                "metadata?_format=html",
                "metadata?_elements=rest",
                "OperationDefinition/Patient-i-everything",
                "OperationDefinition?_summary=count",
                "StructureDefinition/Patient",
                "StructureDefinition?_summary=count",
                "CapabilityStatement?_summary=count",
                "SearchParameter?_total=accurate")) {
            probes.add(Probe.get(path));
        }
    }
}
