package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.TestCardBridge;
import org.securemed.fhir.smart.TokenMint;

/** What patients sign by card, over HTTP; the cards are keys, and the bridge's statements are made by the test. */
class CardConsentIT {
    private static final String CLINICIAN = "physician2";
    private static final String USER = "Practitioner/jonas-lindqvist";
    private static final String SELF = "mateusz-kowalczyk";

    private static final TestServer SERVER = TestServer.shared();

    private final String patient = "card-" + UUID.randomUUID();
    private final KeyPair key = keyPair();
    private String card = UUID.randomUUID().toString();

    /** What the terminal has in hand before it sends it. */
    private record Signed(String consent, byte[] transition, byte[] signature, String statement) {
        Signed statement(String other) {
            return new Signed(consent, transition, signature, other);
        }
    }

    @BeforeEach
    void enrol() {
        put("Patient/" + patient, """
                {"resourceType":"Patient","id":"$","name":[{"family":"Card"}]}""".replace("$", patient));
        put("Observation/o-" + patient, """
                {"resourceType":"Observation","id":"o-$","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/$"}}""".replace("$", patient));
        card("active", patient);
    }

    @Test
    void the_patients_card_and_the_clinicians_session_open_the_record_for_eight_hours() {
        Parameters asked = ask();
        Instant until = ((InstantType) asked.getParameter("until").getValue())
                .getValue()
                .toInstant();
        assertThat(Duration.between(Instant.now(), until)).isBetween(Duration.ofMinutes(478), Duration.ofHours(8));
        assertThat(read()).as("a request alone opens nothing").isEqualTo(404);
        Consent proposed = consent(id(asked));
        assertThat(proposed.getStatus()).isEqualTo(Consent.ConsentState.PROPOSED);
        assertThat(proposed.getPatient().getReference()).isEqualTo("Patient/" + patient);

        Answer signed = sign(signed(asked));

        assertThat(signed.status()).as(signed.text()).isEqualTo(200);
        assertThat(read()).isEqualTo(200);
        assertThat(SERVER.get(CLINICIAN, "Observation?patient=" + patient)
                        .bundle()
                        .getTotal())
                .isEqualTo(1);
        assertThat(SERVER.get("nurse", "Patient/" + patient).status())
                .as("nobody else")
                .isEqualTo(404);
        assertThat(consent(id(asked)).getStatus()).isEqualTo(Consent.ConsentState.ACTIVE);
        assertThat(consent(id(asked)).getProvision().getPeriod().getEnd().toInstant())
                .isEqualTo(until);
        assertThat(events()).anySatisfy(event -> {
            assertThat(event.getSubtypeFirstRep().getCode()).isEqualTo("card");
            assertThat(event.getOutcome()).isEqualTo(AuditEvent.AuditEventOutcome._0);
            assertThat(entities(event)).contains("Device/" + card);
            assertThat(event.getAgentFirstRep().getWho().getReference()).isEqualTo(USER);
        });
    }

    @Test
    void a_request_is_answered_alike_for_a_patient_who_is_not_there() {
        Answer there = operation(CLINICIAN, "Patient/" + patient + "/$request-access", card(card));
        Answer absent = operation(CLINICIAN, "Patient/card-nobody/$request-access", card(card));

        assertThat(absent.status()).isEqualTo(there.status()).isEqualTo(200);
        assertThat(shape(absent)).isEqualTo(shape(there));
        for (String user : List.of("administrator", "compliance", "patient2", "backend")) {
            assertThat(operation(user, "Patient/" + patient + "/$request-access", card(card))
                            .status())
                    .as(user)
                    .isEqualTo(403);
        }
    }

    private static List<String> shape(Answer answer) {
        Parameters parameters = (Parameters) answer.resource();
        byte[] transition =
                ((Base64BinaryType) parameters.getParameter("transition").getValue()).getValue();
        String text = new String(transition, StandardCharsets.UTF_8)
                .replaceAll("card-(nobody|[0-9a-f-]{36})", "PATIENT")
                .replaceAll("[0-9a-f-]{36}", "ID")
                .replaceAll("[0-9]{4}-[0-9T:.-]+Z", "TIME");
        return List.of(
                text,
                parameters.getParameter().stream()
                        .map(Parameters.ParametersParameterComponent::getName)
                        .toList()
                        .toString());
    }

