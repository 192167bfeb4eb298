package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Location;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.TokenMint;

/** Conditions on what a resource refers to, and on what refers to it, count what the requester may see. */
class ChainsIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String CLINICIAN = "physician2";
    private static final String GRANTEE = "Practitioner/jonas-lindqvist";
    private static final String CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

    private static final List<String> CONSENTS = new ArrayList<>();

    @BeforeAll
    static void load() {
        for (String patient : List.of("chain-open", "chain-hidden", "chain-parted")) {
            put("""
                    {"resourceType":"Patient","id":"$","identifier":[{"system":"urn:chain","value":"$"}],"name":[{"family":"Chainmann"}]}""", patient);
            condition(patient, "plain", "");
            condition(
                    patient,
                    "secret",
                    ",\"meta\":{\"security\":[{\"system\":\"" + CONFIDENTIALITY + "\",\"code\":\"R\"}]}");
            for (int i = 1; i <= 2; i++) {
                put("""
                        {"resourceType":"Encounter","id":"enc-%d-$","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/$"},"diagnosis":[{"condition":{"reference":"Condition/%s-$"}}],"participant":[{"individual":{"reference":"Practitioner/jonas-lindqvist"}}]}""".formatted(i, i == 1 ? "plain" : "secret"), patient);
            }
        }
        for (String patient : List.of("chain-open", "chain-parted")) {
            Consents.form(SERVER, patient);
            var consent = Consents.permit(patient, GRANTEE);
            if (patient.equals("chain-parted")) {
                consent.getProvision()
                        .addSecurityLabel()
                        .setSystem(CONFIDENTIALITY)
                        .setCode("N");
            }
            CONSENTS.add(Consents.record(SERVER, consent));
        }
    }

    @AfterAll
    static void end() {
        CONSENTS.forEach(consent -> Consents.end(SERVER, consent));
    }

    private static void condition(String patient, String code, String more) {
        put("""
                {"resourceType":"Condition","id":"%s-$"%s,"code":{"coding":[{"system":"urn:chain","code":"%s"}]},"subject":{"reference":"Patient/$"}}""".formatted(code, more, code), patient);
    }

    private static void put(String json, String patient) {
        Resource resource = (Resource) SERVER.fhir().newJsonParser().parseResource(json.replace("$", patient));
        Answer answer = SERVER.put(
                "backend", resource.fhirType() + "/" + resource.getIdElement().getIdPart(), resource);
        assertThat(answer.status()).as(answer.toString()).isIn(200, 201);
    }

    private static List<String> found(String query) {
        Answer answer = SERVER.get(CLINICIAN, query);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        Bundle bundle = answer.bundle();
        List<String> ids = bundle.getEntry().stream()
                .map(entry -> entry.getResource().getIdElement().getIdPart())
                .toList();
        assertThat(SERVER.get(CLINICIAN, query + "&_summary=count").bundle().getTotal())
                .isEqualTo(ids.size());
        return ids;
    }

    @ParameterizedTest
    @CsvSource({
        "Encounter?patient.identifier=urn:chain%7Cchain-open, enc-1-chain-open enc-2-chain-open",
        "Encounter?subject:Patient.identifier=urn:chain%7Cchain-open, enc-1-chain-open enc-2-chain-open",
        "Encounter?subject.identifier=urn:chain%7Cchain-open&patient=chain-open, ''",
        "Encounter?patient.family:exact=Chainmann&class=AMB, enc-1-chain-open enc-1-chain-parted enc-2-chain-open enc-2-chain-parted",
        "'Encounter?patient.identifier=urn:chain%7Cchain-open,urn:chain%7Cchain-parted', enc-1-chain-open enc-1-chain-parted enc-2-chain-open enc-2-chain-parted",
        "Encounter?patient=chain-open&participant:Practitioner.family=Lindqvist, enc-1-chain-open enc-2-chain-open",
        "Encounter?patient=chain-open&participant:Practitioner.family=Nobody, ''",
        "Condition?encounter.status=finished, ''",
        "Encounter?diagnosis:Condition.code=urn:chain%7Cplain, enc-1-chain-open enc-1-chain-parted",
        "Encounter?diagnosis:Condition.code=urn:chain%7Csecret, enc-2-chain-open",
        "Patient?_has:Condition:patient:code=urn:chain%7Cplain, chain-open chain-parted",
        "Patient?_has:Condition:patient:code=urn:chain%7Csecret, chain-open",
        "'Patient?_has:Condition:patient:code=urn:chain%7Csecret,urn:chain%7Cplain', chain-open chain-parted",
        "Patient?_has:Condition:patient:code=urn:chain%7Cplain&_has:Condition:patient:code=urn:chain%7Csecret, chain-open",
        "Patient?_has:Encounter:patient:class=AMB&identifier=urn:chain%7Cchain-parted, chain-parted",
    })
    void a_link_leads_to_what_may_be_seen(String query, String ids) {
        if (query.contains("subject.identifier")) {
            // Of several types that have identifiers.
            assertThat(SERVER.get(CLINICIAN, query).status()).isEqualTo(400);
        } else {
            assertThat(found(query)).containsExactly(ids.isEmpty() ? new String[0] : ids.split(" "));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Encounter?patient.identifier=urn:chain%7Cchain-HIDE",
                "Encounter?subject:Patient.identifier=urn:chain%7Cchain-HIDE&_summary=count",
                "Encounter?patient._id=chain-HIDE",
                "Condition?encounter:Encounter.patient=chain-HIDE",
                "Patient?_has:Encounter:patient:_id=enc-1-chain-HIDE",
                "Patient?_has:Encounter:patient:diagnosis=Condition/plain-chain-HIDE",
            })
    void what_is_hidden_is_not_at_the_end_of_any_link(String query) {
        Answer hidden = SERVER.get(CLINICIAN, query.replace("HIDE", "hidden"));
        Answer absent = SERVER.get(CLINICIAN, query.replace("HIDE", "absent"));

        assertThat(hidden.status()).isEqualTo(200);
        assertThat(Normal.of(hidden).replace("hidden", "absent")).isEqualTo(Normal.of(absent));
        assertThat(hidden.bundle().getTotal()).isZero();
    }

    @Test
    void the_next_page_asks_the_same_question() {
        Bundle first = SERVER.get(CLINICIAN, "Encounter?patient.identifier=urn:chain%7Cchain-open&_count=1")
                .bundle();
        String next = first.getLink("next").getUrl();

        assertThat(next).contains("patient.identifier");
        Bundle second = SERVER.get(CLINICIAN, next.replaceFirst(".*/fhir/", "")).bundle();
        assertThat(second.getEntryFirstRep().getResource().getIdElement().getIdPart())
                .isEqualTo("enc-2-chain-open");
        assertThat(second.getLink("next")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "Encounter?subject.name=x&_count=1, 200",
        "Encounter?nothing.name=x, 400",
        "Encounter?class.name=x, 400",
        "Encounter?patient.nothing=x, 400",
        "Encounter?subject:Nothing.name=x, 400",
        "Encounter?patient._text=x, 403",
        "Patient?_has:Nothing:patient:code=x, 400",
        "Patient?_has:Encounter:nothing:code=x, 400",
        "Patient?_has:Encounter:patient:nothing=x, 400",
        "Patient?_has:Encounter:patient:_text=x, 403",
        "Patient?_has:Encounter=x, 400",
        "Patient?_has=x, 400",
    })
    void what_makes_no_sense_is_refused_and_says_so(String query, int status) {
        Answer answer = SERVER.get(CLINICIAN, query);

        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    }

    @Test
    void a_token_follows_links_to_what_its_scopes_show_only() {
        String query = "Encounter?diagnosis:Condition.code=urn:chain%7Cplain&_summary=count";
        Answer outside = as("user/Encounter.rs", query);
        Answer back = as("user/Patient.rs", "Patient?_has:Encounter:patient:class=AMB");

        assertThat(outside.status()).as(outside.toString()).isEqualTo(403);
        assertThat(outside.text()).contains("scope-not-allowed");
        assertThat(back.status()).as(back.toString()).isEqualTo(403);
        assertThat(as("user/Encounter.rs user/Condition.rs", query).bundle().getTotal())
                .isEqualTo(2);
        assertThat(as("user/Encounter.rs user/Condition.rs?code=urn:chain%7Csecret", query)
                        .bundle()
                        .getTotal())
                .isZero();
    }

    private static Answer as(String scopes, String query) {
        String token = SERVER.bean(TokenMint.class).forPerson(CLINICIAN, scopes);
        return Probe.get(query).send(SERVER, token);
    }

    @Test
    void a_condition_that_holds_for_very_many_is_refused() {
        Bundle crowd = new Bundle();
        crowd.setType(Bundle.BundleType.BATCH);
        for (int i = 0; i <= Chains.MOST; i++) {
            Location location = new Location();
            location.setName("Chain crowd");
            location.setId("chain-crowd-" + i);
            crowd.addEntry()
                    .setResource(location)
                    .getRequest()
                    .setMethod(Bundle.HTTPVerb.PUT)
                    .setUrl("Location/chain-crowd-" + i);
        }
        assertThat(SERVER.post("backend", "", crowd).status()).isEqualTo(200);

        Answer answer = SERVER.get(CLINICIAN, "Encounter?patient=chain-open&location.name=Chain%20crowd");

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains("Narrow the condition on Location");
    }
}
