package org.securemed.card.simulated;

import com.licel.jcardsim.smartcardio.CardSimulator;
import com.licel.jcardsim.utils.AIDUtil;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import javax.smartcardio.CommandAPDU;
import org.securemed.card.apdu.ApduException;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.ResponseApdu;
import org.securemed.card.apdu.ShortExchange;
import org.securemed.card.apdu.Tlv;
import org.securemed.card.profile.CardKey;
import org.securemed.javacard.SecureMedApplet;

/** A card in jCardSim: either kind, with or without what makes it genuine. */
public final class SimulatedCard implements CardConnection {
    /** The PIN of every card. */
    public static final String PIN = "123456";

    private static final String PIV = "A000000308000010000100";
    private static final String SECUREMED = "F05365637572654D6564";

    private CardSimulator simulator = new CardSimulator();

    private SimulatedCard() {}

    /** A PIV card without keys and objects. */
    public static SimulatedCard blankPiv() {
        SimulatedCard card = new SimulatedCard();
        card.simulator.installApplet(AIDUtil.create(PIV), PivApplet.class);
        card.select(PIV);
        return card;
    }

    /** SecureMed's card without keys and objects. */
    public static SimulatedCard blankSecureMed() {
        SimulatedCard card = new SimulatedCard();
        card.simulator.installApplet(AIDUtil.create(SECUREMED), SecureMedApplet.class);
        card.select(SECUREMED);
        return card;
    }

    /** A card with no applet at all. */
    public static SimulatedCard foreign() {
        return new SimulatedCard();
    }

    /** A PIV card as its issuer hands it out: keys 9E and 9A, both certified. */
    public static SimulatedCard piv(TestCa ca, UUID guid, CardKey key) {
        SimulatedCard card = blankPiv();
        card.putPiv(0x5FC102, TestObjects.chuid(guid, "20400101"));
        card.putPiv(
                0x5FC101,
                TestObjects.certificate(
                        ca.card(guid, card.generatePiv(0x9E, key)).build(), false));
        card.putPiv(
                0x5FC105,
                TestObjects.certificate(
                        ca.holder(guid, card.generatePiv(0x9A, key)).build(), false));
        return card;
    }

    /** SecureMed's card as its issuer hands it out. */
    public static SimulatedCard secureMed(TestCa ca, UUID guid) {
        SimulatedCard card = blankSecureMed();
        card.putSecureMed(0x5F20, TestObjects.bytes(guid));
        card.putSecureMed(
                0x5F21,
                TestObjects.encoded(ca.card(guid, card.generateSecureMed(1)).build()));
        card.putSecureMed(
                0x5F22,
                TestObjects.encoded(ca.holder(guid, card.generateSecureMed(2)).build()));
        card.activate();
        return card;
    }

    @Override
    public ResponseApdu transmit(CommandApdu command) {
        try {
            return ResponseApdu.parse(
                    simulator.transmitCommand(new CommandAPDU(command.encode())).getBytes());
        } catch (ApduException e) {
            throw new IllegalStateException(e);
        }
    }

    /** From now on this is another card, as it is: an attacker's switch between reader and cards. */
    public void becomes(SimulatedCard other) {
        simulator = other.simulator;
    }

    /** Bytes in, bytes out. */
    public byte[] transmit(byte[] command) {
        return simulator.transmitCommand(command);
    }

    /** The answer to reset. */
    public byte[] atr() {
        return simulator.getATR();
    }

    /** What pulling the card out, or a reset by the reader, does. */
    public void reset() {
        simulator.reset();
    }

    /** The value of a PIV object with its 53, as anybody can read it. */
    public Bytes readPiv(int tag) {
        select(PIV);
        return succeed(new CommandApdu(0, 0xCB, 0x3F, 0xFF, tagList(tag), 256));
    }

