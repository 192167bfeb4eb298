package org.securemed.card.simulated;

import java.util.Arrays;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.OwnerPIN;
import javacard.framework.Util;
import javacard.security.ECPublicKey;
import javacard.security.KeyBuilder;
import javacard.security.KeyPair;
import javacard.security.RSAPublicKey;
import javacard.security.Signature;
import javacardx.crypto.Cipher;
import org.jspecify.annotations.Nullable;

/**
 * A PIV card for tests, from SP 800-73-5 part 2: SELECT, GET DATA, PUT DATA, GENERATE, VERIFY, GENERAL AUTHENTICATE,
 * with command and response chaining. Personalised without authentication; runs in a simulator only.
 */
public final class PivApplet extends Applet {
    private static final byte[] PIN = {'1', '2', '3', '4', '5', '6', -1, -1};
    private static final int MOST = 4096;

    private final byte[] incoming = new byte[MOST];
    private int received;
    private byte[] outgoing = new byte[0];
    private int sent;

    private final int[] tags = new int[8];
    private final byte[][] objects = new byte[8][];
    private final @Nullable KeyPair[] keys = new KeyPair[256];
    private final byte[] algorithms = new byte[256];
    private final OwnerPIN pin = new OwnerPIN((byte) 3, (byte) 8);

    private PivApplet() {
        pin.update(PIN, (short) 0, (byte) 8);
        register();
    }

    /** Called by the card's runtime. */
    public static void install(byte[] parameters, short offset, byte length) {
        new PivApplet();
    }

    @Override
    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        if (selectingApplet()) {
            pin.reset();
            // A chain of commands that was broken off is forgotten.
            received = 0;
            outgoing = new byte[0];
            sent = 0;
            return;
        }
        int length = buffer[ISO7816.OFFSET_LC] & 0xFF;
        boolean hasData = buffer[ISO7816.OFFSET_INS] != (byte) 0xC0 && length > 0;
        if (hasData) {
            apdu.setIncomingAndReceive();
            System.arraycopy(buffer, ISO7816.OFFSET_CDATA, incoming, received, length);
            received += length;
        }
        if ((buffer[ISO7816.OFFSET_CLA] & 0x10) != 0) {
            return;
        }
        byte[] data = Arrays.copyOf(incoming, hasData ? received : 0);
        received = 0;
        int p1 = buffer[ISO7816.OFFSET_P1] & 0xFF;
        int p2 = buffer[ISO7816.OFFSET_P2] & 0xFF;
        switch (buffer[ISO7816.OFFSET_INS]) {
            case (byte) 0xCB -> answer(apdu, find(tag(data)));
            case (byte) 0xDB -> store(data);
            case (byte) 0x47 -> answer(apdu, generate(p2, data[4]));
            case (byte) 0x20 -> verify(data);
            case (byte) 0x87 -> answer(apdu, authenticate(p1, p2, data));
            case (byte) 0xC0 -> next(apdu);
            default -> ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }

    /** 5C 03 xx xx xx. */
    private static int tag(byte[] data) {
        if (data.length < 5 || data[0] != 0x5C || data[1] != 3) {
            ISOException.throwIt(ISO7816.SW_DATA_INVALID);
        }
        return (data[2] & 0xFF) << 16 | (data[3] & 0xFF) << 8 | data[4] & 0xFF;
    }

    private byte[] find(int tag) {
        for (int i = 0; i < tags.length; i++) {
            if (tags[i] == tag) {
                return objects[i];
            }
        }
        ISOException.throwIt(ISO7816.SW_FILE_NOT_FOUND);
        return new byte[0];
    }

    /** What follows the tag list is stored as it is, with its 53. */
    private void store(byte[] data) {
        int tag = tag(data);
        int free = 0;
        while (tags[free] != 0 && tags[free] != tag) {
            free++;
        }
        tags[free] = tag;
        objects[free] = Arrays.copyOfRange(data, 5, data.length);
    }

