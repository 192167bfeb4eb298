package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.Representatives;

/**
 * What patients sign with a key of their own: a detached JWS, made here by a library that knows nothing of this server.
 */
class OwnKeyIT {
    private static final String USER = "patient2";
    private static final String SELF = "mateusz-kowalczyk";
    private static final String CLINICIAN = "physician2";
    private static final String LINDQVIST = "Practitioner/jonas-lindqvist";

    private static final TestServer SERVER = TestServer.shared();

    private final ECKey key = newKey();
    private String kid = "";
    private String consent = "";

    @BeforeEach
    void draft() {
        kid = register(LogIns.now(SERVER, USER), key);
        Consent draft = Consents.permit(SELF, LINDQVIST, "Immunization");
        draft.setSource(null);
        draft.setStatus(Consent.ConsentState.PROPOSED);
        Answer stored = Probe.of("POST", "Consent", text(draft)).send(SERVER, weak());
        assertThat(stored.status()).as(stored.text()).isEqualTo(201);
        consent = stored.resource().getIdElement().getIdPart();
    }

    @AfterEach
    void end() {
        operation(LogIns.now(SERVER, USER), "Patient/" + SELF + "/$revoke-key", parameters("key", kid));
        SERVER.send(SERVER.anonymous("Consent/" + consent)
                .header("Authorization", "Bearer " + LogIns.now(SERVER, USER))
                .DELETE());
    }

    @Test
    void a_patient_opens_and_closes_their_record_by_signatures_without_a_strong_log_in() {
        Consent activated = (Consent) SERVER.get(USER, "Consent/" + consent).resource();
        activated.setStatus(Consent.ConsentState.ACTIVE);
        assertThat(Probe.of("PUT", "Consent/" + consent, text(activated))
                        .send(SERVER, weak())
                        .status())
                .as("without a signature a strong log-in is asked for")
                .isEqualTo(401);

        Answer opened = sign(weak(), transition(false), key);

        assertThat(opened.status()).as(opened.text()).isEqualTo(200);
        assertThat(status()).isEqualTo(Consent.ConsentState.ACTIVE);
        assertThat(state()).isEqualTo("ACTIVE");
        assertThat(events()).anySatisfy(event -> {
            assertThat(event.getSubtypeFirstRep().getCode()).isEqualTo("consent-signature");
            assertThat(event.getOutcome()).isEqualTo(AuditEvent.AuditEventOutcome._0);
        });
        Answer closed = sign(weak(), transition(true), key);
        assertThat(closed.status()).as(closed.text()).isEqualTo(200);
        assertThat(state()).isEqualTo("REVOKED");
        assertThat(status()).isEqualTo(Consent.ConsentState.INACTIVE);
    }

    @Test
    void a_signature_that_does_not_count_opens_nothing_and_is_recorded() {
        byte[] good = transition(false);
        String text = new String(good, StandardCharsets.UTF_8);
        String jws = jws(good, key, kid, "consent+jws");

        refused("contract-refused", good, jws(good, newKey(), kid, "consent+jws"));
        refused("contract-refused", good, flipped(jws));
        refused("contract-refused", good, jws(good, key, kid, "JWT"));
        refused("contract-refused", good, jws(good, key, "another-key", "consent+jws"));
        refused("contract-refused", good, jws(transition(false), key, kid, "consent+jws"));
        refused("signature-malformed", new byte[] {1}, jws);
        refused("signature-malformed", good, "x".repeat(64));
        byte[] longer = text.replace(LINDQVIST, "Practitioner/someone-else").getBytes(StandardCharsets.UTF_8);
        refused("contract-refused", longer, jws(longer, key, kid, "consent+jws"));
        byte[] old = text.replaceFirst(
                        "\"at\":\"[^\"]*\"",
                        "\"at\":\"" + Instant.now().minusSeconds(301).truncatedTo(ChronoUnit.MILLIS) + "\"")
                .getBytes(StandardCharsets.UTF_8);
        refused("signature-expired", old, jws(old, key, kid, "consent+jws"));
        byte[] elsewhere = text.replace(consent, "another-consent").getBytes(StandardCharsets.UTF_8);
        refused("signature-of-another-consent", elsewhere, jws(elsewhere, key, kid, "consent+jws"));
        byte[] somebodyElses =
                text.replace("Patient/" + SELF, "Patient/elena-rossi").getBytes(StandardCharsets.UTF_8);
        refused("signature-of-another-person", somebodyElses, jws(somebodyElses, key, kid, "consent+jws"));
        assertThat(status()).isEqualTo(Consent.ConsentState.PROPOSED);

        assertThat(sign(weak(), good, key).status()).isEqualTo(200);
    }