    @Test
    void a_signature_that_does_not_count_opens_nothing_and_is_recorded() throws Exception {
        Parameters asked = ask();
        Signed good = signed(asked);
        Signed other = signed(ask());
        KeyPair stranger = keyPair();

        refused(
                "contract-refused",
                new Signed(
                        good.consent,
                        good.transition,
                        sign(good.transition, stranger),
                        statement(good.transition, c -> c)));
        byte[] flipped = good.signature.clone();
        flipped[flipped.length - 1] ^= 1;
        refused(
                "contract-refused",
                new Signed(good.consent, good.transition, flipped, statement(good.transition, c -> c)));
        // The signature of something else, also without the words before it.
        refused(
                "contract-refused",
                new Signed(
                        good.consent, good.transition, raw(good.transition, key), statement(good.transition, c -> c)));
        refused(
                "signature-of-something-else",
                new Signed(good.consent, good.transition, good.signature, statement(other.transition, c -> c)));
        refused(
                "signature-of-another-consent",
                new Signed(other.consent, good.transition, good.signature, statement(good.transition, c -> c)));
        refused(
                "signature-of-another-card",
                good.statement(statement(good.transition, c -> c.claim("device", "Device/" + UUID.randomUUID()))));
        refused("card-statement-invalid", good.statement(statement(good.transition, c -> c.audience("x"))));
        refused(
                "card-statement-invalid",
                good.statement(statement(good.transition, c -> c.claim("acr", "urn:securemed:acr:card-without-pin"))));
        refused("card-statement-invalid", good.statement("a.b.c"));
        refused(
                "card-statement-expired",
                good.statement(statement(
                        good.transition,
                        c -> c.expirationTime(Date.from(Instant.now().minusSeconds(30))))));
        Answer another = sign(good.statement(statement(good.transition, c -> c.subject("Patient/" + SELF))));
        assertThat(another.status()).isEqualTo(422);
        assertThat(sign(new Signed(good.consent, new byte[] {1}, good.signature, good.statement))
                        .status())
                .isEqualTo(422);
        assertThat(read()).isEqualTo(404);

        assertThat(sign(good).status()).isEqualTo(200);
    }

    @Test
    void what_was_made_longer_than_it_was_offered_is_refused_though_the_card_signed_it() {
        Signed good = signed(ask());
        String text = new String(good.transition, StandardCharsets.UTF_8);
        for (String change : List.of(
                text.replaceAll("\"until\":\"20", "\"until\":\"29"),
                text.replace(USER, "Practitioner/someone-else"),
                text.replace("TREAT", "HRESCH"))) {
            assertThat(change).isNotEqualTo(text);
            byte[] bytes = change.getBytes(StandardCharsets.UTF_8);
            refused("contract-refused", new Signed(good.consent, bytes, sign(bytes, key), statement(bytes, c -> c)));
        }
        String old = text.replaceFirst(
                "\"at\":\"[^\"]*\"",
                "\"at\":\"" + Instant.now().minusSeconds(301).truncatedTo(ChronoUnit.MILLIS) + "\"");
        byte[] expired = old.getBytes(StandardCharsets.UTF_8);
        refused("signature-expired", new Signed(good.consent, expired, sign(expired, key), statement(expired, c -> c)));
        assertThat(read()).isEqualTo(404);
    }

    @Test
    void a_grant_counts_once_also_after_it_was_revoked() {
        Signed good = signed(ask());
        assertThat(sign(good).status()).isEqualTo(200);

        refused("card-statement-used", good);
        refused("contract-refused", good.statement(statement(good.transition, c -> c)));
        Consents.form(SERVER, patient);
        Consent ended = consent(good.consent);
        ended.setStatus(Consent.ConsentState.INACTIVE);
        ended.setSource(new Reference("DocumentReference/form-" + patient));
        assertThat(SERVER.put("backend", "Consent/" + good.consent, ended).status())
                .isEqualTo(200);
        assertThat(read()).isEqualTo(404);
        refused("contract-refused", good.statement(statement(good.transition, c -> c)));
        assertThat(read()).isEqualTo(404);
    }

    @Test
    void a_request_that_nobody_signs_in_time_is_closed() {
        Parameters asked = ask();
        UnansweredRequests unanswered = SERVER.bean(UnansweredRequests.class);

        unanswered.run(Instant.now());
        assertThat(consent(id(asked)).getStatus()).isEqualTo(Consent.ConsentState.PROPOSED);

        unanswered.run(Instant.now().plusSeconds(9 * 3600));
        assertThat(consent(id(asked)).getStatus()).isEqualTo(Consent.ConsentState.REJECTED);
        assertThat(read()).isEqualTo(404);
    }

    @Test
    void nobody_uses_the_request_of_a_colleague() {
        Signed good = signed(ask());

        Answer refused = sign("nurse", good);

        assertThat(refused.status()).as(refused.text()).isEqualTo(422);
        assertThat(sign("compliance", signed(ask())).status()).isEqualTo(403);
        assertThat(read()).isEqualTo(404);
    }

