package org.securemed.fhir.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.CanonicalType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.securemed.fhir.consent.Consents;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/**
 * Every interaction is recorded exactly once for each patient that it touched: that there is an event, that there is no
 * other, which profile it claims, who took part, what it was about, how it ended. Each event is judged by FHIR, and by
 * the profiles of IHE BALP where {@code -Dsecuremed.ig.dir} has them.
 */
class AuditMatrixIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String JSON = "application/fhir+json";

    /** Has let in physician2. */
    private static final String OPEN = "matrix-open";

    /** Has let in nobody. */
    private static final String CLOSED = "matrix-closed";

    private static final Map<String, String> USERS = Map.of(
            "physician2", "Practitioner/jonas-lindqvist",
            "patient", "Patient/elena-rossi",
            "compliance", "Practitioner/samuel-adeyemi");

    /**
     * A request and what is to be recorded of it.
     *
     * @param events each as {@code patient subtype action outcome profile data…}; {@code -} for none
     */
    private record Row(
            String user,
            String method,
            String path,
            Map<String, String> headers,
            String body,
            int status,
            List<String> events) {
        @Override
        public String toString() {
            return user + " " + method + " " + path + " " + headers.values() + " "
                    + (body.length() > 300 ? body.substring(0, 300) : body);
        }
    }

    @BeforeAll
    static void prepare() {
        for (String patient : List.of(OPEN, CLOSED)) {
            put("Patient/" + patient, "{'resourceType':'Patient','id':'" + patient + "','name':[{'family':'Matrix'}]}");
            twice("Observation/obs-" + patient, observation("obs-" + patient, patient, "one"));
            twice("Observation/w-" + patient, observation("w-" + patient, patient, "one"));
            put("Observation/gone-" + patient, observation("gone-" + patient, patient, "one"));
            SERVER.delete("backend", "Observation/gone-" + patient);
            Consents.form(SERVER, patient);
        }
        put(
                "Group/matrix-both",
                "{'resourceType':'Group','id':'matrix-both','type':'person','actual':true,'member':[{'entity':{'reference':'Patient/"
                        + OPEN + "'}},{'entity':{'reference':'Patient/" + CLOSED + "'}}]}");
        Consents.record(SERVER, Consents.permit(OPEN, "Practitioner/jonas-lindqvist"));
    }

    static Stream<Row> rows() {
        String decided = " AuthZ-Consent E 0 AuthZconsent";
        String denied = " AuthZ-Consent E 4 -";
        String open = OPEN;
        String closed = CLOSED;
        String obs = "Observation/obs-" + open;
        String w = "Observation/w-" + open;
        List<Row> rows = new ArrayList<>(List.of(
                // Reads
                get("physician2", obs, 200, open + " read R 0 PatientRead " + obs + "/_history/2", open + decided),
                get(
                        "physician2",
                        obs + "/_history/2",
                        200,
                        open + " vread R 0 PatientRead " + obs + "/_history/2",
                        open + decided),
                get(
                        "physician2",
                        obs + "/_history",
                        200,
                        open + " history-instance R 0 - " + obs + "/_history/2 " + obs + "/_history/1",
                        open + decided),
                get(
                        "physician2",
                        "Patient/" + open,
                        200,
                        open + " read R 0 PatientRead Patient/" + open + "/_history/1",
                        open + decided),
                get("physician2", "Practitioner/linh-tran", 200, "- read R 0 Read Practitioner/linh-tran/_history/1"),
                get(
                        "backend",
                        "Group/matrix-both",
                        200,
                        open + " read R 0 PatientRead Group/matrix-both/_history/1",
                        closed + " read R 0 PatientRead Group/matrix-both/_history/1"),
                get("physician2", "Observation/obs-" + closed, 404, closed + " read R 4 -", closed + denied),
                get("physician2", "Observation/nobody-knows", 404, "- read R 4 -"),
                get("physician2", obs + "/_history/7", 404, open + " vread R 4 -", open + decided),
                get("physician2", "Observation/gone-" + open, 410, open + " read R 4 -", open + decided),
                get("physician2", "Observation/gone-" + closed, 404, closed + " read R 4 -", closed + denied),
                get("compliance", obs, 403, open + " read R 4 -"),
                with(
                        "physician2",
                        "GET",
                        obs,
                        Map.of("If-None-Match", "W/\"2\""),
                        "",
                        304,
                        open + " read R 0 PatientRead " + obs + "/_history/2",
                        open + decided),
                get(
                        "physician2",
                        "Observation/obs-" + closed + "/_history/1",
                        404,
                        closed + " vread R 4 -",
                        closed + denied),
                get(
                        "physician2",
                        "Observation/obs-" + closed + "/_history",
                        404,
                        closed + " history-instance R 4 -",
                        closed + denied),
                get("physician2", "Observation/nobody-knows/_history", 404, "- history-instance R 4 -"),
                get(
                        "physician2",
                        "Observation/gone-" + open + "/_history",
                        200,
                        open + " history-instance R 0 - Observation/gone-" + open + "/_history/2 Observation/gone-"
                                + open + "/_history/1",
                        open + decided),
                get("physician2", obs + "/_history?_since=yesterday", 400, open + " history-instance R 4 -"),
                get(
                        "physician2",
                        obs + "?_elements=status",
                        200,
                        open + " read R 0 PatientRead " + obs + "/_history/2",
                        open + decided),
                get("physician2", "Observation/" + "x".repeat(65), 404, "- read R 4 -"),

                // Searches
                get(
                        "physician2",
                        "Observation?patient=" + open,
                        200,
                        open + " search-type E 0 PatientQuery",
                        open + decided),
                get(
                        "physician2",
                        "Observation?patient=" + open + "&_summary=count",
                        200,
                        open + " search-type E 0 PatientQuery",
                        open + decided),
                get(
                        "physician2",
                        "Observation?patient=" + open + "&code=none",
                        200,
                        open + " search-type E 0 PatientQuery",
                        open + decided),
                get(
                        "physician2",
                        "Observation?patient=" + closed,
                        200,
                        closed + " search-type E 0 PatientQuery",
                        closed + denied),
                get("physician2", "Observation?patient=nobody-knows", 200, "- search-type E 0 Query"),
                get("physician2", "Practitioner?_count=2", 200, "- search-type E 0 Query"),
                get("physician2", "Practitioner?_count=2&_offset=2", 200, "- search-type E 0 Query"),
                get("physician2", "Practitioner?family=none-of-that-name", 200, "- search-type E 0 Query"),
                get(
                        "physician2",
                        "Observation?_id=obs-" + open + "&_include=Observation:subject",
                        200,
                        open + " search-type E 0 PatientQuery",
                        open + decided),
                get(
                        "backend",
                        "Patient?family=Matrix",
                        200,
                        open + " search-type E 0 PatientQuery",
                        closed + " search-type E 0 PatientQuery"),
                with(
                        "physician2",
                        "POST",
                        "Observation/_search",
                        Map.of("Content-Type", "application/x-www-form-urlencoded"),
                        "patient=" + open + "&_count=1",
                        200,
                        open + " search-type E 0 PatientQuery",
                        open + decided),
                get("physician2", "Observation?_filter=code%20eq%20x", 403, "- search-type E 4 -"),
                get("physician2", "Observation?no-such-parameter=1", 400, "- search-type E 4 -"),
                get("compliance", "Observation", 403, "- search-type E 4 -"),
                get(
                        "physician2",
                        "Patient?_id=" + open + "&_revinclude=Observation:subject",
                        200,
                        open + " search-type E 0 PatientQuery",
                        open + decided),
                get(
                        "physician2",
                        "Observation/_search?patient=" + open,
                        200,
                        open + " search-type E 0 PatientQuery",
                        open + decided),
                get("backend", "Observation?_lastUpdated=yesterday", 400, "- search-type E 4 -"),
                get("backend", "Observation?patient=" + open + "&_count=none", 400, "- search-type E 4 -"),

                // What an operation does not have
                get(
                        "compliance",
                        "Patient/" + closed + "/$access-log?perod=lt2000",
                        400,
                        closed + " operation+$access-log E 4 -"),
                get("compliance", "Patient/nobody-knows/$access-log", 404, "- operation+$access-log E 4 -"),
                get("patient", "Patient/" + closed + "/$access-log", 404, closed + " operation+$access-log E 4 -"),
                get("physician2", "Patient/" + closed + "/$access-log", 403, closed + " operation+$access-log E 4 -"),
                get(
                        "compliance",
                        "Patient/" + closed + "/$accounting-of-disclosures?period=lt2000&output=csv",
                        200,
                        closed + " operation+$accounting-of-disclosures E 0 -"),
                get(
                        "compliance",
                        "Patient/" + closed + "/$accounting-of-disclosures?output=x",
                        400,
                        closed + " operation+$accounting-of-disclosures E 4 -"),
                get("compliance", "AuditEvent/$integrity-status", 200, "- operation+$integrity-status E 0 -"),
                get("compliance", "AuditEvent/$verify-status?job=none", 404, "- operation+$verify-status E 4 -"),
                get("compliance", "AuditEvent/nobody-knows/$proof", 404, "- operation+$proof E 4 -"),
                get("compliance", "AuditEvent/$findings?rule=none", 200, "- operation+$findings E 0 -"),
                with(
                        "compliance",
                        "POST",
                        "Patient/" + closed + "/$restore-integrity",
                        JSON_BODY,
                        "{'resourceType':'Parameters'}",
                        200,
                        closed + " operation+$restore-integrity E 0 -"),
                with(
                        "physician2",
                        "POST",
                        "Patient/" + closed + "/$restore-integrity",
                        JSON_BODY,
                        "{'resourceType':'Parameters'}",
                        403,
                        closed + " operation+$restore-integrity E 4 -"),
                with(
                        "compliance",
                        "POST",
                        "AuditEvent/$recordDisclosure",
                        JSON_BODY,
                        "{'resourceType':'Parameters'}",
                        400,
                        "- operation+$recordDisclosure E 4 -"),
                with(
                        "physician2",
                        "POST",
                        "AuditEvent/$recordDisclosure",
                        JSON_BODY,
                        "{'resourceType':'Parameters'}",
                        403,
                        "- operation+$recordDisclosure E 4 -"),
                get(
                        "physician2",
                        "Patient/" + open + "/$summary",
                        200,
                        open + " operation+$summary E 0 - Patient/" + open + "/_history/1",
                        open + decided),
                get(
                        "physician2",
                        "Patient/" + closed + "/$summary",
                        404,
                        closed + " operation+$summary E 4 -",
                        closed + denied),
                get(
                        "physician2",
                        "Patient/" + open + "/$everything",
                        200,
                        open + " operation+$everything E 0 - DocumentReference/form-" + open + "/_history/1 " + obs
                                + "/_history/2 " + w + "/_history/2 Patient/" + open + "/_history/1",
                        open + decided),
                get(
                        "physician2",
                        "Patient/" + open + "/$everything?type=Group",
                        400,
                        open + " operation+$everything E 4 -"),
                get("physician2", "Observation/$nonsense", 400, "- operation+$nonsense E 4 -"),
                get("physician2", "$graphql?query=%7Bx%7D", 400, "- operation+$graphql E 4 -"),
                get("physician2", "$export", 400, "- operation+$export E 4 -"),
                get("backend", "$export", 400, "- operation+$export E 4 -"),

                // Operations, metadata, what isn't offered
                get(
                        "physician2",
                        "Patient/" + closed + "/$everything",
                        404,
                        closed + " operation+$everything E 4 -",
                        closed + denied),
                get("physician2", "Patient/nobody-knows/$everything", 404, "- operation+$everything E 4 -"),
                get("physician2", "Observation/_history", 400, "- history-type R 4 -"),
                get("physician2", "_history", 400, "- history-system R 4 -"),
                get(
                        "physician2",
                        "Patient/" + open + "/$everything?_type=Group",
                        200,
                        open + " operation+$everything E 0 -",
                        open + decided),
                get(
                        "compliance",
                        "Patient/" + closed + "/$access-log?period=lt2000",
                        200,
                        closed + " operation+$access-log E 0 -"),
                get(
                        "compliance",
                        "Patient/" + closed + "/$accounting-of-disclosures?period=lt2000&output=pdf",
                        200,
                        closed + " operation+$accounting-of-disclosures E 0 -"),
                get(
                        "compliance",
                        "Patient/" + closed + "/$explain-access",
                        200,
                        closed + " operation+$explain-access E 0 -"),
                get(
                        "compliance",
                        "Patient/" + closed + "/$verify-integrity",
                        200,
                        closed + " operation+$verify-integrity E 0 -"),
                get("compliance", "AuditEvent/$verify?from=0&to=10", 200, "- operation+$verify E 0 -"),
                get("compliance", "AuditEvent/$verify?from=x", 400, "- operation+$verify E 4 -"),
                get("physician2", "AuditEvent/$findings", 403, "- operation+$findings E 4 -"),
                get("physician2", "AuditEvent/$break-glass-reviews", 403, "- operation+$break-glass-reviews E 4 -"),
                get(
                        "compliance",
                        "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender",
                        200,
                        "- operation+$expand E 0 -"),
                get("physician2", "Observation/$lastn", 400, "- operation+$lastn E 4 -"),
                with(
                        "physician2",
                        "POST",
                        "Observation/$validate",
                        JSON_BODY,
                        "{'resourceType':'Observation','status':'final','code':{'text':'c'}}",
                        200,
                        "- operation+$validate E 0 -"),
                with(
                        "physician2",
                        "POST",
                        "Observation/_search",
                        Map.of("Content-Type", "application/x-www-form-urlencoded"),
                        "patient=" + closed,
                        200,
                        closed + " search-type E 0 PatientQuery",
                        closed + denied),
                with(
                        "physician2",
                        "POST",
                        "Observation/_search",
                        Map.of("Content-Type", "application/x-www-form-urlencoded"),
                        "no-such-parameter=1",
                        400,
                        "- search-type E 4 -"),
                get("physician2", "Nonsense/1", 404, "- ? E 4 -"),
                get("physician2", "metadata", 200, "- capabilities E 0 -"),

                // Writes
                with(
                        "physician2",
                        "PUT",
                        "Observation/matrix-none",
                        JSON_BODY,
                        observation("matrix-none", open, "x"),
                        404,
                        // Whether there is such a resource, hidden, makes no difference to whom the body names.
                        "- update U 4 -"),
                with(
                        "physician2",
                        "POST",
                        "Observation",
                        JSON_BODY,
                        observation("", closed, "x"),
                        400,
                        closed + " create C 4 -",
                        closed + denied),
                with(
                        "physician2",
                        "POST",
                        "Observation",
                        JSON_BODY,
                        "{'resourceType':'Observation'",
                        400,
                        "- create C 4 -"),
                with(
                        "physician2",
                        "POST",
                        "Observation",
                        JSON_BODY,
                        "{'resourceType':'Patient'}",
                        400,
                        "- create C 4 -"),
                with(
                        "nurse",
                        "POST",
                        "MedicationRequest",
                        JSON_BODY,
                        "{'resourceType':'MedicationRequest','subject':{'reference':'Patient/" + open + "'}}",
                        403,
                        open + " create C 4 -"),
                // Nothing to change
                with(
                        "backend",
                        "PUT",
                        w,
                        JSON_BODY,
                        observation("w-" + open, open, "one"),
                        200,
                        open + " update U 0 PatientUpdate " + w + "/_history/2"),
                with(
                        "backend",
                        "PATCH",
                        w,
                        Map.of("Content-Type", "application/json-patch+json"),
                        "[{'op':'test','path':'/status','value':'final'}]",
                        200,
                        open + " patch U 0 PatientUpdate " + w + "/_history/2"),
                with("backend", "DELETE", "Observation/gone-" + open, Map.of(), "", 200, open + " delete D 4 -"),
                with(
                        "backend",
                        "POST",
                        "Observation",
                        Map.of("Content-Type", JSON, "If-None-Exist", "identifier=urn:w%7Cw-" + open),
                        observation("w-" + open, open, "two").replace("'id':'w-" + open + "',", ""),
                        200,
                        open + " read R 0 PatientRead " + w + "/_history/2"),

                // Conditions that fail, and what is malformed
                with(
                        "backend",
                        "PATCH",
                        "Observation?identifier=urn:w%7Cw-" + open,
                        Map.of("Content-Type", "application/json-patch+json"),
                        "[{'op':'test','path':'/status','value':'final'}]",
                        200,
                        open + " patch U 0 PatientUpdate " + w + "/_history/2"),
                with(
                        "backend",
                        "PATCH",
                        "Observation?identifier=urn:w%7Cnone",
                        Map.of("Content-Type", "application/json-patch+json"),
                        "[{'op':'test','path':'/status','value':'final'}]",
                        404,
                        "- patch U 4 -"),
                with("backend", "DELETE", "Observation?identifier=urn:w%7Cnone", Map.of(), "", 200, "- delete D 4 -"),
                with(
                        "backend",
                        "PUT",
                        "Observation?code:text=c&subject=Patient/" + open,
                        JSON_BODY,
                        observation("w-" + open, open, "x").replace("'id':'w-" + open + "',", ""),
                        412,
                        open + " update U 4 -"),
                with(
                        "backend",
                        "POST",
                        "Observation",
                        Map.of("Content-Type", JSON, "If-None-Exist", "subject=Patient/" + open),
                        observation("", open, "x"),
                        412,
                        open + " create C 4 -"),
                with(
                        "backend",
                        "PUT",
                        w,
                        Map.of("Content-Type", JSON, "If-Match", "W/\"1\""),
                        observation("w-" + open, open, "x"),
                        409,
                        open + " update U 4 -"),
                with("backend", "PUT", w, JSON_BODY, observation("other", open, "x"), 400, open + " update U 4 -"),
                with("backend", "PUT", w, JSON_BODY, "{'resourceType':'Observation'", 400, open + " update U 4 -"),
                with(
                        "physician2",
                        "PATCH",
                        w,
                        Map.of("Content-Type", "application/json-patch+json"),
                        "[{'op':'replace'",
                        400,
                        open + " patch U 4 -"),
                with(
                        "physician2",
                        "PATCH",
                        w,
                        Map.of("Content-Type", "text/plain"),
                        "final",
                        400,
                        open + " patch U 4 -"),
                with(
                        "physician2",
                        "PATCH",
                        "Observation/obs-" + closed,
                        Map.of("Content-Type", "application/json-patch+json"),
                        "[{'op':'test','path':'/status','value':'final'}]",
                        404,
                        closed + " patch U 4 -",
                        closed + denied),
                with(
                        "physician2",
                        "DELETE",
                        "Observation/obs-" + closed,
                        Map.of(),
                        "",
                        200,
                        closed + " delete D 4 -",
                        closed + denied),
                with("physician2", "DELETE", "Observation/nobody-knows", Map.of(), "", 200, "- delete D 4 -"),
                with("physician2", "DELETE", "Observation", Map.of(), "", 400, "- delete D 4 -"),
                with("physician2", "POST", "", JSON_BODY, "{'resourceType':'Bundle'", 400, "- transaction E 4 -"),
                with("physician2", "POST", "", JSON_BODY, "{'resourceType':'Bundle'}", 422, "- transaction E 4 -"),
                with(
                        "backend",
                        "POST",
                        "",
                        JSON_BODY,
                        bundle(
                                "transaction",
                                entry("POST", "Observation", observation("", open, "rolled back")),
                                entry("GET", "Observation/nobody-knows", "")),
                        // What is not there to read undoes nothing.
                        200,
                        open + " create C 0 PatientCreate Observation/*/_history/1",
                        "- read R 4 -"),
                with(
                        "backend",
                        "POST",
                        "",
                        JSON_BODY,
                        bundle(
                                "transaction",
                                entry("POST", "Observation", observation("", open, "rolled back")),
                                entry("PATCH", w, "")),
                        400,
                        open + " transaction E 4 -"),
                with(
                        "physician2",
                        "POST",
                        "",
                        JSON_BODY,
                        bundle(
                                "batch",
                                entry("GET", "Nonsense/1", ""),
                                entry("GET", "Observation?no-such-parameter=1", ""),
                                entry("GET", obs + "/_history/1", "")),
                        200,
                        "- ? E 4 -",
                        "- search-type E 4 -",
                        open + " vread R 0 PatientRead " + obs + "/_history/1",
                        open + decided),

                // Writes
                with(
                        "physician2",
                        "POST",
                        "Observation",
                        JSON_BODY,
                        observation("", open, "posted"),
                        201,
                        open + " create C 0 PatientCreate Observation/*/_history/1",
                        open + decided),
                with(
                        "backend",
                        "POST",
                        "Observation",
                        Map.of("Content-Type", JSON, "If-None-Exist", "identifier=urn:w%7Cc2-" + open),
                        observation("c2-" + open, open, "two").replace("'id':'c2-" + open + "',", ""),
                        201,
                        open + " create C 0 PatientCreate Observation/*/_history/1"),
                with(
                        "physician2",
                        "PUT",
                        w,
                        JSON_BODY,
                        observation("w-" + open, open, "two"),
                        200,
                        open + " update U 0 PatientUpdate " + w + "/_history/3",
                        open + decided),
                with(
                        "physician2",
                        "PATCH",
                        w,
                        Map.of("Content-Type", "application/json-patch+json"),
                        "[{'op':'replace','path':'/valueString','value':'three'}]",
                        200,
                        open + " patch U 0 PatientUpdate " + w + "/_history/4",
                        open + decided),
                with(
                        "backend",
                        "PUT",
                        "Observation?identifier=urn:w%7Cw-" + open,
                        JSON_BODY,
                        observation("w-" + open, open, "four").replace("'id':'w-" + open + "',", ""),
                        200,
                        open + " update U 0 PatientUpdate " + w + "/_history/5"),
                with(
                        "backend",
                        "PUT",
                        "Observation?identifier=urn:w%7Cc-" + open,
                        JSON_BODY,
                        observation("c-" + open, open, "new").replace("'id':'c-" + open + "',", ""),
                        201,
                        open + " create C 0 PatientCreate Observation/*/_history/1"),
                with(
                        "backend",
                        "DELETE",
                        "Observation?identifier=urn:w%7Cc-" + open,
                        Map.of(),
                        "",
                        200,
                        open + " delete D 0 PatientDelete Observation/*/_history/2"),
                with(
                        "backend",
                        "PUT",
                        "Observation/both",
                        JSON_BODY,
                        observation("both", open, "both")
                                .replace("'status'", "'focus':[{'reference':'Patient/" + closed + "'}],'status'"),
                        201,
                        open + " create C 0 PatientCreate Observation/both/_history/1",
                        closed + " create C 0 PatientCreate Observation/both/_history/1"),

                // Bundles
                with(
                        "physician2",
                        "POST",
                        "",
                        JSON_BODY,
                        bundle(
                                "transaction",
                                entry("POST", "Observation", observation("", open, "t1")),
                                entry("PUT", w, observation("w-" + open, open, "five")),
                                entry("GET", obs, "")),
                        200,
                        open + " create C 0 PatientCreate Observation/*/_history/1",
                        open + decided,
                        open + " update U 0 PatientUpdate " + w + "/_history/6",
                        open + decided,
                        open + " read R 0 PatientRead " + obs + "/_history/2",
                        open + decided),
                with(
                        "physician2",
                        "POST",
                        "",
                        JSON_BODY,
                        bundle(
                                "transaction",
                                entry("POST", "Observation", observation("", open, "t1")),
                                entry("POST", "Observation", observation("", closed, "t1"))),
                        400,
                        open + " transaction E 4 -",
                        open + decided,
                        closed + " transaction E 4 -",
                        closed + denied),
                with(
                        "physician2",
                        "POST",
                        "",
                        JSON_BODY,
                        bundle(
                                "batch",
                                entry("GET", obs, ""),
                                entry("GET", "Observation/obs-" + closed, ""),
                                entry("GET", "Observation?patient=" + open, ""),
                                entry("GET", "Observation?patient=" + closed, ""),
                                entry("PUT", w, observation("w-" + open, open, "six")),
                                entry("POST", "Observation", observation("", open, "b")),
                                entry("POST", "Observation", observation("", closed, "b")),
                                entry("PUT", "Observation/obs-" + closed, observation("obs-" + closed, closed, "b")),
                                entry("PUT", obs, observation("obs-" + open, open, "one"))),
                        200,
                        open + " read R 0 PatientRead " + obs + "/_history/2",
                        open + decided,
                        closed + " read R 4 -",
                        closed + denied,
                        open + " search-type E 0 PatientQuery",
                        open + decided,
                        closed + " search-type E 0 PatientQuery",
                        closed + denied,
                        open + " update U 0 PatientUpdate " + w + "/_history/7",
                        open + decided,
                        open + " create C 0 PatientCreate Observation/*/_history/1",
                        open + decided,
                        closed + " create C 4 -",
                        closed + denied,
                        closed + " update U 4 -",
                        // The resource, and the patient whom it names: two, as if neither were there.
                        "- update U 4 -",
                        closed + denied,
                        open + " update U 0 PatientUpdate " + obs + "/_history/2",
                        open + decided),
                with("physician2", "POST", "", JSON_BODY, bundle("batch"), 200, "- batch E 0 -"),
                with(
                        "physician2",
                        "DELETE",
                        "Observation/both",
                        Map.of(),
                        "",
                        200,
                        // Neither of the two may know of what they have in common.
                        "- delete D 4 -"),
                with(
                        "physician2",
                        "DELETE",
                        w,
                        Map.of(),
                        "",
                        200,
                        open + " delete D 0 PatientDelete " + w + "/_history/8",
                        open + decided),

                // The audit itself
                get(
                        "compliance",
                        "AuditEvent?patient=" + open + "&_count=1",
                        200,
                        open + " search-type E 0 PatientQuery"),
                get("compliance", "AuditEvent?date=lt2000", 200, "- search-type E 0 Query"),
                get("compliance", "AuditEvent?no-such-parameter=1", 400, "- search-type E 4 -"),
                get("patient", "AuditEvent?patient=" + closed, 200, "- search-type E 0 Query"),
                with("compliance", "DELETE", "AuditEvent/nobody-knows", Map.of(), "", 405, "- delete D 4 -"),
                with("backend", "POST", "AuditEvent", JSON_BODY, "{'resourceType':'AuditEvent'", 400, "- create C 4 -"),
                get("compliance", "AuditEvent/nobody-knows", 404, "- read R 4 -"),
                get("physician2", "AuditEvent", 403, "- search-type E 4 -")));
        return rows.stream();
    }

    private static final Map<String, String> JSON_BODY = Map.of("Content-Type", JSON);

    @ParameterizedTest
    @MethodSource("rows")
    void it_is_recorded_once_and_as_what_it_was(Row row) {
        String id = "matrix-" + System.nanoTime();
        Recorded recorded = Recorded.since(SERVER);

        Answer answer = send(row, id);

        List<AuditEvent> events = recorded.events();
        assertThat(events.stream().map(AuditMatrixIT::told).sorted().toList())
                .as(answer.toString())
                .containsExactlyElementsOf(row.events().stream().sorted().toList());
        assertThat(answer.status()).as(answer.toString()).isEqualTo(row.status());
        for (AuditEvent event : events) {
            check(event, row, id);
        }
    }

    private static void check(AuditEvent event, Row row, String requestId) {
        assertThat(Balp.errors(event)).isEmpty();
        String json = SERVER.fhir().newJsonParser().encodeResourceToString(event);
        assertThat(json).doesNotContain(SERVER.token(row.user()));
        boolean decision = told(event).contains("AuthZ-Consent");
        if (!decision) {
            assertThat(event.getEntity())
                    .as(json)
                    .anyMatch(entity ->
                            requestId.equals(entity.getWhat().getIdentifier().getValue()));
        }
        assertThat(event.getAgent().stream().filter(AuditEventAgentComponent::getRequestor))
                .as(json)
                .hasSize(1);
        AuditEventAgentComponent requestor = event.getAgent().stream()
                .filter(AuditEventAgentComponent::getRequestor)
                .findFirst()
                .orElseThrow();
        assertThat(requestor.getPolicy()).hasSize(1);
        assertThat(requestor.getPolicy().get(0).getValue()).startsWith("urn:ietf:params:oauth:jti:");
        assertThat(requestor.getRole()).hasSize(1);
        assertThat(requestor.getPurposeOfUse()).hasSize(1);
        if (USERS.containsKey(row.user())) {
            assertThat(requestor.getWho().getReference()).isEqualTo(USERS.get(row.user()));
        }
        assertThat(event.getExtensionByUrl(EventParts.LEDGER_INDEX)).isNotNull();
        assertThat(event.getExtensionByUrl(EventParts.LEDGER_RECEIPT)).isNotNull();
        if (row.status() >= 400 && !decision) {
            String query = event.getEntity().stream()
                    .filter(AuditEvent.AuditEventEntityComponent::hasQuery)
                    .map(entity -> new String(entity.getQuery(), java.nio.charset.StandardCharsets.UTF_8))
                    .collect(Collectors.joining());
            assertThat(query)
                    .contains(
                            row.status() == 200
                                    ? "http"
                                    : row.method() + " http://localhost:8080/fhir"
                                            + (row.path().isEmpty() ? "" : "/") + row.path());
        }
    }

    /** An event as the rows above write it. */
    private static String told(AuditEvent event) {
        String patient = event.getEntity().stream()
                .filter(entity -> "1".equals(entity.getType().getCode()))
                .map(entity -> entity.getWhat().getReference().substring("Patient/".length()))
                .collect(Collectors.joining("+"));
        String subtype =
                event.getSubtype().stream().map(coding -> coding.getCode()).collect(Collectors.joining("+"));
        String profile = event.getMeta().getProfile().stream()
                .map(CanonicalType::getValue)
                .filter(url -> !url.contains("OAUTH"))
                .map(url -> url.substring(url.lastIndexOf('.') + 1))
                .collect(Collectors.joining("+"));
        String data = event.getEntity().stream()
                .filter(entity -> "2".equals(entity.getType().getCode())
                        && entity.getWhat().hasReference())
                .map(entity -> " " + entity.getWhat().getReference().replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "*"))
                .collect(Collectors.joining());
        return or(patient, "-") + " " + or(subtype, "?") + " "
                + event.getAction().toCode() + " " + event.getOutcome().toCode() + " " + or(profile, "-") + data;
    }

    private static String or(String text, String otherwise) {
        return text.isEmpty() ? otherwise : text;
    }

    private static Answer send(Row row, String requestId) {
        HttpRequest.Builder request = SERVER.request(row.user(), row.path()).header("X-Request-ID", requestId);
        row.headers().forEach(request::header);
        return SERVER.send(request.method(
                row.method(),
                row.body().isEmpty()
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(row.body().replace('\'', '"'))));
    }

    private static Row get(String user, String path, int status, String... events) {
        return new Row(user, "GET", path, Map.of(), "", status, List.of(events));
    }

    private static Row with(
            String user,
            String method,
            String path,
            Map<String, String> headers,
            String body,
            int status,
            String... events) {
        return new Row(user, method, path, headers, body, status, List.of(events));
    }

    private static String bundle(String type, String... entries) {
        return "{'resourceType':'Bundle','type':'" + type + "'"
                + (entries.length == 0 ? "" : ",'entry':[" + String.join(",", entries) + "]") + "}";
    }

    private static String entry(String method, String url, String body) {
        return "{" + (body.isEmpty() ? "" : "'resource':" + body + ",") + "'request':{'method':'" + method + "','url':'"
                + url + "'}}";
    }

    private static String observation(String id, String patient, String value) {
        return ("{'resourceType':'Observation'"
                + (id.isEmpty() ? "" : ",'id':'" + id + "','identifier':[{'system':'urn:w','value':'" + id + "'}]")
                + ",'status':'final','code':{'text':'c'},'subject':{'reference':'Patient/" + patient
                + "'},'valueString':'" + value + "'}");
    }

    /** HAPI takes the first update with the same content for a change, and no other. */
    private static void twice(String path, String body) {
        put(path, body);
        put(path, body);
    }

    private static void put(String path, String body) {
        Answer answer = send(new Row("backend", "PUT", path, JSON_BODY, body, 201, List.of()), "matrix");
        if (answer.status() >= 300) {
            throw new IllegalStateException(answer.toString());
        }
    }
}
