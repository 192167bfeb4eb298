package org.securemed.card.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigInteger;
import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.ResponseApdu;
import org.securemed.card.apdu.StatusWord;
import org.securemed.card.apdu.Tlv;
import org.securemed.card.identify.CardProfiles;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardProfile;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.KeySlot;
import org.securemed.card.profile.Pin;
import org.securemed.card.profile.RefusalReason;
import org.securemed.card.profile.RoundTrip;
import org.securemed.card.simulated.FixedNonce;
import org.securemed.card.simulated.PulledCard;
import org.securemed.card.simulated.RecordedCard;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;
import org.securemed.card.simulated.TestCa.Draft;
import org.securemed.card.simulated.TestObjects;

/** From the card's first byte to the decision, in one process. */
class CardVerifierTest {
    private static final int CHUID = 0x5FC102;
    private static final int CARD_CERTIFICATE = 0x5FC101;
    private static final int HOLDER_CERTIFICATE = 0x5FC105;

    private final UUID guid = UUID.randomUUID();
    private final TestCa ca = new TestCa("Root");
    private List<X509CRL> lists = List.of(ca.revoke());

    @ParameterizedTest
    @EnumSource
    void a_genuine_piv_card_of_every_key_is_accepted(CardKey key) throws Exception {
        ProvenCard card = identify(SimulatedCard.piv(ca, guid, key), null);

        assertThat(card.guid()).isEqualTo(guid);
        assertThat(card.slot()).isEqualTo(KeySlot.CARD);
        assertThat(card.profile()).isEqualTo("piv");
    }

    @ParameterizedTest
    @EnumSource
    void the_holder_of_a_piv_card_is_accepted_with_the_pin(CardKey key) throws Exception {
        assertThat(identify(SimulatedCard.piv(ca, guid, key), SimulatedCard.PIN).slot())
                .isEqualTo(KeySlot.HOLDER);
    }

    @Test
    void a_genuine_card_of_our_own_is_accepted_without_and_with_the_pin() throws Exception {
        SimulatedCard card = SimulatedCard.secureMed(ca, guid);

        assertThat(identify(card, null).profile()).isEqualTo("securemed");
        assertThat(identify(card, SimulatedCard.PIN).slot()).isEqualTo(KeySlot.HOLDER);
        assertThat(identify(card, null).guid()).isEqualTo(guid);
    }

    @Test
    void a_packed_certificate_is_unpacked() throws Exception {
        SimulatedCard card = pivWith(draft -> draft);
        card.putPiv(
                CARD_CERTIFICATE,
                TestObjects.certificate(
                        ca.card(guid, card.generatePiv(0x9E, CardKey.P384)).build(), true));

        assertThat(identify(card, null).guid()).isEqualTo(guid);
    }

    @Test
    void a_certificate_object_that_does_not_say_whether_it_is_packed_holds_one_that_is_not() throws Exception {
        SimulatedCard card = pivWith(draft -> draft);
        X509Certificate certificate =
                ca.card(guid, card.generatePiv(0x9E, CardKey.P256)).build();
        card.putPiv(CARD_CERTIFICATE, TestObjects.object(new Tlv(0x70, Bytes.copyOf(certificate.getEncoded()))));

        assertThat(identify(card, null).guid()).isEqualTo(guid);
    }

    @Test
    void a_piv_card_that_takes_every_application_for_its_own_is_read_as_one() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        CardConnection careless = command -> {
            ResponseApdu answer = card.transmit(command);
            return command.ins() == 0xA4 ? new ResponseApdu(Bytes.NONE, new StatusWord(0x9000)) : answer;
        };

