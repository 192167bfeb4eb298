package org.securemed.card.applet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.Signature;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.profile.CardReading;
import org.securemed.card.simulated.SimulatedCard;
import org.securemed.card.simulated.TestCa;

/** The applet, command by command, after it was handed out. */
class SecureMedAppletTest {
    private static final int WRONG_LENGTH = 0x6700;
    private static final int SECURITY_STATUS = 0x6982;
    private static final int CONDITIONS = 0x6985;

    private final SimulatedCard card = SimulatedCard.secureMed(new TestCa("Root"), UUID.randomUUID());

    @BeforeEach
    void select() {
        card.succeed(new CommandApdu(0, 0xA4, 4, 0, SecureMedProfile.AID, 256));
    }

    @Test
    void a_challenge_of_16_to_64_bytes_is_signed_and_no_other() throws Exception {
        for (int length : new int[] {1, 15, 65, 200}) {
            assertThat(status(0x88, 0, 1, new byte[length])).isEqualTo(WRONG_LENGTH);
        }
        for (int length : new int[] {16, 55, 64}) {
            byte[] challenge = new byte[length];
            Bytes signature = card.succeed(new CommandApdu(0, 0x88, 0, 1, Bytes.copyOf(challenge), 256));
            Signature check = Signature.getInstance("SHA256withECDSA");
            check.initVerify(CardReading.parse(card.readSecureMed(0x5F21)).getPublicKey());
            check.update(challenge);
            assertThat(check.verify(signature.toByteArray())).isTrue();
        }
        assertThat(status(0x88, 0, 2, new byte[32])).isEqualTo(0x6A86);
    }

    @Test
    void the_holder_s_key_signs_once_for_each_pin() {
        assertThat(status(0x2A, 0x9E, 0x9A, new byte[32])).isEqualTo(SECURITY_STATUS);
        assertThat(verify(SimulatedCard.PIN)).isEqualTo(0x9000);
        assertThat(status(0x2A, 0x9E, 0x9A, new byte[32])).isEqualTo(0x9000);
        assertThat(status(0x2A, 0x9E, 0x9A, new byte[32])).isEqualTo(SECURITY_STATUS);
    }

    @Test
    void a_pin_does_not_outlive_the_selection() {
        assertThat(verify(SimulatedCard.PIN)).isEqualTo(0x9000);
        select();
        assertThat(status(0x2A, 0x9E, 0x9A, new byte[32])).isEqualTo(SECURITY_STATUS);
    }

    @Test
    void five_wrong_pins_block_and_the_puk_unblocks() {
        for (int left = 4; left > 0; left--) {
            assertThat(verify("000000")).isEqualTo(0x63C0 | left);
        }
        assertThat(verify("000000")).isEqualTo(0x6983);
        assertThat(verify(SimulatedCard.PIN)).isEqualTo(0x6983);

        assertThat(status(0x2C, 0, 0x80, padded("11111111", "654321"))).isEqualTo(0x63C4);
        assertThat(status(0x2C, 0, 0x80, padded("87654321", "654321"))).isEqualTo(0x9000);
        assertThat(verify("654321")).isEqualTo(0x9000);
    }

    @Test
    void the_pin_is_changed_by_the_old_one() {
        assertThat(status(0x24, 0, 0x80, padded("000000", "654321"))).isEqualTo(0x63C4);
        assertThat(status(0x24, 0, 0x80, padded(SimulatedCard.PIN, "654321"))).isEqualTo(0x9000);
        assertThat(verify(SimulatedCard.PIN)).isEqualTo(0x63C4);
    }

    @Test
    void after_activation_keys_guid_and_certificates_are_final() {
        assertThat(status(0x46, 0, 1, new byte[0])).isEqualTo(SECURITY_STATUS);
        assertThat(verify(SimulatedCard.PIN)).isEqualTo(0x9000);
        for (int tag : new int[] {0x20, 0x21, 0x22}) {
            assertThat(status(0xDA, 0x5F, tag, new byte[16])).isEqualTo(SECURITY_STATUS);
        }
        assertThat(status(0x44, 0, 0, new byte[16])).isEqualTo(CONDITIONS);
    }

    @Test
    void the_emergency_data_set_is_written_with_the_pin_and_read_without() {
        byte[] large = new byte[1000];
        Arrays.fill(large, (byte) 9);
        assertThat(status(0xCA, 0x5F, 0x23, new byte[0])).isEqualTo(0x6A82);
        assertThat(status(0xDA, 0x5F, 0x23, large)).isEqualTo(SECURITY_STATUS);
        assertThat(verify(SimulatedCard.PIN)).isEqualTo(0x9000);
        assertThat(status(0xDA, 0x5F, 0x23, large)).isEqualTo(0x9000);
        assertThat(card.readSecureMed(0x5F23)).isEqualTo(Bytes.copyOf(large));
    }

    @Test
    void more_than_an_object_holds_is_refused_and_leaves_none() {
        assertThat(verify(SimulatedCard.PIN)).isEqualTo(0x9000);
        assertThat(status(0xDA, 0x5F, 0x23, new byte[4097])).isEqualTo(0x6A84);
        assertThat(status(0xCA, 0x5F, 0x23, new byte[0])).isEqualTo(0x6A82);
    }

    @Test
    void a_card_that_is_not_complete_is_not_activated_and_signs_nothing() {
        SimulatedCard blank = SimulatedCard.blankSecureMed();
        blank.generateSecureMed(1);

        assertThat(blank.exchange(new CommandApdu(0, 0x44, 0, 0, Bytes.copyOf(new byte[16]), 0))
                        .status()
                        .value())
                .isEqualTo(CONDITIONS);
        assertThat(blank.exchange(new CommandApdu(0, 0x88, 0, 1, Bytes.copyOf(new byte[32]), 256))
                        .status()
                        .value())
                .isEqualTo(CONDITIONS);
    }

    @Test
    void two_cards_never_have_the_same_key() {
        assertThat(SimulatedCard.blankSecureMed().generateSecureMed(1))
                .isNotEqualTo(SimulatedCard.blankSecureMed().generateSecureMed(1));
    }

    private int verify(String pin) {
        return status(0x20, 0, 0x80, padded(pin));
    }

    private int status(int ins, int p1, int p2, byte[] data) {
        return card.exchange(new CommandApdu(0, ins, p1, p2, Bytes.copyOf(data), 256))
                .status()
                .value();
    }

    private static byte[] padded(String... pins) {
        byte[] all = new byte[8 * pins.length];
        Arrays.fill(all, (byte) 0xFF);
        for (int i = 0; i < pins.length; i++) {
            byte[] pin = pins[i].getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(pin, 0, all, 8 * i, pin.length);
        }
        return all;
    }
}