    private byte[] generate(int slot, byte algorithm) {
        KeyPair pair = switch (algorithm) {
            case 0x11 -> new KeyPair(KeyPair.ALG_EC_FP, KeyBuilder.LENGTH_EC_FP_256);
            case 0x14 -> new KeyPair(KeyPair.ALG_EC_FP, KeyBuilder.LENGTH_EC_FP_384);
            default -> new KeyPair(KeyPair.ALG_RSA, KeyBuilder.LENGTH_RSA_2048);
        };
        pair.genKeyPair();
        keys[slot] = pair;
        algorithms[slot] = algorithm;
        byte[] value = new byte[300];
        if (pair.getPublic() instanceof ECPublicKey ec) {
            int length = ec.getW(value, (short) 0);
            return tlv(0x7F49, tlv(0x86, Arrays.copyOf(value, length)));
        }
        RSAPublicKey rsa = (RSAPublicKey) pair.getPublic();
        byte[] modulus = Arrays.copyOf(value, rsa.getModulus(value, (short) 0));
        byte[] exponent = new byte[8];
        exponent = Arrays.copyOf(exponent, rsa.getExponent(exponent, (short) 0));
        return tlv(0x7F49, concatenate(tlv(0x81, modulus), tlv(0x82, exponent)));
    }

    private void verify(byte[] data) {
        if (data.length == 0) {
            ISOException.throwIt((short) (0x63C0 | pin.getTriesRemaining()));
        }
        if (data.length != 8 || !pin.check(data, (short) 0, (byte) 8)) {
            int left = pin.getTriesRemaining();
            ISOException.throwIt(left == 0 ? (short) 0x6983 : (short) (0x63C0 | left));
        }
    }

    private byte[] authenticate(int algorithm, int slot, byte[] template) {
        KeyPair pair = keys[slot];
        if (pair == null || algorithms[slot] != (byte) algorithm) {
            ISOException.throwIt(ISO7816.SW_INCORRECT_P1P2);
            throw new IllegalStateException();
        }
        if (slot == 0x9A && !pin.isValidated()) {
            ISOException.throwIt(ISO7816.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        // 7C L 82 00 81 L challenge: the challenge is the rest.
        int size = switch (algorithm) {
            case 0x11 -> 32;
            case 0x14 -> 48;
            default -> 256;
        };
        byte[] input = Arrays.copyOfRange(template, template.length - size, template.length);
        byte[] output = new byte[300];
        int length;
        if (algorithm == 0x07) {
            Cipher rsa = Cipher.getInstance(Cipher.ALG_RSA_NOPAD, false);
            rsa.init(pair.getPrivate(), Cipher.MODE_DECRYPT);
            int significant = rsa.doFinal(input, (short) 0, (short) size, output, (short) 0);
            // The simulator leaves out leading zeros; a card answers with as many bytes as the modulus has.
            System.arraycopy(output, 0, output, size - significant, significant);
            Arrays.fill(output, 0, size - significant, (byte) 0);
            length = size;
        } else {
            Signature ecdsa = Signature.getInstance(
                    algorithm == 0x11 ? Signature.ALG_ECDSA_SHA_256 : Signature.ALG_ECDSA_SHA_384, false);
            ecdsa.init(pair.getPrivate(), Signature.MODE_SIGN);
            length = ecdsa.signPreComputedHash(input, (short) 0, (short) size, output, (short) 0);
        }
        return tlv(0x7C, tlv(0x82, Arrays.copyOf(output, length)));
    }

    private void answer(APDU apdu, byte[] answer) {
        outgoing = answer;
        sent = 0;
        next(apdu);
    }

    private void next(APDU apdu) {
        int size = Math.min(256, outgoing.length - sent);
        Util.arrayCopyNonAtomic(outgoing, (short) sent, apdu.getBuffer(), (short) 0, (short) size);
        apdu.setOutgoingAndSend((short) 0, (short) size);
        sent += size;
        int left = outgoing.length - sent;
        if (left > 0) {
            ISOException.throwIt((short) (0x6100 | (left > 255 ? 0 : left)));
        }
    }

    private static byte[] tlv(int tag, byte[] value) {
        return new org.securemed.card.apdu.Tlv(tag, org.securemed.card.apdu.Bytes.copyOf(value))
                .encode()
                .toByteArray();
    }

    private static byte[] concatenate(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