        assertThat(identify(careless, null).profile()).isEqualTo("piv");
    }

    @Test
    void a_certificate_that_does_not_restrict_its_key_s_use_is_taken_for_its_extended_one() throws Exception {
        assertThat(identify(pivWith(draft -> draft.usage(0)), null).guid()).isEqualTo(guid);
    }

    @Test
    void a_certificate_that_unpacks_without_end_is_refused() {
        SimulatedCard card = pivWith(draft -> draft);
        card.putPiv(
                CARD_CERTIFICATE,
                TestObjects.object(
                        new Tlv(0x70, Bytes.copyOf(TestObjects.pack(new byte[1_000_000]))),
                        new Tlv(0x71, Bytes.copyOf((byte) 1))));

        assertThat(refusal(card)).isEqualTo(RefusalReason.CARD_MALFORMED);
    }

    @ParameterizedTest
    @EnumSource
    void a_card_with_everything_copied_from_another_is_refused(CardKey key) {
        SimulatedCard original = SimulatedCard.piv(ca, guid, key);
        SimulatedCard clone = SimulatedCard.blankPiv();
        clone.generatePiv(0x9E, key);
        for (int tag : List.of(CHUID, CARD_CERTIFICATE, HOLDER_CERTIFICATE)) {
            clone.putPiv(tag, original.readPiv(tag));
        }

        assertThat(refusal(clone)).isEqualTo(RefusalReason.SIGNATURE_INVALID);
    }

    @Test
    void a_copy_of_our_own_card_is_refused() {
        SimulatedCard original = SimulatedCard.secureMed(ca, guid);
        SimulatedCard clone = SimulatedCard.blankSecureMed();
        clone.generateSecureMed(1);
        clone.generateSecureMed(2);
        for (int tag : List.of(0x5F20, 0x5F21, 0x5F22)) {
            clone.putSecureMed(tag, original.readSecureMed(tag));
        }
        clone.activate();

        assertThat(refusal(clone)).isEqualTo(RefusalReason.SIGNATURE_INVALID);
    }

    @Test
    void a_copied_chuid_on_another_genuine_card_is_refused() {
        SimulatedCard victim = SimulatedCard.piv(ca, guid, CardKey.P256);
        SimulatedCard attacker = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        attacker.putPiv(CHUID, victim.readPiv(CHUID));

        assertThat(refusal(attacker)).isEqualTo(RefusalReason.GUID_MISMATCH);
    }

    @Test
    void a_recorded_reading_played_back_is_refused() throws Exception {
        RecordedCard recorder = new RecordedCard(SimulatedCard.piv(ca, guid, CardKey.P256));
        identify(recorder, null);

        assertThat(refusal(recorder.replay())).isEqualTo(RefusalReason.SIGNATURE_INVALID);
    }

    @Test
    void a_card_that_is_pulled_after_any_command_is_lost() {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.RSA2048);
        RecordedCard counter = new RecordedCard(card);
        assertThat(refusalOrNull(counter, hospital())).isNull();

        for (int after = 0; after < counter.commands(); after++) {
            CardConnection pulled = new PulledCard(card, after);
            assertThat(catchThrowableOfType(CardLostException.class, () -> identify(pulled, null)))
                    .as("pulled after %d commands", after)
                    .isNotNull();
        }
    }

    @Test
    void a_card_that_is_another_at_the_end_is_refused() {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        SimulatedCard other = SimulatedCard.piv(ca, UUID.randomUUID(), CardKey.P256);
        CardConnection swapped = new CardConnection() {
            private CardConnection now = card;

            @Override
            public ResponseApdu transmit(CommandApdu command) throws CardLostException {
                ResponseApdu answer = now.transmit(command);
                if (command.ins() == 0x87) {
                    now = other;
                }
                return answer;
            }
        };

        assertThat(refusal(swapped)).isEqualTo(RefusalReason.CARD_CHANGED);
    }

    @Test
    void a_certificate_of_another_ca_is_refused_even_under_the_same_name() {
        SimulatedCard card = SimulatedCard.piv(new TestCa("Root"), guid, CardKey.P256);

        assertThat(refusal(card)).isEqualTo(RefusalReason.CERTIFICATE_UNTRUSTED);
    }

    @Test
    void an_expired_and_a_future_certificate_are_refused() {
        Instant now = Instant.now();

        assertThat(refusal(pivWith(draft -> draft.valid(now.minus(Duration.ofDays(9)), now.minusSeconds(5)))))
                .isEqualTo(RefusalReason.CERTIFICATE_EXPIRED);
        assertThat(refusal(pivWith(draft -> draft.valid(now.plusSeconds(60), now.plus(Duration.ofDays(9))))))
                .isEqualTo(RefusalReason.CERTIFICATE_NOT_YET_VALID);
    }

    @Test
    void a_revoked_certificate_is_refused() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        X509Certificate certificate = identify(card, null).certificate();

        lists = List.of(ca.revoke(certificate));

        assertThat(refusal(card)).isEqualTo(RefusalReason.CERTIFICATE_REVOKED);
    }

    /** Each by itself: which one PKIX asks depends on their hashes. */
    @Test
    void of_several_lists_each_that_revokes_counts_and_a_forged_one_does_not() throws Exception {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        X509Certificate certificate = identify(card, null).certificate();
        X509CRL revoking = ca.revoke(certificate);
        for (int days = 1; days < 20; days++) {
            X509CRL without = ca.revoke(Instant.now().plus(Duration.ofDays(days)));
            lists = List.of(without, revoking);
            assertThat(refusal(card)).isEqualTo(RefusalReason.CERTIFICATE_REVOKED);
        }
        lists = List.of(ca.revoke(), new TestCa("Root").revoke(certificate));
        assertThat(identify(card, null).guid()).isEqualTo(guid);
    }

    @Test
    void a_root_that_lets_no_ca_be_below_it_is_taken_at_its_word() {
        TestCa root = new TestCa("Short", 0);
        TestCa issuing = new TestCa("Issuing", Duration.ofDays(365), root);
        HospitalCa hospital =
                new HospitalCa(List.of(issuing.certificate(), root.certificate()), () -> lists, Clock.systemUTC());
        lists = List.of(root.revoke(), issuing.revoke());

        assertThat(refusalOrNull(SimulatedCard.piv(root, guid, CardKey.P256), hospital))
                .isNull();
        assertThat(refusal(SimulatedCard.piv(issuing, guid, CardKey.P256), hospital))
                .isEqualTo(RefusalReason.CERTIFICATE_UNTRUSTED);
    }

    @Test
    void without_a_genuine_and_current_revocation_list_every_card_is_refused() {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);

        lists = List.of();
        assertThat(refusal(card)).isEqualTo(RefusalReason.REVOCATION_UNKNOWN);
        lists = List.of(new TestCa("Root").revoke());
        assertThat(refusal(card)).isEqualTo(RefusalReason.REVOCATION_UNKNOWN);
        lists = List.of(ca.revoke(Instant.now().minusSeconds(5)));
        assertThat(refusal(card)).isEqualTo(RefusalReason.REVOCATION_STALE);
        lists = List.of(ca.revoke(Instant.now().minus(Duration.ofDays(3))));
        assertThat(refusal(card)).isEqualTo(RefusalReason.REVOCATION_STALE);
    }

    @Test
    void a_ca_that_has_expired_vouches_for_nobody() {
        TestCa old = new TestCa("Old", Duration.ofDays(9), null);
        lists = List.of(old.revoke());
        HospitalCa hospital = new HospitalCa(List.of(old.certificate()), () -> lists, Clock.systemUTC());

        assertThat(refusal(SimulatedCard.piv(old, guid, CardKey.P256), hospital))
                .isEqualTo(RefusalReason.CERTIFICATE_UNTRUSTED);
    }

    @Test
    void an_intermediate_ca_is_believed_because_of_the_root_and_until_it_is_revoked() {
        TestCa issuing = new TestCa("Issuing", Duration.ofDays(365), ca);
        SimulatedCard card = SimulatedCard.piv(issuing, guid, CardKey.P256);
        HospitalCa hospital =
                new HospitalCa(List.of(issuing.certificate(), ca.certificate()), () -> lists, Clock.systemUTC());

        lists = List.of(ca.revoke(), issuing.revoke());
        assertThat(refusalOrNull(card, hospital)).isNull();
        lists = List.of(ca.revoke(issuing.certificate()), issuing.revoke());
        assertThat(refusal(card, hospital)).isEqualTo(RefusalReason.CERTIFICATE_REVOKED);
        lists = List.of(issuing.revoke());
        assertThat(refusal(card, hospital)).isEqualTo(RefusalReason.REVOCATION_UNKNOWN);
    }

    @Test
    void a_certificate_for_another_use_is_refused() {
        assertThat(List.of(
                        refusal(pivWith(Draft::purposeless)),
                        refusal(pivWith(draft -> draft.purposeless().purpose(KeySlot.HOLDER.keyPurpose()))),
                        refusal(pivWith(draft -> draft.purpose(KeySlot.HOLDER.keyPurpose()))),
                        refusal(pivWith(draft -> draft.usage(KeyUsage.keyAgreement))),
                        refusal(pivWith(draft -> draft.authority().usage(KeyUsage.digitalSignature)))))
                .containsOnly(RefusalReason.KEY_USAGE);
    }

    @Test
    void the_certificate_of_the_other_slot_is_refused() {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);
        card.putPiv(CARD_CERTIFICATE, card.readPiv(HOLDER_CERTIFICATE));

        assertThat(refusal(card)).isEqualTo(RefusalReason.KEY_USAGE);
    }

    @Test
    void a_certificate_that_names_no_guid_or_two_is_refused() throws Exception {
        assertThat(identify(pivWith(draft -> draft.guid(guid)), null).guid())
                .as("the same one, twice")
                .isEqualTo(guid);
        assertThat(refusal(pivWith(Draft::nameless))).isEqualTo(RefusalReason.GUID_MISMATCH);
        assertThat(refusal(pivWith(draft -> draft.guid(UUID.randomUUID())))).isEqualTo(RefusalReason.GUID_MISMATCH);
    }

    @Test
    void a_key_of_another_curve_or_size_is_refused() throws Exception {
        java.security.KeyPairGenerator rsa = java.security.KeyPairGenerator.getInstance("RSA");
        rsa.initialize(1024);

        assertThat(refusal(pivWithKey(TestCa.keyPair("secp521r1").getPublic())))
                .isEqualTo(RefusalReason.KEY_UNSUPPORTED);
        assertThat(refusal(pivWithKey(rsa.generateKeyPair().getPublic()))).isEqualTo(RefusalReason.KEY_UNSUPPORTED);
    }

    @Test
    void blank_foreign_and_expired_cards_are_refused() {
        SimulatedCard nil = SimulatedCard.piv(ca, guid, CardKey.P256);
        nil.putPiv(CHUID, TestObjects.chuid(new UUID(0, 0), "20400101"));
        SimulatedCard old = SimulatedCard.piv(ca, guid, CardKey.P256);
        old.putPiv(CHUID, TestObjects.chuid(guid, "20200101"));
        SimulatedCard undated = SimulatedCard.piv(ca, guid, CardKey.P256);
        undated.putPiv(CHUID, TestObjects.chuid(guid, "20401399"));

        assertThat(refusal(SimulatedCard.foreign())).isEqualTo(RefusalReason.CARD_UNKNOWN);
        assertThat(refusal(SimulatedCard.blankPiv())).isEqualTo(RefusalReason.CARD_MALFORMED);
        assertThat(refusal(SimulatedCard.blankSecureMed())).isEqualTo(RefusalReason.CARD_MALFORMED);
        assertThat(refusal(nil)).isEqualTo(RefusalReason.CARD_MALFORMED);
        assertThat(refusal(undated)).isEqualTo(RefusalReason.CARD_MALFORMED);
        assertThat(refusal(old)).isEqualTo(RefusalReason.CARD_EXPIRED);
    }

    @Test
    void a_wrong_pin_is_sent_once_and_the_last_attempt_is_never_used() {
        SimulatedCard card = SimulatedCard.piv(ca, guid, CardKey.P256);

        assertThat(refusal(card, "111111")).isEqualTo(RefusalReason.PIN_WRONG);
        assertThat(refusal(card, "222222")).isEqualTo(RefusalReason.PIN_WRONG);
        assertThat(refusal(card, "333333")).isEqualTo(RefusalReason.PIN_LAST_ATTEMPT);
        assertThat(refusal(card, SimulatedCard.PIN)).isEqualTo(RefusalReason.PIN_LAST_ATTEMPT);
        assertThat(refusal(card, "12345")).isEqualTo(RefusalReason.PIN_MALFORMED);
        assertThat(refusalOrNull(card, hospital())).isNull();
    }

    @Test
    void a_signature_whose_random_number_is_the_key_itself_is_refused() throws Exception {
        java.security.KeyPair pair = TestCa.keyPair("secp256r1");
        Challenge challenge = Challenge.fresh();
        Bytes certificate = Bytes.copyOf(ca.card(guid, pair.getPublic()).build().getEncoded());
        CardVerifier verifier = new CardVerifier(profiles(), hospital());

        verifier.verify(
                new CardProof(
                        "piv",
                        KeySlot.CARD,
                        guid,
                        certificate,
                        FixedNonce.sign(pair, challenge.message(), BigInteger.TEN)),
                challenge);
        assertThat(catchThrowableOfType(
                                CardRefusedException.class,
                                () -> verifier.verify(
                                        new CardProof(
                                                "piv",
                                                KeySlot.CARD,
                                                guid,
                                                certificate,
                                                FixedNonce.sign(
                                                        pair,
                                                        challenge.message(),
                                                        ((ECPrivateKey) pair.getPrivate()).getS())),
                                        challenge))
                        .reason())
                .isEqualTo(RefusalReason.RANDOMNESS_WEAK);
    }

    @ParameterizedTest
    @EnumSource(
            value = CardKey.class,
            names = {"P384", "RSA2048"})
    void a_card_whose_key_the_consent_contract_does_not_know_signs_nothing_and_is_not_asked_for_its_pin(CardKey key)
            throws Exception {
        SimulatedCard card = SimulatedCard.piv(new TestCa("Hospital CA"), UUID.randomUUID(), key);
        CardConnection watched = command -> {
            assertThat(command.ins()).as("VERIFY").isNotEqualTo(0x20);
            return card.transmit(command);
        };
        try (Pin pin = Pin.of(SimulatedCard.PIN.toCharArray())) {
            assertThatThrownBy(() -> new CardReading(CardProfiles.all(Clock.systemUTC()))
                            .sign(watched, new byte[] {1, 2, 3}, pin))
                    .isInstanceOfSatisfying(
                            CardRefusedException.class,
                            e -> assertThat(e.reason()).isEqualTo(RefusalReason.KEY_UNSUPPORTED));
        }
    }

    @Test
    void a_card_whose_ready_answers_take_longer_than_a_card_takes_is_refused_as_relayed() throws Exception {
        SimulatedCard card = SimulatedCard.piv(new TestCa("Hospital CA"), UUID.randomUUID(), CardKey.P256);
        long[] nanos = {0};
        for (int delay : new int[] {4, 6}) {
            // Somebody's network between the reader and the card: each command takes so many milliseconds more.
            CardConnection relayed = command -> {
                nanos[0] += Duration.ofMillis(delay).toNanos();
                return card.transmit(command);
            };
            CardReading reading = new CardReading(
                    CardProfiles.all(Clock.systemUTC()), new RoundTrip(Duration.ofMillis(5), () -> nanos[0]));
            if (delay > 5) {
                assertThatThrownBy(() -> reading.read(relayed, Challenge.fresh(), null))
                        .isInstanceOfSatisfying(
                                CardRefusedException.class,
                                e -> assertThat(e.reason()).isEqualTo(RefusalReason.CARD_FAR));
            } else {
                assertThat(reading.read(relayed, Challenge.fresh(), null).slot())
                        .isEqualTo(KeySlot.CARD);
            }
        }
    }

    @Test
    void a_reader_that_claims_another_guid_slot_or_kind_is_refused() throws Exception {
        Challenge challenge = Challenge.fresh();
        CardProof proof = new CardReading(profiles()).read(SimulatedCard.piv(ca, guid, CardKey.P256), challenge, null);
        CardVerifier verifier = new CardVerifier(profiles(), hospital());
        assertThat(verifier.verify(proof, challenge).guid()).isEqualTo(guid);

        assertThat(List.of(
                        new CardProof("piv", KeySlot.HOLDER, guid, proof.certificate(), proof.signature()),
                        new CardProof("piv", KeySlot.CARD, UUID.randomUUID(), proof.certificate(), proof.signature()),
                        new CardProof("other", KeySlot.CARD, guid, proof.certificate(), proof.signature()),
                        new CardProof("piv", KeySlot.CARD, guid, proof.certificate(), Bytes.NONE),
                        new CardProof("piv", KeySlot.CARD, guid, Bytes.copyOf((byte) 1), proof.signature())))
                .allSatisfy(forged -> assertThat(catchThrowableOfType(
                                CardRefusedException.class, () -> verifier.verify(forged, challenge)))
                        .isNotNull());
    }

    private SimulatedCard pivWith(Function<Draft, Draft> change) {
        SimulatedCard card = SimulatedCard.blankPiv();
        card.putPiv(CHUID, TestObjects.chuid(guid, "20400101"));
        Draft draft = ca.card(guid, card.generatePiv(0x9E, CardKey.P256));
        card.putPiv(
                CARD_CERTIFICATE, TestObjects.certificate(change.apply(draft).build(), false));
        return card;
    }

    private SimulatedCard pivWithKey(PublicKey key) {
        SimulatedCard card = SimulatedCard.blankPiv();
        card.putPiv(CHUID, TestObjects.chuid(guid, "20400101"));
        card.putPiv(CARD_CERTIFICATE, TestObjects.certificate(ca.card(guid, key).build(), false));
        return card;
    }

    private static List<CardProfile> profiles() {
        return CardProfiles.all(Clock.systemUTC());
    }

    private HospitalCa hospital() {
        return new HospitalCa(List.of(ca.certificate()), () -> lists, Clock.systemUTC());
    }

    private ProvenCard identify(CardConnection card, @Nullable String pin)
            throws CardLostException, CardRefusedException {
        return identify(card, pin, hospital());
    }

    private static ProvenCard identify(CardConnection card, @Nullable String pin, HospitalCa hospital)
            throws CardLostException, CardRefusedException {
        Challenge challenge = Challenge.fresh();
        if (pin == null) {
            return new CardVerifier(profiles(), hospital)
                    .verify(new CardReading(profiles()).read(card, challenge, null), challenge);
        }
        try (Pin entered = Pin.of(pin.toCharArray())) {
            return new CardVerifier(profiles(), hospital)
                    .verify(new CardReading(profiles()).read(card, challenge, entered), challenge);
        }
    }

    private RefusalReason refusal(CardConnection card) {
        return refusal(card, hospital());
    }

    private RefusalReason refusal(CardConnection card, String pin) {
        return refused(refusalOrNull(card, pin));
    }

    private static RefusalReason refusal(CardConnection card, HospitalCa hospital) {
        return refused(refusalOrNull(card, hospital));
    }

    private static RefusalReason refused(@Nullable RefusalReason reason) {
        assertThat(reason).as("the card was accepted").isNotNull();
        return java.util.Objects.requireNonNull(reason);
    }

    private @Nullable RefusalReason refusalOrNull(CardConnection card, @Nullable String pin) {
        return reason(() -> identify(card, pin));
    }

    private static @Nullable RefusalReason refusalOrNull(CardConnection card, HospitalCa hospital) {
        return reason(() -> identify(card, null, hospital));
    }

    private static @Nullable RefusalReason reason(org.assertj.core.api.ThrowableAssert.ThrowingCallable reading) {
        CardRefusedException refused = catchThrowableOfType(CardRefusedException.class, reading);
        return refused == null ? null : refused.reason();
    }
}