    @Test
    void a_signature_counts_once_and_only_while_its_key_is_registered() {
        byte[] grant = transition(false);
        assertThat(sign(weak(), grant, key).status()).isEqualTo(200);
        refused("contract-refused", grant, jws(grant, key, kid, "consent+jws"));
        assertThat(sign(weak(), transition(true), key).status()).isEqualTo(200);
        refused("contract-refused", grant, jws(grant, key, kid, "consent+jws"));
        byte[] again = transition(false);

        Answer ended = operation(weak(), "Patient/" + SELF + "/$revoke-key", parameters("key", kid));

        assertThat(ended.status()).as(ended.text()).isEqualTo(200);
        refused("contract-refused", again, jws(again, key, kid, "consent+jws"));
        assertThat(state()).isEqualTo("REVOKED");
    }

    @Test
    void nobody_brings_what_somebody_else_signed() {
        byte[] good = transition(false);
        String elena = LogIns.now(SERVER, "patient");

        Answer another = send(elena, good, jws(good, key, kid, "consent+jws"));

        assertThat(another.status()).as(another.text()).isEqualTo(422);
        for (String user : List.of(CLINICIAN, "compliance", "administrator", "backend")) {
            assertThat(send(SERVER.token(user), good, jws(good, key, kid, "consent+jws"))
                            .status())
                    .as(user)
                    .isEqualTo(403);
        }
        assertThat(status()).isEqualTo(Consent.ConsentState.PROPOSED);
    }

    @Test
    void a_key_is_registered_by_its_owner_after_a_strong_and_recent_log_in() {
        String jwk = newKey().toPublicJWK().toJSONString();
        String path = "Patient/" + SELF + "/$register-key";

        assertThat(operation(weak(), path, parameters("jwk", jwk)).status()).isEqualTo(401);
        assertThat(operation(LogIns.now(SERVER, "patient"), path, parameters("jwk", jwk))
                        .text())
                .isEqualTo(
                        operation(LogIns.now(SERVER, "patient"), "Patient/nobody/$register-key", parameters("jwk", jwk))
                                .text()
                                .replace("nobody", SELF));
        for (String user : List.of(CLINICIAN, "backend", "compliance")) {
            assertThat(operation(SERVER.token(user), path, parameters("jwk", jwk))
                            .status())
                    .as(user)
                    .isEqualTo(403);
        }
        for (String wrong : List.of(
                "",
                "x",
                "{}",
                newKey().toJSONString(),
                "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\"}",
                "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQ\"}",
                "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
                "[".repeat(3000))) {
            Answer answer = operation(LogIns.now(SERVER, USER), path, parameters("jwk", wrong));
            assertThat(answer.status()).as(wrong + answer.text()).isIn(400, 422);
        }
        assertThat(operation(
                                LogIns.now(SERVER, USER),
                                path,
                                parameters("jwk", key.toPublicJWK().toJSONString()))
                        .status())
                .as("the same key again")
                .isEqualTo(200);
        assertThat(SERVER.send(SERVER.anonymous("Patient/" + SELF + "/$signing-keys")
                                .header("Authorization", "Bearer " + weak())
                                .GET())
                        .text())
                .contains(kid);
        Answer unknown = operation(weak(), "Patient/" + SELF + "/$revoke-key", parameters("key", "0".repeat(64)));
        assertThat(unknown.status()).isEqualTo(422);
    }

