package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** To whom a stored resource belongs, by whatever it says anywhere in it. */
class OwnersIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String ONE = "owners-one";
    private static final String TWO = "owners-two";

    @BeforeAll
    static void load() {
        for (String patient : Set.of(ONE, TWO)) {
            put("{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}");
            put("{\"resourceType\":\"Observation\",\"id\":\"obs-" + patient
                    + "\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/"
                    + patient
                    + "\"}}");
        }
        put(
                "{\"resourceType\":\"PlanDefinition\",\"id\":\"owners-plan\",\"status\":\"active\",\"extension\":[{\"url\":\"http://x\",\"valueReference\":{\"reference\":\"Patient/owners-one\"}}]}");
    }

    /**
     * Quotes are single ones, and P, O and Q stand for references to the first patient, their Observation, the second.
     */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {'resourceType':'Observation',X,'subject':P}
            {'resourceType':'Observation',X,'subject':{'reference':'http://localhost:8080/fhir/Patient/owners-one'}}
            {'resourceType':'Observation',X,'subject':{'reference':'Patient/owners-one/_history/1'}}
            {'resourceType':'Observation',X,'extension':[{'url':'http://x','valueReference':P}]}
            {'resourceType':'Observation',X,'modifierExtension':[{'url':'http://x','valueReference':P}]}
            {'resourceType':'Observation',X,'code':{'text':'x','extension':[{'url':'http://x','extension':[{'url':'http://y','valueReference':P}]}]}}
            {'resourceType':'Observation',X,'contained':[{'resourceType':'Provenance','id':'c','target':[P]}],'focus':[{'reference':'#c'}]}
            {'resourceType':'Observation',X,'hasMember':[O]}
            {'resourceType':'Provenance','target':[O],'recorded':'2026-01-01T00:00:00Z','agent':[{'who':{'display':'x'}}]}
            {'resourceType':'Binary','contentType':'text/plain','securityContext':P,'data':'eA=='}
            {'resourceType':'Binary','contentType':'text/plain','securityContext':O,'data':'eA=='}
            {'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Basic','code':{'text':'x'},'subject':P}}]}
            {'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Basic','code':{'text':'x'},'subject':P}}]}}]}
            {'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Parameters','parameter':[{'name':'x','part':[{'name':'y','resource':{'resourceType':'Basic','code':{'text':'x'},'subject':P}}]}]}}]}
            {'resourceType':'List','status':'current','mode':'working','entry':[{'item':O}]}
            {'resourceType':'MessageHeader','eventUri':'urn:e','source':{'endpoint':'http://x'},'focus':[P]}
            {'resourceType':'Task','status':'requested','intent':'order','for':P}
            {'resourceType':'Schedule','actor':[P]}
            {'resourceType':'Substance','code':{'text':'x'},'extension':[{'url':'http://x','valueReference':P}]}
            {'resourceType':'Device','patient':P}
            {'resourceType':'Linkage','item':[{'type':'source','resource':P}]}
            {'resourceType':'GuidanceResponse','moduleUri':'urn:m','status':'success','subject':P}
            {'resourceType':'CarePlan','status':'active','intent':'plan','subject':{'display':'x'},'instantiatesCanonical':['PlanDefinition/owners-plan']}
            """)
    void one_patient_who_is_named_anywhere_is_the_owner(String json) {
        Ownership ownership = stored(json);

        assertThat(ownership.patients()).containsExactly(ONE);
        assertThat(ownership.partition())
                .isEqualTo(SERVER.bean(OwnerIndex.class).partitionOf(ONE).orElseThrow());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {'resourceType':'Observation',X,'subject':P,'focus':[Q]}
            {'resourceType':'Observation',X,'subject':Q,'hasMember':[O]}
            {'resourceType':'Group','type':'person','actual':true,'member':[{'entity':P},{'entity':Q}]}
            {'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Basic','code':{'text':'x'},'subject':P}},{'resource':{'resourceType':'Basic','code':{'text':'x'},'subject':Q}}]}
            {'resourceType':'Practitioner','extension':[{'url':'http://x','valueReference':P},{'url':'http://y','valueReference':Q}]}
            """)
    void several_patients_own_together_and_in_a_place_of_its_own(String json) {
        Ownership ownership = stored(json);
        OwnerIndex index = SERVER.bean(OwnerIndex.class);

        assertThat(ownership.patients()).containsExactlyInAnyOrder(ONE, TWO);
        assertThat(Partition.isPatients(ownership.partition())).isTrue();
        assertThat(ownership.partition())
                .isNotIn(
                        index.partitionOf(ONE).orElseThrow(),
                        index.partitionOf(TWO).orElseThrow());
        assertThat(index.patientsOf(ownership.partition()).orElseThrow()).containsExactlyInAnyOrder(ONE, TWO);
    }

    /** Of a known patient it is known in part: that patient alone can't permit it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {'resourceType':'Observation',X} | nobody
            {'resourceType':'Basic','code':{'text':'x'}} | nobody
            {'resourceType':'Observation',X,'contained':[{'resourceType':'Patient','id':'c'}],'subject':{'reference':'#c'}} | nobody
            {'resourceType':'Observation',X,'subject':{'reference':'http://elsewhere.example/fhir/Patient/1'}} | nobody
            {'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Patient','gender':'male'}}]} | nobody
            {'resourceType':'Substance','code':{'text':'x'},'contained':[{'resourceType':'Patient','id':'c'}],'extension':[{'url':'http://x','valueReference':{'reference':'#c'}}]} | nobody
            {'resourceType':'Observation',X,'subject':P,'contained':[{'resourceType':'Patient','id':'c'}],'focus':[{'reference':'#c'}]} | in part
            {'resourceType':'Observation',X,'subject':P,'focus':[{'reference':'http://elsewhere.example/fhir/Patient/1'}]} | in part
            {'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Patient','gender':'male'}},{'resource':{'resourceType':'Basic','code':{'text':'x'},'subject':P}}]} | in part
            """)
    void what_belongs_to_somebody_who_cannot_be_told_is_quarantined(String json, String known) {
        assertThat(stored(json).partition())
                .isEqualTo(known.equals("nobody") ? Partition.QUARANTINE : Partition.PARTLY_KNOWN);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {'resourceType':'Practitioner','name':[{'family':'x'}]}
            {'resourceType':'Device','serialNumber':'x'}
            {'resourceType':'Medication','code':{'text':'x'}}
            {'resourceType':'Schedule','actor':[{'display':'x'}]}
            """)
    void what_names_nobody_and_tells_of_the_hospital_is_shared(String json) {
        assertThat(stored(json).partition()).isEqualTo(Partition.SHARED);
    }

    @Test
    void who_owned_it_owns_it_when_it_is_deleted() {
        put(
                "{\"resourceType\":\"Observation\",\"id\":\"owners-gone\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/owners-one\"}}");
        assertThat(SERVER.delete("backend", "Observation/owners-gone").status()).isLessThan(300);

        Ownership ownership =
                SERVER.bean(OwnerIndex.class).find("Observation/owners-gone").orElseThrow();

        assertThat(ownership.deleted()).isTrue();
        assertThat(ownership.patients()).containsExactly(ONE);
    }

    /** A patient and what names them, in whichever order a transaction brings them. */
    @Test
    void what_comes_with_its_patient_belongs_to_the_patient() {
        for (boolean patientFirst : new boolean[] {true, false}) {
            String patient =
                    "{\"fullUrl\":\"urn:uuid:11111111-1111-4111-8111-111111111111\",\"resource\":{\"resourceType\":\"Patient\"},\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}";
            String observation =
                    "{\"fullUrl\":\"urn:uuid:22222222-2222-4222-8222-222222222222\",\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"urn:uuid:11111111-1111-4111-8111-111111111111\"}},\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}}";
            Bundle bundle = (Bundle) parse("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
                    + (patientFirst ? patient + "," + observation : observation + "," + patient) + "]}");
            Answer answer = SERVER.post("backend", "", bundle);
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            OwnerIndex index = SERVER.bean(OwnerIndex.class);
            String first = reference(answer.bundle().getEntry().get(patientFirst ? 0 : 1));
            String second = reference(answer.bundle().getEntry().get(patientFirst ? 1 : 0));

            assertThat(index.find(second).orElseThrow().patients())
                    .containsExactly(first.substring("Patient/".length()));
        }
    }

    private static String reference(Bundle.BundleEntryComponent entry) {
        return entry.getResponse().getLocation().replaceFirst("/_history.*", "");
    }

    private static Ownership stored(String json) {
        Resource resource = parse(json.replace("'", "\"")
                .replace(",X", ",\"status\":\"final\",\"code\":{\"text\":\"x\"}")
                .replace(":P", ":{\"reference\":\"Patient/owners-one\"}")
                .replace("[P]", "[{\"reference\":\"Patient/owners-one\"}]")
                .replace(":Q", ":{\"reference\":\"Patient/owners-two\"}")
                .replace("[Q]", "[{\"reference\":\"Patient/owners-two\"}]")
                .replace(":O", ":{\"reference\":\"Observation/obs-owners-one\"}")
                .replace("[O]", "[{\"reference\":\"Observation/obs-owners-one\"}]"));
        Answer stored = SERVER.post("backend", resource.fhirType(), resource);
        assertThat(stored.status()).as(stored.text()).isEqualTo(201);
        String id = stored.resource().getIdElement().getIdPart();
        return SERVER.bean(OwnerIndex.class)
                .find(resource.fhirType() + "/" + id)
                .orElseThrow();
    }

    private static void put(String json) {
        Resource resource = parse(json);
        Answer stored = SERVER.put(
                "backend", resource.fhirType() + "/" + resource.getIdElement().getIdPart(), resource);
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }

    private static Resource parse(String json) {
        return (Resource) SERVER.fhir().newJsonParser().parseResource(json);
    }
}
