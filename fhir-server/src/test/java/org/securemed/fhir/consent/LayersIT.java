package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ca.uhn.fhir.interceptor.model.ReadPartitionIdRequestDetails;
import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.SimplePreResourceShowDetails;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.param.DateParam;
import ca.uhn.fhir.rest.param.ReferenceParam;
import ca.uhn.fhir.rest.param.StringParam;
import ca.uhn.fhir.rest.server.exceptions.ForbiddenOperationException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Consent.ConsentProvisionType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.securemed.fhir.audit.NotificationRecorder;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.owner.PartitionContents.Place;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.ScopeException;
import org.securemed.fhir.smart.ScopeSet;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.support.StaticListableBeanFactory;

/**
 * Each layer of the gate by itself: what one overlooks the other has to catch, so neither may rest on the other. Over
 * HTTP the second can't be missed while the first holds.
 */
class LayersIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String CLINICIAN = "Practitioner/layers-clinician";
    private static final String PSY =
            ",\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"PSY\"}]}";

    /** Six who name the clinician: three let them in, three forbid it; and one who names nobody. */
    private static final List<String> OPEN = List.of("layers-open-1", "layers-open-2", "layers-open-3");

    private static final List<String> CLOSED = List.of("layers-closed-1", "layers-closed-2", "layers-closed-3");
    private static final String SILENT = "layers-silent";

    private static final List<String> consents = new ArrayList<>();

    @BeforeAll
    static void load() {
        put("Practitioner/layers-clinician", "{\"resourceType\":\"Practitioner\",\"id\":\"layers-clinician\"}");
        List<String> all = new ArrayList<>(OPEN);
        all.addAll(CLOSED);
        all.add(SILENT);
        for (String patient : all) {
            put(
                    "Patient/" + patient,
                    "{\"resourceType\":\"Patient\",\"id\":\"" + patient
                            + "\",\"name\":[{\"family\":\"Layersen\"}],\"birthDate\":\"1961-06-06\"}");
            Consents.form(SERVER, patient);
            observation(patient, patient, "");
        }
        observation("layers-psy", OPEN.get(0), PSY);
        observation("layers-joint", OPEN.get(1), ",\"focus\":[{\"reference\":\"Patient/" + SILENT + "\"}]");
        observation(
                "layers-foreign",
                OPEN.get(1),
                ",\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"p\"}],\"focus\":[{\"reference\":\"#p\"}]");
        put(
                "Observation/layers-lost",
                "{\"resourceType\":\"Observation\",\"id\":\"layers-lost\",\"status\":\"final\",\"code\":{\"text\":\"x\"}}");
        OPEN.forEach(patient -> consent(patient, ConsentProvisionType.PERMIT));
        CLOSED.forEach(patient -> consent(patient, ConsentProvisionType.DENY));
    }

    /**
     * The first lets in to what is normal; a deny is nested, so that the clinician is named by a permit all the same.
     */
    private static void consent(String patient, ConsentProvisionType type) {
        Consent consent = Consents.permit(patient, CLINICIAN);
        if (type == ConsentProvisionType.DENY) {
            consent.getProvision().addProvision().setType(type);
        } else if (patient.equals(OPEN.get(0))) {
            consent.getProvision()
                    .addSecurityLabel()
                    .setSystem("http://terminology.hl7.org/CodeSystem/v3-Confidentiality")
                    .setCode("N");
        }
        consents.add(Consents.record(SERVER, consent));
    }

    @AfterAll
    static void end() {
        consents.forEach(consent -> Consents.end(SERVER, consent));
    }

    @ParameterizedTest
    @CsvSource({
        "layers-open-1, true",
        "layers-open-2, true",
        "layers-psy, false",
        "layers-joint, false",
        "layers-foreign, false",
        "layers-lost, false",
        "layers-closed-1, false",
        "layers-silent, false"
    })
    void the_second_layer_shows_only_what_may_be_seen_however_it_was_loaded(String id, boolean shown) {
        HouseRequest request = request("Observation");
        SimplePreResourceShowDetails details = new SimplePreResourceShowDetails(loaded(id));

        SERVER.bean(ReleaseCheck.class).check(details, request);

        assertThat(details.getResource(0) != null).isEqualTo(shown);
        assertThat(Exchange.of(request).orElseThrow().shown()).hasSize(shown ? 1 : 0);
    }

    /** Where HAPI did not say in which partition it lay. */
    @ParameterizedTest
    @CsvSource({"layers-open-2, true", "layers-joint, false", "layers-foreign, false", "layers-closed-1, false"})
    void the_second_layer_finds_the_owners_by_itself(String id, boolean shown) {
        IBaseResource resource = loaded(id);
        resource.setUserData(ca.uhn.fhir.rest.api.Constants.RESOURCE_PARTITION_ID, null);
        SimplePreResourceShowDetails details = new SimplePreResourceShowDetails(resource);

        SERVER.bean(ReleaseCheck.class).check(details, request("Observation"));

        assertThat(details.getResource(0) != null).isEqualTo(shown);
    }

    @Test
    void the_first_layer_lets_nothing_be_looked_at_but_the_partitions_of_who_let_the_clinician_in() {
        PartitionScope scope = scope(1000);
        OwnerIndex index = SERVER.bean(OwnerIndex.class);
        SearchParameterMap everywhere = new SearchParameterMap();
        SearchParameterMap named = new SearchParameterMap();
        named.add("subject", new ReferenceParam("Patient/" + CLOSED.get(0)));

        RequestPartitionId all = scope.read(
                request("Observation"), ReadPartitionIdRequestDetails.forSearchType("Observation", everywhere, null));
        RequestPartitionId one = scope.read(
                request("Observation"), ReadPartitionIdRequestDetails.forSearchType("Observation", named, null));

        List<Integer> expected = new ArrayList<>(List.of(Partition.SHARED));
        expected.addAll(index.partitionsOf(OPEN).values());
        assertThat(all.getPartitionIds()).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(one.getPartitionIds()).containsExactly(Partition.SHARED);
    }

    /** Three may be seen, and six have said something of the clinician: whoever says no does not count. */
    @Test
    void who_forbids_it_neither_fills_the_list_of_those_who_are_searched_nor_takes_anybody_off_it() {
        Exchange exchange = Exchange.of(request("Observation")).orElseThrow();

        assertThat(readSet(3).partitions(exchange, "Observation"))
                .containsExactlyInAnyOrderElementsOf(
                        SERVER.bean(OwnerIndex.class).partitionsOf(OPEN).values());
        assertThatThrownBy(() -> readSet(2).partitions(exchange, "Observation"))
                .isInstanceOf(ForbiddenOperationException.class);
    }

    /** Seven namesakes, of whom three may be seen. */
    @Test
    void very_many_namesakes_are_looked_for_among_those_who_may_be_seen() {
        SearchParameterMap demographics = new SearchParameterMap();
        demographics.add("family", new StringParam("Layersen"));
        demographics.add("birthdate", new DateParam("1961-06-06"));
        ReadSet readSet = readSet(1000);
        Exchange exchange = Exchange.of(request("Patient")).orElseThrow();
        List<List<Integer>> slices = readSet.slices(exchange, "Patient");

        assertThat(lookup(7).meantBy(demographics, () -> slices).orElseThrow()).hasSize(7);
        assertThat(lookup(6).meantBy(demographics, () -> slices).orElseThrow())
                .containsExactlyInAnyOrderElementsOf(OPEN);
    }

    /** The record of a notification holds only if the consents that it rests on are still what they were. */
    @Test
    void what_was_decided_before_a_consent_ended_is_neither_recorded_nor_sent() {
        Consent permit = Consents.permit(SILENT, CLINICIAN);
        String consent = Consents.record(SERVER, permit);
        PopulationGate gate = SERVER.bean(PopulationGate.class);
        RequestDetails first = gate.begin(clinician(), "Observation");
        RequestDetails second = gate.begin(clinician(), "Observation");
        for (RequestDetails decided : List.of(first, second)) {
            assertThat(gate.show(
                            decided,
                            "Observation",
                            List.of(new Place(Partition.SHARED, "Observation/" + SILENT)),
                            null))
                    .hasSize(1);
        }

        assertThat(isSent(first)).isTrue();
        Consents.end(SERVER, consent);

        assertThat(isSent(second)).isFalse();
        assertThat(gate.isCurrent(second)).isFalse();
    }

    private static boolean isSent(RequestDetails decided) {
        return SERVER.bean(NotificationRecorder.class)
                .sending(
                        Exchange.of(decided).orElseThrow(),
                        Set.of(SILENT),
                        "Observation/" + SILENT + "/_history/1",
                        "a-subscription",
                        "PUT",
                        "hooks.example");
    }

    private static PatientLookup lookup(int mostMeant) {
        return new PatientLookup(daos(), mostMeant);
    }

    private static ObjectProvider<DaoRegistry> daos() {
        StaticListableBeanFactory beans = new StaticListableBeanFactory();
        beans.addBean("daos", SERVER.bean(DaoRegistry.class));
        return beans.getBeanProvider(DaoRegistry.class);
    }

    private static ReadSet readSet(int most) {
        return new ReadSet(
                SERVER.bean(PatientAccess.class),
                SERVER.bean(ConsentStates.class),
                SERVER.bean(OwnerIndex.class),
                ImplicitPolicy.BREAK_GLASS_ONLY,
                SERVER.bean(ContractRequests.class),
                most);
    }

    private static PartitionScope scope(int most) {
        return new PartitionScope(
                SERVER.bean(OwnerIndex.class),
                SERVER.bean(PatientAccess.class),
                readSet(most),
                SERVER.bean(ResourceAccess.class),
                SERVER.bean(WriteGate.class),
                SERVER.bean(NarrowView.class),
                lookup(1000));
    }

    /** As if the first layer were not there. */
    private static IBaseResource loaded(String id) {
        return SERVER.bean(DaoRegistry.class)
                .getResourceDao("Observation")
                .read(new IdType("Observation", id), SystemRequestDetails.forAllPartitions());
    }

    /** A request of a clinician of these tests. */
    static HouseRequest request(String type) {
        return SERVER.bean(HouseRequests.class)
                .begin(clinician(), RestOperationTypeEnum.SEARCH_TYPE, RequestTypeEnum.GET, type);
    }

    private static Requester clinician() {
        try {
            return new Requester(
                    "http://localhost:8080",
                    "layers-clinician",
                    "an-app",
                    "a-token",
                    CLINICIAN,
                    "Layers",
                    Set.of(Role.PHYSICIAN),
                    Set.of(),
                    null,
                    Set.of("TREAT"),
                    ScopeSet.parse("user/*.cruds"),
                    null,
                    null,
                    null,
                    Instant.now(),
                    null,
                    null,
                    null,
                    null,
                    Instant.MAX);
        } catch (ScopeException e) {
            throw new AssertionError(e);
        }
    }

    private static void observation(String id, String patient, String more) {
        put(
                "Observation/" + id,
                "{\"resourceType\":\"Observation\",\"id\":\"" + id + "\"" + more
                        + ",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/"
                        + patient + "\"}}");
    }

    private static void put(String path, String json) {
        Answer stored = SERVER.put(
                "backend", path, (Resource) SERVER.fhir().newJsonParser().parseResource(json));
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }
}