    @Test
    void a_suspended_card_signs_nothing_and_signs_again_when_it_is_active() {
        for (String status : List.of("suspended", "lost", "expired")) {
            Signed ready = signed(ask());
            card(status, patient);
            refused("card-blocked", ready);
            card("active", patient);
        }
        // Also if the bridge goes on to vouch for it: the contract does not know the key any more.
        Signed ready = signed(ask());
        card("suspended", patient);
        card("active", patient, keyPair());
        refused(
                "contract-refused",
                // Of the second in which it was blocked, no statement counts.
                ready.statement(statement(
                        ready.transition,
                        c -> c.issueTime(Date.from(Instant.now().plusSeconds(2))))));
    }

    @Test
    void only_the_bridge_registers_a_cards_key() {
        String mine = UUID.randomUUID().toString();
        Answer stored = SERVER.put("backend", "Device/" + mine, device(mine, "active", patient, keyPair()));

        assertThat(stored.status()).as(stored.text()).isLessThan(300);
        assertThat(SERVER.bean(ConsentStates.class).of(patient).keys()).containsOnlyKeys(card);
    }

    @Test
    void a_patient_grants_and_revokes_by_card_without_a_strong_log_in() {
        card = UUID.randomUUID().toString();
        card("active", SELF);
        String weak = SERVER.bean(TokenMint.class).forPerson("patient2", "patient/*.cruds");
        Consent draft = Consents.permit(SELF, USER, "Immunization");
        draft.setSource(null);
        draft.setStatus(Consent.ConsentState.PROPOSED);
        Answer stored = Probe.of("POST", "Consent", text(draft)).send(SERVER, weak);
        assertThat(stored.status()).as(stored.text()).isEqualTo(201);
        String id = stored.resource().getIdElement().getIdPart();

        Signed grant = toSign(weak, id, false);
        assertThat(signAs(weak, grant).status()).isEqualTo(200);
        assertThat(state(id)).isEqualTo("ACTIVE");
        Signed revocation = toSign(weak, id, true);
        Signed again = toSign(weak, id, true);
        // A clinician at the desk brings requests of their own, and nothing else.
        assertThat(sign(CLINICIAN, revocation).status()).isEqualTo(422);
        Answer revoked =
                signAs(weak, revocation.statement(statement(revocation.transition, c -> c.subject("Patient/" + SELF))));
        assertThat(revoked.status()).as(revoked.text()).isEqualTo(200);
        assertThat(state(id)).isEqualTo("REVOKED");
        assertThat(signAs(weak, again).status()).isEqualTo(422);
        assertThat(SERVER.get("patient2", "Consent/" + id).resource())
                .isInstanceOfSatisfying(
                        Consent.class,
                        consent -> assertThat(consent.getStatus()).isEqualTo(Consent.ConsentState.INACTIVE));
    }

    private Signed toSign(String token, String id, boolean end) {
        Parameters parameters = card(card);
        parameters.addParameter().setName("end").setValue(new BooleanType(end));
        Answer answer = Probe.of("POST", "Consent/" + id + "/$to-sign", text(parameters))
                .send(SERVER, token);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        byte[] transition = transition((Parameters) answer.resource());
        return new Signed(
                id,
                transition,
                sign(transition, key),
                statement(transition, claims -> claims.subject("Patient/" + SELF)));
    }

    private static String state(String consent) {
        SERVER.bean(ConsentStates.class)
                .refresh(SERVER.bean(ConsentStates.class).subject(SELF));
        return SERVER.bean(ConsentStates.class)
                .of(SELF)
                .consent(consent)
                .orElseThrow()
                .status()
                .name();
    }

    private Parameters ask() {
        Answer answer = operation(CLINICIAN, "Patient/" + patient + "/$request-access", card(card));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        Parameters asked = (Parameters) answer.resource();
        // A busy machine may bring it after the answer.
        Instant deadline = Instant.now().plusSeconds(60);
        while (SERVER.get("backend", "Consent/" + id(asked)).status() != 200) {
            assertThat(Instant.now()).isBefore(deadline);
        }
        return asked;
    }

    private Signed signed(Parameters asked) {
        byte[] transition = transition(asked);
        return new Signed(id(asked), transition, sign(transition, key), statement(transition, claims -> claims));
    }

    private static String id(Parameters asked) {
        return ((Reference) asked.getParameter("consent").getValue())
                .getReference()
                .substring("Consent/".length());
    }

    private static byte[] transition(Parameters parameters) {
        return ((Base64BinaryType) parameters.getParameter("transition").getValue()).getValue();
    }

    private String statement(byte[] transition, UnaryOperator<JWTClaimsSet.Builder> change) {
        return TestCardBridge.sign(
                change.apply(TestCardBridge.claims("http://localhost:8080/fhir", "Patient/" + patient, "Device/" + card)
                                .claim("signed", sha256(transition)))
                        .build());
    }

