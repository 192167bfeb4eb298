package org.securemed.ledger.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.securemed.ledger.consent.Consents.DOCTOR;
import static org.securemed.ledger.consent.Consents.NOW;
import static org.securemed.ledger.consent.Consents.PATIENT;
import static org.securemed.ledger.consent.Consents.THE_PATIENT;
import static org.securemed.ledger.consent.Consents.after;
import static org.securemed.ledger.consent.Consents.applied;
import static org.securemed.ledger.consent.Consents.none;
import static org.securemed.ledger.consent.Consents.refusal;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.consent.RegisteredKey.Algorithm;
import org.securemed.ledger.consent.TransitionResult.Refusal;

class SignedTransitionTest {
    private static final String MUM = "RelatedPerson/mum";
    private final KeyPair ed25519 = newPair("Ed25519", "");
    private final KeyPair p256 = newPair("EC", "secp256r1");

    @Test
    void a_transition_signed_with_a_registered_key_of_its_author_is_applied() throws Exception {
        for (Algorithm algorithm : Algorithm.values()) {
            ConsentState state = after(none(), register(algorithm, PATIENT, THE_PATIENT));
            Transition.Grant grant = grant(new Author(Author.Capacity.PATIENT, PATIENT, Evidence.signature("k1")));
            SignedTransition signed = signed(grant, algorithm);
            assertThat(applied(ConsentContract.apply(state, signed)).consentVersion("c1"))
                    .isEqualTo(1);
            assertThat(refusal(ConsentContract.apply(state, grant))).isEqualTo(Refusal.EVIDENCE);
        }
    }

    @Test
    void no_changed_byte_of_the_transition_or_the_signature_survives() throws Exception {
        for (Algorithm algorithm : Algorithm.values()) {
            ConsentState state = after(none(), register(algorithm, PATIENT, THE_PATIENT));
            SignedTransition signed =
                    signed(grant(new Author(Author.Capacity.PATIENT, PATIENT, Evidence.signature("k1"))), algorithm);
            byte[] signature = signed.signature();
            for (int i = 0; i < signature.length; i++) {
                byte[] changed = signature.clone();
                changed[i] ^= 1;
                SignedTransition forged = SignedTransition.of(signed.canonicalBytes(), changed);
                assertThat(refusal(ConsentContract.apply(state, forged))).isEqualTo(Refusal.EVIDENCE);
            }
            Transition other = new Transition.Grant(
                    "t1",
                    PATIENT,
                    signed.transition().author(),
                    NOW,
                    "c1",
                    1,
                    "",
                    Provision.permit().build());
            SignedTransition moved = SignedTransition.of(other.canonicalBytes(), signature);
            assertThat(refusal(ConsentContract.apply(state, moved))).isEqualTo(Refusal.EVIDENCE);
            assertThatThrownBy(() -> SignedTransition.of(signed.canonicalBytes(), new byte[257]))
                    .isInstanceOf(TransitionException.class);
        }
    }

    @Test
    void a_detached_jws_is_a_signature_and_no_changed_byte_of_it_survives() throws Exception {
        for (Algorithm algorithm : Algorithm.values()) {
            ConsentState state = after(none(), register(algorithm, PATIENT, THE_PATIENT));
            Transition.Grant grant = grant(new Author(Author.Capacity.PATIENT, PATIENT, Evidence.signature("k1")));
            byte[] jws = jws(grant, algorithm, header(algorithm, "k1"));
            SignedTransition signed = SignedTransition.of(grant.canonicalBytes(), jws);
            assertThat(signed.isJws()).isTrue();
            assertThat(applied(ConsentContract.apply(state, signed)).consentVersion("c1"))
                    .isEqualTo(1);
            for (int i = 0; i < jws.length; i++) {
                for (int bit = 1; bit < 256; bit <<= 1) {
                    byte[] changed = jws.clone();
                    changed[i] ^= (byte) bit;
                    assertThat(refusal(
                                    ConsentContract.apply(state, SignedTransition.of(grant.canonicalBytes(), changed))))
                            .isEqualTo(Refusal.EVIDENCE);
                }
            }
        }
    }

    @Test
    void a_jws_of_another_kind_is_no_signature_though_the_key_made_it() throws Exception {
        Algorithm algorithm = Algorithm.ES256;
        ConsentState state = after(none(), register(algorithm, PATIENT, THE_PATIENT));
        Transition.Grant grant = grant(new Author(Author.Capacity.PATIENT, PATIENT, Evidence.signature("k1")));
        String good = header(algorithm, "k1");
        for (String header : new String[] {
            good.replace("consent+jws", "JWT"),
            good.replace("k1", "k2"),
            good.replace("ES256", "none"),
            good.replace("ES256", "EdDSA"),
            good.replace("}", ",\"crit\":[\"b64\"],\"b64\":false}"),
            good.replace("}", ",\"typ\":\"consent+jws\"}"),
            good.replace(",\"typ\":\"consent+jws\"", ",\"x\":\"01234567890123456789\""),
            good.replace(",\"kid\":\"k1\"", "")
        }) {
            SignedTransition signed = SignedTransition.of(grant.canonicalBytes(), jws(grant, algorithm, header));
            assertThat(refusal(ConsentContract.apply(state, signed))).as(header).isEqualTo(Refusal.EVIDENCE);
        }
        String whole = new String(jws(grant, algorithm, good), StandardCharsets.US_ASCII)
                .replace("..", "." + base64url(new byte[] {1}) + ".");
        assertThat(refusal(ConsentContract.apply(
                        state, SignedTransition.of(grant.canonicalBytes(), whole.getBytes(StandardCharsets.US_ASCII)))))
                .isEqualTo(Refusal.EVIDENCE);
    }

