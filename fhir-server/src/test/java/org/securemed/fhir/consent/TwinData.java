package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
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

    /**
     * Present in both twins, and lets in several people with a part of the record: physician2 with what isn't
     * restricted, the nurse with what doesn't mention a certain code, the physician with Observations made since 2005.
     * Only one twin holds what all of them don't see.
     */
    static final String MIXED = "mixed-one";

    /** More than are searched among at once. */
    private static final int CROWD = 55;

    private static final String CONSENT = """
            {"resourceType":"Consent","id":"%1$s","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"patient":{"reference":"Patient/%4$s"},"performer":[{"reference":"Patient/%4$s"}],"sourceReference":{"reference":"DocumentReference/%5$s"},"policy":[{"uri":"https://securemed.org/policy/basic-consent"}],"provision":{"type":"permit","actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},"reference":{"reference":"%2$s"}}],"purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}]%3$s}}""";

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
        mixed(hidden);
        crowd(hidden);
        consent("consent-elena-physician", "Practitioner/amara-okafor", "");
        consent(
                "consent-elena-nurse",
                "Practitioner/linh-tran",
                ",\"class\":[{\"system\":\"http://hl7.org/fhir/resource-types\",\"code\":\"Observation\"}]");
        post(resources("""
                {"resourceType":"Consent","id":"consent-elena-research","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"patient":{"reference":"Patient/elena-rossi"},"performer":[{"reference":"Patient/elena-rossi"}],"sourceReference":{"reference":"DocumentReference/form-elena"},"policy":[{"uri":"https://securemed.org/policy/basic-consent"}],"provision":{"type":"permit","purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HRESCH"}]}}
                """));
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
        post(resources(specials(patient, patient)));
        post(resources(again(patient, patient)));
        send("DELETE", "Observation/obs-gone-" + patient);
        post(resources(many(patient, patient)));
        conditionally(patient);
    }

    /** HAPI keeps the search of a conditional create, lest somebody else creates the same. */
    private void conditionally(String patient) {
        Bundle bundle = resources("""
                {"resourceType":"Observation","identifier":[{"system":"urn:lab","value":"C-$"}],"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/$"}}
                """.replace("$", patient));
        bundle.getEntryFirstRep()
                .getRequest()
                .setMethod(Bundle.HTTPVerb.POST)
                .setUrl("Observation")
                .setIfNoneExist("identifier=urn:lab|C-" + patient);
        post(bundle);
    }

    /** @param name what the ids of the resources end with */
    private static String specials(String patient, String name) {
        return """
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
                {"resourceType":"DocumentReference","id":"doc-$","status":"current","subject":{"reference":"Patient/$"},"content":[{"attachment":{"contentType":"text/plain","url":"Binary/bin-$"}}]}
                {"resourceType":"PlanDefinition","id":"plan-$","url":"http://hidden.example/plan-$","status":"active","extension":[{"url":"http://hidden.example/of","valueReference":{"reference":"Patient/$"}}]}
                {"resourceType":"Substance","id":"sub-$","code":{"text":"x"},"contained":[{"resourceType":"Patient","id":"p","name":[{"family":"Containedson"}]}],"extension":[{"url":"http://hidden.example/of","valueReference":{"reference":"Patient/$"}},{"url":"http://hidden.example/c","valueReference":{"reference":"#p"}}]}
                """.replace("Patient/$", "Patient/" + patient).replace("$", name);
    }

    /** The second version of one of them. */
    private static String again(String patient, String name) {
        return """
                {"resourceType":"Observation","id":"obs-$","identifier":[{"system":"urn:lab","value":"H-$"}],"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/$"},"performer":[{"reference":"Practitioner/amara-okafor"}],"valueQuantity":{"value":8,"unit":"g/dL"}}
                """.replace("Patient/$", "Patient/" + patient).replace("$", name);
    }

    private static String many(String patient, String name) {
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            many.append("""
                    {"resourceType":"Observation","id":"many-%1$d-%3$s","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/%2$s"},"performer":[{"reference":"Practitioner/amara-okafor"}],"valueQuantity":{"value":%1$d}}
                    """.formatted(i, patient, name));
        }
        return many.toString();
    }

    /** A patient of whom some is seen. */
    private void mixed(boolean hidden) {
        // The patient has to be there first; all else of theirs that is seen comes after some that is not.
        post(resources("{\"resourceType\":\"Patient\",\"id\":\"mixed-one\"}"));
        if (hidden) {
            hiddenParts("early");
        }
        patient(MIXED, 6);
        post(resources("""
                {"resourceType":"DocumentReference","id":"form-mixed","status":"current","subject":{"reference":"Patient/mixed-one"},"content":[{"attachment":{"title":"signed form"}}]}
                {"resourceType":"Observation","id":"obs-mixed","identifier":[{"system":"urn:lab","value":"M-1"}],"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/mixed-one"},"effectiveDateTime":"2020-05-05","performer":[{"reference":"Practitioner/amara-okafor"}],"valueQuantity":{"value":12,"unit":"g/dL"}}
                {"resourceType":"Observation","id":"obs-both-open","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"effectiveDateTime":"2020-05-05","subject":{"reference":"Patient/elena-rossi"},"focus":[{"reference":"Patient/mixed-one"}]}
                """));
        if (hidden) {
            hiddenParts("part");
            post(parts("""
                    {"resourceType":"Observation","id":"obs-both-part","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"effectiveDateTime":"2001-05-05","subject":{"reference":"Patient/elena-rossi"},"focus":[{"reference":"Patient/mixed-one"}]}
                    {"resourceType":"Provenance","id":"prov-of-open","target":[{"reference":"Observation/obs-mixed"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"reference":"Practitioner/amara-okafor"}}]}
                    {"resourceType":"List","id":"list-of-open","status":"current","mode":"working","subject":{"reference":"Patient/mixed-one"},"entry":[{"item":{"reference":"Observation/obs-mixed"}}]}
                    {"resourceType":"Observation","id":"obs-member-part","status":"final","code":{"text":"x"},"effectiveDateTime":"2001-05-05","subject":{"reference":"Patient/mixed-one"},"hasMember":[{"reference":"Observation/obs-mixed"}]}
                    """));
        }
        mixedConsent("consent-mixed-label", "Practitioner/jonas-lindqvist", """
                ,"securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"N"}]""");
        mixedConsent("consent-mixed-code", "Practitioner/linh-tran", """
                ,"provision":[{"type":"deny","code":[{"coding":[{"system":"urn:part","code":"secret"}]}]},{"type":"deny","class":[{"system":"http://hl7.org/fhir/resource-types","code":"Binary"}]}]""");
        mixedConsent("consent-mixed-period", "Practitioner/amara-okafor", """
                ,"class":[{"system":"http://hl7.org/fhir/resource-types","code":"Observation"}],"provision":[{"type":"deny","dataPeriod":{"end":"2004-12-31"}}]""");
    }

    /** So many who let in the nurse that she is looked for by demographics, and some like them who do not. */
    private void crowd(boolean hidden) {
        StringBuilder there = new StringBuilder();
        StringBuilder consents = new StringBuilder();
        for (int i = 0; i < CROWD; i++) {
            there.append(member("crowd-" + i, i));
            consents.append(CONSENT.formatted(
                            "consent-crowd-" + i,
                            "Practitioner/linh-tran",
                            ",\"class\":[{\"system\":\"http://hl7.org/fhir/resource-types\",\"code\":\"Patient\"}]",
                            "crowd-" + i,
                            "form-crowd-" + i))
                    .append('\n');
            if (hidden) {
                there.append(member("crowd-hidden-" + i, i));
            }
        }
        post(resources(there.toString()));
        post(resources(consents.toString()));
    }

    private static String member(String id, int number) {
        return """
                {"resourceType":"Patient","id":"$","identifier":[{"system":"urn:crowd","value":"#"}],"name":[{"family":"Crowd","given":["N#"]}],"birthDate":"1970-01-01"}
                {"resourceType":"DocumentReference","id":"form-$","status":"current","subject":{"reference":"Patient/$"},"content":[{"attachment":{"title":"signed form"}}]}
                """.replace("$", id).replace("#", Integer.toString(number));
    }

    private void mixedConsent(String id, String grantee, String more) {
        consent(id, grantee, more, MIXED, "form-mixed");
    }

    private void hiddenParts(String name) {
        post(parts(specials(MIXED, name)));
        post(parts(again(MIXED, name)));
        send("DELETE", "Observation/obs-gone-" + name);
        post(parts(many(MIXED, name)));
    }

    /** These resources with all that each of the partial consents hides. */
    private Bundle parts(String lines) {
        Bundle bundle = resources(lines);
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            DomainResource resource = wrapped(entry.getResource());
            if (resource != null) {
                resource.addExtension("http://hidden.example/code", new Coding("urn:part", "secret", null));
            }
            entry.getResource()
                    .getMeta()
                    .addSecurity(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "PSY", null));
            if (entry.getResource() instanceof Observation observation) {
                observation.setEffective(new DateTimeType("2001-02-03"));
            }
        }
        return bundle;
    }

    private static @Nullable DomainResource wrapped(Resource resource) {
        if (resource instanceof Bundle inner) {
            return wrapped(inner.getEntryFirstRep().getResource());
        }
        return resource instanceof DomainResource domain ? domain : null;
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
        consent(id, grantee, more, ELENA, "form-elena");
    }

    private void consent(String id, String grantee, String more, String patient, String form) {
        post(resources(CONSENT.formatted(id, grantee, more, patient, form)));
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
