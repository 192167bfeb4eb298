package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;
import org.securemed.fhir.demo.DemoPatients;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/**
 * The data of the twins. Both hold Elena, who has consented, and Mateusz, who has not; only one also holds the hidden
 * patients and everything that speaks of them. Every resource has a fixed id, so that both sort alike.
 */
final class TwinData {
    /** Has consented: to the physician everything, to the nurse Observations. */
    static final String ELENA = "elena-rossi";

    /** Present in both twins, without any consent. */
    static final String SILENT = "silent-one";

    /** Present in one twin only. */
    static final List<String> HIDDEN = List.of("hidden-one", "hidden-two", "hidden-three");

    private final TestServer server;

    TwinData(TestServer server) {
        this.server = server;
    }

    /** Loads what both twins hold and, if asked, the hidden patients, in an order that mixes the two. */
    void load(boolean hidden) {
        post(DemoPatients.standard().shared());
        post(resources("""
                {"resourceType":"Medication","id":"aspirin","code":{"text":"aspirin"}}
                {"resourceType":"Device","id":"shared-scale","serialNumber":"S-1"}
                {"resourceType":"Substance","id":"water","code":{"text":"water"}}
                {"resourceType":"Practitioner","id":"gone","name":[{"family":"Gone"}]}
                """));
        send("DELETE", "Practitioner/gone");
        if (hidden) {
            patient(HIDDEN.get(0), 2);
            special(HIDDEN.get(0));
        }
        patient(ELENA, 0);
        post(resources("""
                {"resourceType":"DocumentReference","id":"form-elena","status":"current","subject":{"reference":"Patient/elena-rossi"},"content":[{"attachment":{"title":"signed form"}}]}
                {"resourceType":"Group","id":"group-elena","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/elena-rossi"}}]}
                {"resourceType":"Observation","id":"obs-elena-gone","status":"final","code":{"text":"gone"},"subject":{"reference":"Patient/elena-rossi"}}
                {"resourceType":"Observation","id":"obs-elena","identifier":[{"system":"urn:lab","value":"E-1"}],"status":"preliminary","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/elena-rossi"},"performer":[{"reference":"Practitioner/amara-okafor"}],"valueQuantity":{"value":11,"unit":"g/dL"}}
                """));
        post(resources("""
                {"resourceType":"Observation","id":"obs-elena","identifier":[{"system":"urn:lab","value":"E-1"}],"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/elena-rossi"},"performer":[{"reference":"Practitioner/amara-okafor"}],"valueQuantity":{"value":12,"unit":"g/dL"}}
                """));
        send("DELETE", "Observation/obs-elena-gone");
        if (hidden) {
            patient(HIDDEN.get(1), 3);
            special(HIDDEN.get(1));
            together();
        }
        patient(SILENT, 5);
        if (hidden) {
            patient(HIDDEN.get(2), 4);
            send("DELETE", "Patient/" + HIDDEN.get(2));
        }
        consent("consent-elena-physician", "Practitioner/amara-okafor", "");
        consent(
                "consent-elena-nurse",
                "Practitioner/linh-tran",
                ",\"class\":[{\"system\":\"http://hl7.org/fhir/resource-types\",\"code\":\"Observation\"}]");
    }

    /** Reads and searches all hidden data with the back end's rights, so that no cache is empty when it matters. */
    void warm() {
        for (String type : List.of("Patient", "Observation", "Task", "Provenance", "Group", "Device", "Practitioner")) {
            server.get("backend", type + "?_count=200");
        }
        for (String patient : HIDDEN) {
            server.get("backend", "Patient/" + patient);
            server.get("backend", "Observation?patient=" + patient);
            server.get("backend", "Observation/obs-" + patient);
        }
    }