    @Test
    void nobody_revokes_somebody_elses_key() {
        String related = "RelatedPerson/own-key-mother";
        assertThat(Probe.of(
                                "PUT",
                                related,
                                "{\"resourceType\":\"RelatedPerson\",\"id\":\"own-key-mother\",\"patient\":{\"reference\":\"Patient/"
                                        + SELF + "\"}}")
                        .send(SERVER, SERVER.token("backend"))
                        .status())
                .isIn(200, 201);
        Consent office = Consents.permit(SELF, related);
        office.setCategory(List.of(new CodeableConcept(
                new Coding("https://securemed.org/fhir/CodeSystem/consent-category", "representation", null))));
        office.getProvision().setPurpose(null).setPeriod(null);
        office.setSource(null);
        Answer appointed = Probe.of("POST", "Consent", text(office)).send(SERVER, LogIns.now(SERVER, USER));
        assertThat(appointed.status()).as(appointed.text()).isEqualTo(201);
        Representatives.account(SERVER, "own-key-mother", SELF, related);
        ECKey hers = newKey();
        String herKey = register(Representatives.token(SERVER, "own-key-mother"), hers);
        ECKey elenas = newKey();
        String elenasKey = register(LogIns.now(SERVER, "patient"), elenas, "elena-rossi");

        String self = "Patient/" + SELF + "/$revoke-key";
        Answer unknown = operation(weak(), self, parameters("key", "0".repeat(64)));
        assertThat(unknown.status()).isEqualTo(422);
        long refusals = refusals();
        for (String another : List.of(herKey, elenasKey)) {
            Answer refused = operation(weak(), self, parameters("key", another));
            assertThat(refused.status()).isEqualTo(422);
            assertThat(refused.text()).isEqualTo(unknown.text());
        }
        assertThat(refusals()).as("each refusal is an event of the record").isEqualTo(refusals + 2);
        String mother = Representatives.token(SERVER, "own-key-mother");
        assertThat(operation(mother, self, parameters("key", kid)).text()).isEqualTo(unknown.text());
        String elena = LogIns.now(SERVER, "patient");
        assertThat(operation(elena, self, parameters("key", kid)).text())
                .isEqualTo(operation(elena, "Patient/nobody/$revoke-key", parameters("key", kid))
                        .text()
                        .replace("nobody", SELF));
        for (String user : List.of(CLINICIAN, "backend", "compliance")) {
            assertThat(operation(SERVER.token(user), self, parameters("key", kid))
                            .status())
                    .as(user)
                    .isEqualTo(403);
        }

        assertThat(keysOf(mother, SELF)).contains(herKey).doesNotContain(kid);
        assertThat(keysOf(elena, "elena-rossi")).contains(elenasKey);
        assertThat(sign(weak(), transition(false), key).status())
                .as("it still signs")
                .isEqualTo(200);
        assertThat(operation(weak(), self, parameters("key", kid)).status()).isEqualTo(200);
        assertThat(operation(weak(), self, parameters("key", kid)).text())
                .as("once more it is as unknown")
                .isEqualTo(unknown.text());
        assertThat(keysOf(weak(), SELF)).doesNotContain(kid);

        operation(mother, self, parameters("key", herKey));
        operation(elena, "Patient/elena-rossi/$revoke-key", parameters("key", elenasKey));
        Probe.of("DELETE", "Consent/" + appointed.resource().getIdElement().getIdPart(), "")
                .send(SERVER, LogIns.now(SERVER, USER));
    }

    private static String keysOf(String token, String patient) {
        return SERVER.send(SERVER.anonymous("Patient/" + patient + "/$signing-keys")
                        .header("Authorization", "Bearer " + token)
                        .GET())
                .text();
    }

