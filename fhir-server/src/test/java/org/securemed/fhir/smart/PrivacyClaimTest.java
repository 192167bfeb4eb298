package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.ledger.consent.DataReference;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.ProvisionType;
import org.securemed.ledger.consent.Residual;
import org.securemed.ledger.consent.SecurityLabels;

/** {@code ihe_pcf} as IHE PCF's updates to ITI-71 print it. */
class PrivacyClaimTest {
    private static final String BASE = "http://localhost:8080/fhir";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void the_example_of_a_timeframe_is_read() {
        PrivacyGrant grant = read("""
                {"patient_id":"Patient/ex-patient","doc_id":"Consent/ex-consent-intermediate-timeframe","residual":[
                  {"type":"forbid"},{"type":"permit","dataPeriod":{"start":"2022-01-01T00:00:00Z","end":"2022-12-31T23:59:59Z"}}]}""");

        assertThat(grant.patient()).isEqualTo("ex-patient");
        assertThat(grant.residual().rules())
                .containsExactly(
                        Residual.Rule.FORBID_ALL,
                        new Residual.Rule(
                                ProvisionType.PERMIT,
                                List.of(),
                                new Period(
                                        Instant.parse("2022-01-01T00:00:00Z"), Instant.parse("2023-01-01T00:00:00Z")),
                                List.of()));
    }

    @Test
    void labels_data_and_dates_without_time_are_read() {
        PrivacyGrant grant = read("""
                {"patient_id":"http://localhost:8080/fhir/Patient/p","residual":[
                  {"type":"forbid","securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]},
                  {"type":"forbid","dataPeriod":{"start":"2021","end":"2022-06"}},
                  {"type":"forbid","data":[{"meaning":"related","reference":{"reference":"http://localhost:8080/fhir/Encounter/e"}}]}]}""");

        assertThat(grant.residual().rules().get(0).securityLabels()).containsExactly(SecurityLabels.sensitivity("PSY"));
        Period period = grant.residual().rules().get(1).dataPeriod();
        assertThat(period.contains(Instant.parse("2021-01-02T00:00:00Z"))).isTrue();
        assertThat(period.contains(Instant.parse("2022-06-29T00:00:00Z"))).isTrue();
        assertThat(period.contains(Instant.parse("2022-07-02T00:00:00Z"))).isFalse();
        assertThat(grant.residual().rules().get(2).data())
                .containsExactly(new DataReference(DataReference.Meaning.RELATED, "Encounter/e"));
    }

    @Test
    void what_is_written_is_read_as_it_was() throws JsonProcessingException {
        Residual residual = new Residual(List.of(
                Residual.Rule.FORBID_ALL,
                new Residual.Rule(
                        ProvisionType.PERMIT,
                        List.of(SecurityLabels.NORMAL, SecurityLabels.RESTRICTED),
                        Period.until(Instant.parse("2022-01-01T00:00:00Z")),
                        List.of(new DataReference(DataReference.Meaning.AUTHORED_BY, "Practitioner/p")))));
        Map<String, Object> claim = PrivacyClaim.write(
                new TokenConsents.Said("anna", List.of("c1", "c2"), List.of("urn:policy"), residual), BASE);

        assertThat(claim)
                .containsEntry("patient_id", BASE + "/Patient/anna")
                .containsEntry("doc_id", List.of(BASE + "/Consent/c1", BASE + "/Consent/c2"))
                .containsEntry("acp", List.of("urn:policy"));
        assertThat(read(JSON.writeValueAsString(claim))).isEqualTo(new PrivacyGrant("anna", residual));
    }

    @Test
    void nothing_is_said_of_a_residual_where_there_is_none() {
        assertThat(PrivacyClaim.write(new TokenConsents.Said("anna", List.of(), List.of(), Residual.NONE), BASE))
                .containsOnlyKeys("patient_id", "doc_id");
    }

    /** A restriction that is passed over would open what is to be closed. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"patient_id\":\"Practitioner/p\"}",
                "{\"patient_id\":\"1234^^^&1.2.3&ISO\"}",
                "{\"patient_id\":\"http://elsewhere.example/fhir/Patient/p\"}",
                "{\"patient_id\":[\"Patient/p\"]}",
                "{\"patient_id\":\"Patient/p\",\"Residual\":[{\"type\":\"forbid\"}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{\"type\":\"permit\",\"dataPeriod\":{\"start\":\"2021\",\"until\":\"2022\"}}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":{}}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[\"forbid\"]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{\"type\":\"maybe\"}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{\"type\":\"forbid\",\"class\":[]}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{\"type\":\"permit\",\"securityLabel\":[]}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{\"type\":\"permit\",\"securityLabel\":[{\"code\":\"N\"}]}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{\"type\":\"permit\",\"dataPeriod\":{}}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{\"type\":\"permit\",\"dataPeriod\":{\"start\":\"yesterday\"}}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{\"type\":\"permit\",\"dataPeriod\":{\"start\":\"2023\",\"end\":\"2021\"}}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{\"type\":\"forbid\",\"data\":[{\"meaning\":\"instance\",\"reference\":\"http://elsewhere.example/Observation/1\"}]}]}",
                "{\"patient_id\":\"Patient/p\",\"residual\":[{\"type\":\"forbid\",\"data\":[{\"meaning\":\"mine\",\"reference\":\"Observation/1\"}]}]}"
            })
    void what_cannot_be_enforced_is_not_read(String claim) {
        assertThatThrownBy(() -> read(claim)).isInstanceOf(IllegalArgumentException.class);
    }

    private static PrivacyGrant read(String claim) {
        try {
            return PrivacyClaim.read(JSON.readValue(claim, new TypeReference<Map<String, Object>>() {}), BASE);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }
}