    /** Writes a PIV object. */
    public void putPiv(int tag, Bytes object) {
        select(PIV);
        byte[] all = new byte[5 + object.length()];
        System.arraycopy(tagList(tag).toByteArray(), 0, all, 0, 5);
        System.arraycopy(object.toByteArray(), 0, all, 5, object.length());
        succeed(new CommandApdu(0, 0xDB, 0x3F, 0xFF, Bytes.copyOf(all), 0));
    }

    /** Makes a key in a PIV slot. */
    public PublicKey generatePiv(int slot, CardKey key) {
        select(PIV);
        Bytes template = new Tlv(0xAC, new Tlv(0x80, Bytes.copyOf((byte) key.pivAlgorithm())).encode()).encode();
        Bytes answer = succeed(new CommandApdu(0, 0x47, 0, slot, template, 256));
        try {
            List<Tlv> parts = Tlv.parse(Tlv.parseOnly(0x7F49, answer));
            if (key == CardKey.RSA2048) {
                return KeyFactory.getInstance("RSA")
                        .generatePublic(new RSAPublicKeySpec(
                                number(Tlv.find(parts, 0x81).orElseThrow()),
                                number(Tlv.find(parts, 0x82).orElseThrow())));
            }
            return point(
                    Tlv.find(parts, 0x86).orElseThrow().toByteArray(), key == CardKey.P256 ? "secp256r1" : "secp384r1");
        } catch (ApduException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads an object of SecureMed's card. */
    public Bytes readSecureMed(int tag) {
        select(SECUREMED);
        return succeed(new CommandApdu(0, 0xCA, tag >> 8, tag & 0xFF, Bytes.NONE, 256));
    }

    /** Writes an object of SecureMed's card. */
    public void putSecureMed(int tag, Bytes object) {
        select(SECUREMED);
        succeed(new CommandApdu(0, 0xDA, tag >> 8, tag & 0xFF, object, 0));
    }

    /** Makes key 1 or 2 of SecureMed's card. */
    public PublicKey generateSecureMed(int key) {
        select(SECUREMED);
        return point(succeed(new CommandApdu(0, 0x46, 0, key, Bytes.NONE, 256)).toByteArray(), "secp256r1");
    }

    /** Ends the personalisation of SecureMed's card. */
    public void activate() {
        byte[] pukAndPin = new byte[16];
        Arrays.fill(pukAndPin, (byte) 0xFF);
        System.arraycopy("87654321123456".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, pukAndPin, 0, 14);
        succeed(new CommandApdu(0, 0x44, 0, 0, Bytes.copyOf(pukAndPin), 0));
    }

    /** Sends a command that has to succeed. */
    public Bytes succeed(CommandApdu command) {
        ResponseApdu answer = exchange(command);
        if (!answer.status().isSuccess()) {
            throw new IllegalStateException("%s: %s".formatted(command, answer.status()));
        }
        return answer.data();
    }

    /** Sends a command of any length. */
    public ResponseApdu exchange(CommandApdu command) {
        try {
            return new ShortExchange(this).transmit(command);
        } catch (CardLostException e) {
            throw new IllegalStateException(e);
        }
    }

    private void select(String aid) {
        succeed(new CommandApdu(0, 0xA4, 4, 0, Bytes.ofHex(aid), 256));
    }

    private static Bytes tagList(int tag) {
        return new Tlv(
                        0x5C,
                        Bytes.copyOf(Arrays.copyOfRange(
                                ByteBuffer.allocate(4).putInt(tag).array(), 1, 4)))
                .encode();
    }

    private static BigInteger number(Bytes bytes) {
        return new BigInteger(1, bytes.toByteArray());
    }

    private static PublicKey point(byte[] point, String curve) {
        int size = (point.length - 1) / 2;
        try {
            java.security.AlgorithmParameters parameters = java.security.AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec(curve));
            return KeyFactory.getInstance("EC")
                    .generatePublic(new ECPublicKeySpec(
                            new ECPoint(
                                    new BigInteger(1, Arrays.copyOfRange(point, 1, 1 + size)),
                                    new BigInteger(1, Arrays.copyOfRange(point, 1 + size, point.length))),
                            parameters.getParameterSpec(ECParameterSpec.class)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