    private static long refusals() {
        return SERVER.get("compliance", "AuditEvent?patient=Patient/" + SELF + "&outcome=4,8&_count=500")
                .bundle()
                .getEntry()
                .size();
    }

    private static String register(String token, ECKey key) {
        return register(token, key, SELF);
    }

    private static String register(String token, ECKey key, String patient) {
        Answer answer = operation(
                token,
                "Patient/" + patient + "/$register-key",
                parameters("jwk", key.toPublicJWK().toJSONString()));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return ((StringType)
                        ((Parameters) answer.resource()).getParameter("key").getValue())
                .getValue();
    }

    private byte[] transition(boolean end) {
        Parameters parameters = parameters("key", kid);
        parameters.addParameter().setName("end").setValue(new BooleanType(end));
        Answer answer = operation(weak(), "Consent/" + consent + "/$to-sign", parameters);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return ((Base64BinaryType) ((Parameters) answer.resource())
                        .getParameter("transition")
                        .getValue())
                .getValue();
    }

    private Answer sign(String token, byte[] transition, ECKey by) {
        return send(token, transition, jws(transition, by, kid, "consent+jws"));
    }

    private Answer send(String token, byte[] transition, String jws) {
        Parameters parameters = parameters("jws", jws);
        parameters.addParameter().setName("transition").setValue(new Base64BinaryType(transition));
        return operation(token, "Consent/" + consent + "/$sign", parameters);
    }

    private void refused(String code, byte[] transition, String jws) {
        long before = failures(code);
        Answer answer = send(weak(), transition, jws);
        assertThat(answer.status()).as(code + answer.text()).isEqualTo(422);
        assertThat(answer.text()).contains("signature-refused").doesNotContain(code);
        assertThat(failures(code)).as(code).isEqualTo(before + 1);
    }

    private static long failures(String code) {
        return events().stream()
                .filter(event -> code.equals(event.getOutcomeDesc()))
                .count();
    }

    private static List<AuditEvent> events() {
        return SERVER
                .get("compliance", "AuditEvent?patient=Patient/" + SELF + "&subtype=consent-signature&_count=200")
                .bundle()
                .getEntry()
                .stream()
                .map(entry -> (AuditEvent) entry.getResource())
                .toList();
    }

    private static String flipped(String jws) {
        int middle = jws.indexOf("..") + 20;
        char other = jws.charAt(middle) == 'A' ? 'B' : 'A';
        return jws.substring(0, middle) + other + jws.substring(middle + 1);
    }

    private static String jws(byte[] transition, ECKey by, String kid, String type) {
        try {
            JWSObject jws = new JWSObject(
                    new JWSHeader.Builder(JWSAlgorithm.ES256)
                            .keyID(kid)
                            .type(new JOSEObjectType(type))
                            .build(),
                    new Payload(transition));
            jws.sign(new ECDSASigner(by));
            return jws.serialize(true);
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ECKey newKey() {
        try {
            return new ECKeyGenerator(Curve.P_256).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String weak() {
        return LogIns.ago(SERVER, USER, Duration.ofHours(13));
    }

    private Consent.ConsentState status() {
        return ((Consent) SERVER.get(USER, "Consent/" + consent).resource()).getStatus();
    }

    private String state() {
        ConsentStates states = SERVER.bean(ConsentStates.class);
        states.refresh(states.subject(SELF));
        return states.of(SELF).consent(consent).orElseThrow().status().name();
    }

    private static Answer operation(String token, String path, Parameters parameters) {
        return Probe.of("POST", path, text(parameters)).send(SERVER, token);
    }

    private static Parameters parameters(String name, String value) {
        Parameters parameters = new Parameters();
        parameters.addParameter().setName(name).setValue(new StringType(value));
        return parameters;
    }

    private static String text(Resource resource) {
        return SERVER.fhir().newJsonParser().encodeResourceToString(resource);
    }
}