    private static String header(Algorithm algorithm, String key) {
        return "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"consent+jws\"}"
                .formatted(algorithm == Algorithm.ES256 ? "ES256" : "EdDSA", key);
    }

    private byte[] jws(Transition transition, Algorithm algorithm, String header) throws Exception {
        String protectedHeader = base64url(header.getBytes(StandardCharsets.US_ASCII));
        Signature signer = Signature.getInstance(
                algorithm == Algorithm.ES256 ? "SHA256withECDSAinP1363Format" : algorithm.signatureAlgorithm());
        signer.initSign(pair(algorithm).getPrivate());
        signer.update(
                (protectedHeader + "." + base64url(transition.canonicalBytes())).getBytes(StandardCharsets.US_ASCII));
        return (protectedHeader + ".." + base64url(signer.sign())).getBytes(StandardCharsets.US_ASCII);
    }

    private static String base64url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @Test
    void a_key_signs_for_its_owner_only_while_registered_and_while_the_owner_may_act() throws Exception {
        Instant until = NOW.plusSeconds(60);
        ConsentState state = after(
                none(),
                new Transition.Appoint("a1", PATIENT, THE_PATIENT, NOW, MUM, until),
                register(Algorithm.ED25519, MUM, Author.representative(MUM, "s")));
        Author mum = new Author(Author.Capacity.REPRESENTATIVE, MUM, Evidence.signature("k1"));
        assertThat(ConsentContract.apply(state, signed(grant(mum), Algorithm.ED25519)))
                .isInstanceOf(TransitionResult.Applied.class);
        Author pretender = new Author(Author.Capacity.PATIENT, PATIENT, Evidence.signature("k1"));
        assertThat(refusal(ConsentContract.apply(state, signed(grant(pretender), Algorithm.ED25519))))
                .isEqualTo(Refusal.EVIDENCE);
        Transition late = new Transition.Grant(
                "t1", PATIENT, mum, until, "c1", 1, "", Provision.permit().build());
        assertThat(refusal(ConsentContract.apply(state, signed(late, Algorithm.ED25519))))
                .isEqualTo(Refusal.NOT_ALLOWED);
        ConsentState withdrawn = after(state, new Transition.RevokeKey("r1", PATIENT, THE_PATIENT, NOW, "k1"));
        assertThat(refusal(ConsentContract.apply(withdrawn, signed(grant(mum), Algorithm.ED25519))))
                .isEqualTo(Refusal.EVIDENCE);
    }

    @Test
    void nobody_registers_a_key_for_a_stranger_or_twice() {
        ConsentState state = after(none(), register(Algorithm.ES256, PATIENT, THE_PATIENT));
        assertThat(refusal(ConsentContract.apply(state, register(Algorithm.ED25519, PATIENT, THE_PATIENT))))
                .isEqualTo(Refusal.STALE);
        assertThat(refusal(ConsentContract.apply(none(), register(Algorithm.ED25519, DOCTOR, THE_PATIENT))))
                .isEqualTo(Refusal.NOT_ALLOWED);
        assertThat(refusal(
                        ConsentContract.apply(none(), register(Algorithm.ED25519, PATIENT, Author.user(DOCTOR, "s")))))
                .isEqualTo(Refusal.NOT_ALLOWED);
    }

    @Test
    void what_is_no_key_of_its_algorithm_is_no_registered_key() {
        String edwards = spki(ed25519);
        String p384 = spki(newPair("EC", "secp384r1"));
        for (String wrong : new String[] {edwards, p384, "", "AAAA", "not base64", edwards + "\n"}) {
            assertThatThrownBy(() -> new RegisteredKey("k1", PATIENT, Algorithm.ES256, wrong))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private Transition.RegisterKey register(Algorithm algorithm, String owner, Author author) {
        RegisteredKey key = new RegisteredKey("k1", owner, algorithm, spki(pair(algorithm)));
        return new Transition.RegisterKey("k-" + algorithm.code(), PATIENT, author, NOW, key);
    }

    private SignedTransition signed(Transition transition, Algorithm algorithm) throws Exception {
        Signature signer = Signature.getInstance(algorithm.signatureAlgorithm());
        signer.initSign(pair(algorithm).getPrivate());
        signer.update(SignedTransition.bytesToSign(transition));
        return SignedTransition.of(transition.canonicalBytes(), signer.sign());
    }

    private static Transition.Grant grant(Author author) {
        return new Transition.Grant(
                "t1",
                PATIENT,
                author,
                NOW,
                "c1",
                1,
                "",
                Provision.permit().actor(DOCTOR).build());
    }

    private static String spki(KeyPair pair) {
        return Base64.getEncoder().encodeToString(pair.getPublic().getEncoded());
    }

    private KeyPair pair(Algorithm algorithm) {
        return algorithm == Algorithm.ED25519 ? ed25519 : p256;
    }

    private static KeyPair newPair(String algorithm, String curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            if (!curve.isEmpty()) {
                generator.initialize(new ECGenParameterSpec(curve));
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