    private void refused(String code, Signed signed) {
        long before = events().stream()
                .filter(event -> code.equals(event.getOutcomeDesc()))
                .count();
        Answer answer = sign(signed);
        assertThat(answer.status()).as(code + answer.text()).isEqualTo(422);
        assertThat(answer.text()).contains("card-signature-refused").doesNotContain(code);
        if (!code.equals("card-statement-invalid")
                && !code.equals("card-statement-used")
                && !code.equals("card-statement-expired")
                && !code.equals("card-blocked")) {
            assertThat(events().stream()
                            .filter(event -> code.equals(event.getOutcomeDesc()))
                            .count())
                    .as(code)
                    .isEqualTo(before + 1);
        } else {
            assertThat(SERVER.get("compliance", "AuditEvent?subtype=card&_count=5").bundle().getEntry().stream()
                            .map(entry -> ((AuditEvent) entry.getResource()).getOutcomeDesc()))
                    .contains(code);
        }
    }

    private Answer sign(Signed signed) {
        return sign(CLINICIAN, signed);
    }

    private Answer sign(String user, Signed signed) {
        return signAs(SERVER.token(user), signed);
    }

    private static Answer signAs(String token, Signed signed) {
        Parameters parameters = new Parameters();
        parameters.addParameter().setName("transition").setValue(new Base64BinaryType(signed.transition));
        parameters.addParameter().setName("signature").setValue(new Base64BinaryType(signed.signature));
        parameters.addParameter().setName("statement").setValue(new StringType(signed.statement));
        return Probe.of("POST", "Consent/" + signed.consent + "/$sign", text(parameters))
                .send(SERVER, token);
    }

    private static Answer operation(String user, String path, Parameters parameters) {
        return Probe.of("POST", path, text(parameters)).send(SERVER, SERVER.token(user));
    }

    private static Parameters card(String id) {
        Parameters parameters = new Parameters();
        parameters.addParameter().setName("card").setValue(new Reference("Device/" + id));
        return parameters;
    }

    /** As the bridge writes it. */
    private void card(String status, String owner) {
        card(status, owner, key);
    }

    private void card(String status, String owner, KeyPair holder) {
        String token = SERVER.bean(TokenMint.class).forClient(TestCardBridge.CLIENT, "system/Device.cruds");
        Answer stored = Probe.of("PUT", "Device/" + card, text(device(card, status, owner, holder)))
                .send(SERVER, token);
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }

    private static Resource device(String id, String status, String owner, KeyPair holder) {
        return (Resource) SERVER.fhir().newJsonParser().parseResource("""
                {"resourceType":"Device","id":"%s","status":"%s","patient":{"reference":"Patient/%s"},
                 "statusReason":[{"coding":[{"system":"https://securemed.org/fhir/CodeSystem/card-status","code":"%s"}]}],
                 "extension":[{"url":"https://securemed.org/fhir/StructureDefinition/card-key","valueBase64Binary":"%s"}]}
                """.formatted(
                        id,
                        status.equals("active") ? "active" : "inactive",
                        owner,
                        status,
                        Base64.getEncoder().encodeToString(holder.getPublic().getEncoded())));
    }

    private static Consent consent(String id) {
        return (Consent) SERVER.get("backend", "Consent/" + id).resource();
    }

    private int read() {
        return SERVER.get(CLINICIAN, "Patient/" + patient).status();
    }

    private List<AuditEvent> events() {
        return SERVER
                .get("compliance", "AuditEvent?patient=Patient/" + patient + "&_count=200")
                .bundle()
                .getEntry()
                .stream()
                .map(entry -> (AuditEvent) entry.getResource())
                .toList();
    }

    private static List<String> entities(AuditEvent event) {
        return event.getEntity().stream()
                .map(entity -> String.valueOf(entity.getWhat().getReference()))
                .toList();
    }

    private static void put(String path, String json) {
        Answer stored = SERVER.put(
                "backend", path, (Resource) SERVER.fhir().newJsonParser().parseResource(json));
        assertThat(stored.status()).as(stored.text()).isLessThan(300);
    }

    private static String text(Resource resource) {
        return SERVER.fhir().newJsonParser().encodeResourceToString(resource);
    }

    private static KeyPair keyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] sign(byte[] transition, KeyPair by) {
        byte[] context = "securemed/consent-transition/v1\n".getBytes(StandardCharsets.US_ASCII);
        byte[] message = new byte[context.length + transition.length];
        System.arraycopy(context, 0, message, 0, context.length);
        System.arraycopy(transition, 0, message, context.length, transition.length);
        return raw(message, by);
    }

    private static byte[] raw(byte[] message, KeyPair by) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(by.getPrivate());
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