    /** Resources of one hidden patient of every kind that hides badly. */
    private void special(String patient) {
        post(resources("""
                {"resourceType":"Observation","id":"obs-$","identifier":[{"system":"urn:lab","value":"H-$"}],"meta":{"tag":[{"system":"urn:hidden","code":"t","display":"what a hidden tag says"}],"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R","display":"hidden display"}],"profile":["http://hidden.example/profile"]},"status":"preliminary","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/$"},"performer":[{"reference":"Practitioner/amara-okafor"}],"valueQuantity":{"value":7,"unit":"g/dL"}}
                {"resourceType":"Observation","id":"obs-gone-$","status":"final","code":{"text":"gone"},"subject":{"reference":"Patient/$"}}
                {"resourceType":"Encounter","id":"enc-$","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/$"},"location":[{"location":{"reference":"Location/riverside-ward-3"}}]}
                {"resourceType":"Device","id":"dev-$","serialNumber":"H-$","patient":{"reference":"Patient/$"}}
                {"resourceType":"Practitioner","id":"prac-$","identifier":[{"system":"urn:staff","value":"H-$"}],"name":[{"family":"Hiddenson"}],"extension":[{"url":"http://hidden.example/spouse","valueReference":{"reference":"Patient/$"}}]}
                {"resourceType":"Organization","id":"org-$","name":"Hidden family firm","extension":[{"url":"http://hidden.example/owner","valueReference":{"reference":"Patient/$"}}]}
                {"resourceType":"Task","id":"task-$","status":"requested","intent":"order","for":{"reference":"Patient/$"},"owner":{"reference":"Practitioner/amara-okafor"}}
                {"resourceType":"Provenance","id":"prov-$","target":[{"reference":"Observation/obs-$"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"reference":"Practitioner/amara-okafor"}}]}
                {"resourceType":"List","id":"list-$","status":"current","mode":"working","subject":{"reference":"Patient/$"},"entry":[{"item":{"reference":"Observation/obs-$"}}]}
                {"resourceType":"Binary","id":"bin-$","contentType":"text/plain","securityContext":{"reference":"Patient/$"},"data":"aGlkZGVu"}
                {"resourceType":"Bundle","id":"bun-$","type":"collection","entry":[{"resource":{"resourceType":"Observation","status":"final","code":{"text":"in a bundle"},"subject":{"reference":"Patient/$"}}}]}
                {"resourceType":"MessageHeader","id":"mh-$","eventUri":"urn:event","source":{"endpoint":"http://example.org"},"focus":[{"reference":"Patient/$"}]}
                {"resourceType":"Composition","id":"comp-$","status":"final","type":{"text":"note"},"date":"2026-01-01","author":[{"reference":"Practitioner/amara-okafor"}],"title":"hidden","subject":{"reference":"Patient/$"}}
                {"resourceType":"Basic","id":"basic-$","code":{"text":"x"},"subject":{"reference":"Patient/$"}}
                {"resourceType":"Person","id":"person-$","name":[{"family":"Hiddenson"}],"link":[{"target":{"reference":"Patient/$"}}]}
                {"resourceType":"Communication","id":"com-$","status":"completed","subject":{"reference":"Patient/$"}}
                {"resourceType":"Account","id":"acc-$","status":"active","subject":[{"reference":"Patient/$"}]}
                {"resourceType":"GuidanceResponse","id":"gr-$","moduleUri":"urn:m","status":"success","subject":{"reference":"Patient/$"}}
                {"resourceType":"Schedule","id":"sched-$","actor":[{"reference":"Patient/$"}]}
                {"resourceType":"Substance","id":"sub-$","code":{"text":"x"},"contained":[{"resourceType":"Patient","id":"p","name":[{"family":"Containedson"}]}],"extension":[{"url":"http://hidden.example/of","valueReference":{"reference":"Patient/$"}},{"url":"http://hidden.example/c","valueReference":{"reference":"#p"}}]}
                """.replace("$", patient)));
        post(resources("""
                {"resourceType":"Observation","id":"obs-$","identifier":[{"system":"urn:lab","value":"H-$"}],"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/$"},"performer":[{"reference":"Practitioner/amara-okafor"}],"valueQuantity":{"value":8,"unit":"g/dL"}}
                """.replace("$", patient)));
        send("DELETE", "Observation/obs-gone-" + patient);
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            many.append("""
                    {"resourceType":"Observation","id":"many-%1$d-%2$s","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/%2$s"},"performer":[{"reference":"Practitioner/amara-okafor"}],"valueQuantity":{"value":%1$d}}
                    """.formatted(i, patient));
        }
        post(resources(many.toString()));
    }

    /** Resources of Elena and a hidden patient at once. */
    private void together() {
        post(resources("""
                {"resourceType":"Group","id":"group-both","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/elena-rossi"}},{"entity":{"reference":"Patient/hidden-one"}}]}
                {"resourceType":"Observation","id":"obs-both","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/elena-rossi"},"focus":[{"reference":"Patient/hidden-one"}]}
                {"resourceType":"Appointment","id":"appt-both","status":"booked","participant":[{"actor":{"reference":"Patient/elena-rossi"},"status":"accepted"},{"actor":{"reference":"Patient/hidden-one"},"status":"accepted"},{"actor":{"reference":"Practitioner/amara-okafor"},"status":"accepted"}]}
                {"resourceType":"Provenance","id":"prov-both","target":[{"reference":"Observation/obs-elena"},{"reference":"Observation/obs-hidden-one"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"reference":"Practitioner/amara-okafor"}}]}
                {"resourceType":"List","id":"list-both","status":"current","mode":"working","subject":{"reference":"Patient/elena-rossi"},"entry":[{"item":{"reference":"Observation/obs-hidden-one"}}]}
                {"resourceType":"Practitioner","id":"prac-both","name":[{"family":"Hiddenson"}],"extension":[{"url":"http://hidden.example/a","valueReference":{"reference":"Patient/elena-rossi"}},{"url":"http://hidden.example/b","valueReference":{"reference":"Patient/hidden-one"}}]}
                """));
    }

    private void consent(String id, String grantee, String more) {
        post(resources("""
                {"resourceType":"Consent","id":"%1$s","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"patient":{"reference":"Patient/elena-rossi"},"performer":[{"reference":"Patient/elena-rossi"}],"sourceReference":{"reference":"DocumentReference/form-elena"},"policy":[{"uri":"https://securemed.org/policy/basic-consent"}],"provision":{"type":"permit","actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},"reference":{"reference":"%2$s"}}],"purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}]%3$s}}
                """.formatted(id, grantee, more)));
    }

    /** The {@code number}th patient of the demonstration under another id, all their resources with fixed ids. */
    private void patient(String id, int number) {
        Bundle bundle = DemoPatients.standard().patient(number).bundle();
        Map<String, String> names = new HashMap<>();
        int count = 0;
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            String type = entry.getResource().fhirType();
            String name = type.equals("Patient") ? "Patient/" + id : type + "/" + id + "-" + count++;
            names.put(entry.getFullUrl(), name);
            entry.getResource().setId(name);
            entry.getRequest().setMethod(Bundle.HTTPVerb.PUT).setUrl(name);
        }
        String text = server.fhir().newJsonParser().encodeResourceToString(bundle);
        for (Map.Entry<String, String> name : names.entrySet()) {
            text = text.replace(name.getKey(), name.getValue());
        }
        // A full URL has to be absolute; the ids in the requests are enough.
        post(withoutFullUrls(server.fhir().newJsonParser().parseResource(Bundle.class, text)));
    }

    private static Bundle withoutFullUrls(Bundle bundle) {
        bundle.getEntry().forEach(entry -> entry.setFullUrl(null));
        return bundle;
    }

    private Bundle resources(String lines) {
        Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
        List<Resource> parsed = new ArrayList<>();
        lines.lines()
                .filter(line -> !line.isBlank())
                .forEach(line ->
                        parsed.add((Resource) server.fhir().newJsonParser().parseResource(line)));
        for (Resource resource : parsed) {
            String name = resource.fhirType() + "/" + resource.getIdElement().getIdPart();
            bundle.addEntry()
                    .setResource(resource)
                    .getRequest()
                    .setMethod(Bundle.HTTPVerb.PUT)
                    .setUrl(name);
        }
        return bundle;
    }

    private void post(Bundle bundle) {
        Answer answer = server.post("backend", "", bundle);
        if (answer.status() != 200) {
            throw new IllegalStateException("loading failed: " + answer);
        }
    }

    private void send(String method, String path) {
        if (server.delete("backend", path).status() >= 300) {
            throw new IllegalStateException(method + " " + path + " failed");
        }
    }
}
