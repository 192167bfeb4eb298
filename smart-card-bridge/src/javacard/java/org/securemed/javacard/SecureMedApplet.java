package org.securemed.javacard;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.OwnerPIN;
import javacard.framework.Util;
import javacard.security.ECPrivateKey;
import javacard.security.ECPublicKey;
import javacard.security.KeyBuilder;
import javacard.security.KeyPair;
import javacard.security.Signature;

/**
 * SecureMed's card: two P-256 keys that are made on the card and never leave it, their certificates, a GUID, and, if the
 * patient wants one, an emergency data set that anyone who holds the card can read.
 *
 * <p>Java Card Classic 3.0.5, no objects made after installation. Life: personalised at the card desk (GUID, keys,
 * certificates, PIN), then activated; from then on only the PIN and the emergency data set change, both by the PIN.
 *
 * <table>
 * <caption>Commands, class 00 (10 for all but the last of a chain)</caption>
 * <tr><th>INS P1 P2</th><th>does</th></tr>
 * <tr><td>CA, tag</td><td>GET DATA 5F20 GUID, 5F21 and 5F22 certificates, 5F23 emergency data set</td></tr>
 * <tr><td>DA, tag</td><td>PUT DATA, chained; 5F23 after the PIN, others before activation</td></tr>
 * <tr><td>46 00 key</td><td>GENERATE ASYMMETRIC KEY PAIR, before activation; answers the public point</td></tr>
 * <tr><td>44 00 00</td><td>ACTIVATE with PUK and PIN (16 bytes), when GUID, keys and certificates are there</td></tr>
 * <tr><td>88 00 01</td><td>INTERNAL AUTHENTICATE: key 1 signs 16 to 64 bytes, ECDSA with SHA-256</td></tr>
 * <tr><td>20 00 80</td><td>VERIFY; without data: how many attempts are left</td></tr>
 * <tr><td>24 00 80</td><td>CHANGE REFERENCE DATA, old and new PIN</td></tr>
 * <tr><td>2C 00 80</td><td>RESET RETRY COUNTER, PUK and new PIN</td></tr>
 * <tr><td>2A 9E 9A</td><td>COMPUTE DIGITAL SIGNATURE: key 2 signs a SHA-256 digest, once for each PIN</td></tr>
 * <tr><td>C0 00 00</td><td>GET RESPONSE</td></tr>
 * </table>
 */
public final class SecureMedApplet extends Applet {
    static final byte GET_DATA = (byte) 0xCA;
    static final byte PUT_DATA = (byte) 0xDA;
    static final byte GENERATE = (byte) 0x46;
    static final byte ACTIVATE = (byte) 0x44;
    static final byte INTERNAL_AUTHENTICATE = (byte) 0x88;
    static final byte VERIFY = (byte) 0x20;
    static final byte CHANGE_PIN = (byte) 0x24;
    static final byte RESET_RETRY_COUNTER = (byte) 0x2C;
    static final byte SIGN = (byte) 0x2A;
    static final byte GET_RESPONSE = (byte) 0xC0;

    static final short GUID = (short) 0x5F20;
    static final short CARD_CERTIFICATE = (short) 0x5F21;
    static final short HOLDER_CERTIFICATE = (short) 0x5F22;
    static final short EMERGENCY = (short) 0x5F23;

    private static final byte CARD_KEY = 1;
    private static final byte HOLDER_KEY = 2;
    private static final byte PIN_REFERENCE = (byte) 0x80;

    private static final byte PIN_SIZE = 8;
    private static final byte PIN_ATTEMPTS = 5;
    private static final byte PUK_ATTEMPTS = 5;
    private static final short GUID_SIZE = 16;
    private static final short CERTIFICATE_SIZE = 1536;
    private static final short EMERGENCY_SIZE = 4096;
    private static final short LEAST_CHALLENGE = 16;
    private static final short MOST_CHALLENGE = 64;
    private static final short DIGEST = 32;
    private static final short BLOCK = 256;

    /** Prime, coefficients, base point and order of P-256 (SP 800-186, 3.2.1.3). */
    private static final byte[] PRIME = {
        -1, -1, -1, -1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
    };

    private static final byte[] A = {
        -1, -1, -1, -1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -4
    };

    private static final byte[] B = {
        0x5A, (byte) 0xC6, 0x35, (byte) 0xD8, (byte) 0xAA, 0x3A, (byte) 0x93, (byte) 0xE7,
        (byte) 0xB3, (byte) 0xEB, (byte) 0xBD, 0x55, 0x76, (byte) 0x98, (byte) 0x86, (byte) 0xBC,
        0x65, 0x1D, 0x06, (byte) 0xB0, (byte) 0xCC, 0x53, (byte) 0xB0, (byte) 0xF6,
        0x3B, (byte) 0xCE, 0x3C, 0x3E, 0x27, (byte) 0xD2, 0x60, 0x4B
    };

    private static final byte[] G = {
        0x04,
        0x6B, 0x17, (byte) 0xD1, (byte) 0xF2, (byte) 0xE1, 0x2C, 0x42, 0x47,
        (byte) 0xF8, (byte) 0xBC, (byte) 0xE6, (byte) 0xE5, 0x63, (byte) 0xA4, 0x40, (byte) 0xF2,
        0x77, 0x03, 0x7D, (byte) 0x81, 0x2D, (byte) 0xEB, 0x33, (byte) 0xA0,
        (byte) 0xF4, (byte) 0xA1, 0x39, 0x45, (byte) 0xD8, (byte) 0x98, (byte) 0xC2, (byte) 0x96,
        0x4F, (byte) 0xE3, 0x42, (byte) 0xE2, (byte) 0xFE, 0x1A, 0x7F, (byte) 0x9B,
        (byte) 0x8E, (byte) 0xE7, (byte) 0xEB, 0x4A, 0x7C, 0x0F, (byte) 0x9E, 0x16,
        0x2B, (byte) 0xCE, 0x33, 0x57, 0x6B, 0x31, 0x5E, (byte) 0xCE,
        (byte) 0xCB, (byte) 0xB6, 0x40, 0x68, 0x37, (byte) 0xBF, 0x51, (byte) 0xF5
    };

    private static final byte[] ORDER = {
        -1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1,
        (byte) 0xBC, (byte) 0xE6, (byte) 0xFA, (byte) 0xAD, (byte) 0xA7, 0x17, (byte) 0x9E, (byte) 0x84,
        (byte) 0xF3, (byte) 0xB9, (byte) 0xCA, (byte) 0xC2, (byte) 0xFC, 0x63, 0x25, 0x51
    };

    private final DataObject guid = new DataObject(GUID_SIZE);
    private final DataObject cardCertificate = new DataObject(CERTIFICATE_SIZE);
    private final DataObject holderCertificate = new DataObject(CERTIFICATE_SIZE);
    private final DataObject emergency = new DataObject(EMERGENCY_SIZE);

    private final KeyPair cardKey = newKeyPair();
    private final KeyPair holderKey = newKeyPair();
    private final boolean[] made = new boolean[3];
    private boolean activated;

    private final OwnerPIN pin = new OwnerPIN(PIN_ATTEMPTS, PIN_SIZE);
    private final OwnerPIN puk = new OwnerPIN(PUK_ATTEMPTS, PIN_SIZE);
    private final Signature ecdsa = Signature.getInstance(Signature.ALG_ECDSA_SHA_256, false);

    /** What waits for GET RESPONSE, and from where; what a chain of PUT DATA fills. */
    private final Object[] pending = JCSystem.makeTransientObjectArray((short) 1, JCSystem.CLEAR_ON_DESELECT);

    private final short[] position = JCSystem.makeTransientShortArray((short) 2, JCSystem.CLEAR_ON_DESELECT);
    private final Object[] chain = JCSystem.makeTransientObjectArray((short) 1, JCSystem.CLEAR_ON_DESELECT);

    private SecureMedApplet() {
        register();
    }

    /** Called by the card's runtime. */
    public static void install(byte[] parameters, short offset, byte length) {
        new SecureMedApplet();
    }

    @Override
    public void deselect() {
        pin.reset();
        puk.reset();
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            pin.reset();
            return;
        }
        byte[] buffer = apdu.getBuffer();
        byte cla = (byte) (buffer[ISO7816.OFFSET_CLA] & (byte) 0xEF);
        if (cla != 0) {
            ISOException.throwIt(ISO7816.SW_CLA_NOT_SUPPORTED);
        }
        byte ins = buffer[ISO7816.OFFSET_INS];
        boolean chained = (buffer[ISO7816.OFFSET_CLA] & 0x10) != 0;
        if (chained && ins != PUT_DATA) {
            ISOException.throwIt(ISO7816.SW_COMMAND_CHAINING_NOT_SUPPORTED);
        }
        if (ins != PUT_DATA) {
            chain[0] = null;
        }
        short p1p2 = Util.getShort(buffer, ISO7816.OFFSET_P1);
        switch (ins) {
            case GET_DATA:
                begin(apdu, object(p1p2));
                break;
            case GET_RESPONSE:
                next(apdu);
                break;
            case PUT_DATA:
                put(apdu, object(p1p2), chained);
                break;
            case GENERATE:
                generate(apdu, p1p2);
                break;
            case ACTIVATE:
                activate(apdu);
                break;
            case INTERNAL_AUTHENTICATE:
                authenticate(apdu, p1p2);
                break;
            case SIGN:
                sign(apdu, p1p2);
                break;
            case VERIFY:
                verify(apdu, p1p2);
                break;
            case CHANGE_PIN:
                change(apdu, p1p2, pin);
                break;
            case RESET_RETRY_COUNTER:
                change(apdu, p1p2, puk);
                break;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }

    private DataObject object(short tag) {
        switch (tag) {
            case GUID:
                return guid;
            case CARD_CERTIFICATE:
                return cardCertificate;
            case HOLDER_CERTIFICATE:
                return holderCertificate;
            case EMERGENCY:
                return emergency;
            default:
                ISOException.throwIt(ISO7816.SW_FILE_NOT_FOUND);
                return guid;
        }
    }

    private void begin(APDU apdu, DataObject object) {
        if (object.length == 0) {
            ISOException.throwIt(ISO7816.SW_FILE_NOT_FOUND);
        }
        pending[0] = object;
        position[0] = 0;
        next(apdu);
    }

    /** Sends up to 256 bytes and says with 61XX that more wait. */
    private void next(APDU apdu) {
        DataObject object = (DataObject) pending[0];
        if (object == null) {
            ISOException.throwIt(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
            return;
        }
        short left = (short) (object.length - position[0]);
        short size = left > BLOCK ? BLOCK : left;
        apdu.setOutgoing();
        apdu.setOutgoingLength(size);
        apdu.sendBytesLong(object.bytes, position[0], size);
        position[0] += size;
        left -= size;
        if (left > 0) {
            ISOException.throwIt((short) (ISO7816.SW_BYTES_REMAINING_00 | (left > 255 ? 0 : left)));
        }
        pending[0] = null;
    }

    private void put(APDU apdu, DataObject object, boolean more) {
        if (activated && (object != emergency || !pin.isValidated())) {
            ISOException.throwIt(ISO7816.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        short size = receive(apdu);
        if (chain[0] != object) {
            chain[0] = object;
            position[1] = 0;
        }
        if (size > (short) (object.bytes.length - position[1])) {
            chain[0] = null;
            ISOException.throwIt(ISO7816.SW_FILE_FULL);
        }
        if (position[1] == 0) {
            // Half an object is none: its length is set at the end.
            object.length = 0;
        }
        Util.arrayCopy(apdu.getBuffer(), ISO7816.OFFSET_CDATA, object.bytes, position[1], size);
        position[1] += size;
        if (!more) {
            if (object == guid && position[1] != GUID_SIZE) {
                ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
            }
            object.length = position[1];
            chain[0] = null;
        }
    }

    private void generate(APDU apdu, short key) {
        if (activated) {
            ISOException.throwIt(ISO7816.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        if (key != CARD_KEY && key != HOLDER_KEY) {
            ISOException.throwIt(ISO7816.SW_INCORRECT_P1P2);
        }
        KeyPair pair = key == CARD_KEY ? cardKey : holderKey;
        pair.genKeyPair();
        made[key] = true;
        byte[] buffer = apdu.getBuffer();
        short size = ((ECPublicKey) pair.getPublic()).getW(buffer, (short) 0);
        apdu.setOutgoingAndSend((short) 0, size);
    }

    private void activate(APDU apdu) {
        boolean complete = made[CARD_KEY]
                && made[HOLDER_KEY]
                && guid.length > 0
                && cardCertificate.length > 0
                && holderCertificate.length > 0;
        if (activated || !complete) {
            ISOException.throwIt(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
        }
        if (receive(apdu) != (short) (2 * PIN_SIZE)) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        byte[] buffer = apdu.getBuffer();
        JCSystem.beginTransaction();
        puk.update(buffer, ISO7816.OFFSET_CDATA, PIN_SIZE);
        pin.update(buffer, (short) (ISO7816.OFFSET_CDATA + PIN_SIZE), PIN_SIZE);
        activated = true;
        JCSystem.commitTransaction();
    }

    private void authenticate(APDU apdu, short key) {
        if (!activated) {
            ISOException.throwIt(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
        }
        if (key != CARD_KEY) {
            ISOException.throwIt(ISO7816.SW_INCORRECT_P1P2);
        }
        short size = receive(apdu);
        if (size < LEAST_CHALLENGE || size > MOST_CHALLENGE) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        byte[] buffer = apdu.getBuffer();
        ecdsa.init(cardKey.getPrivate(), Signature.MODE_SIGN);
        // Input and output must not overlap.
        short at = (short) (ISO7816.OFFSET_CDATA + MOST_CHALLENGE);
        short signed = ecdsa.sign(buffer, ISO7816.OFFSET_CDATA, size, buffer, at);
        apdu.setOutgoingAndSend(at, signed);
    }

    private void sign(APDU apdu, short p1p2) {
        if (p1p2 != (short) 0x9E9A) {
            ISOException.throwIt(ISO7816.SW_INCORRECT_P1P2);
        }
        if (!pin.isValidated()) {
            ISOException.throwIt(ISO7816.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        if (receive(apdu) != DIGEST) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        // One PIN, one signature: what the holder agreed to and nothing after it.
        pin.reset();
        byte[] buffer = apdu.getBuffer();
        ecdsa.init(holderKey.getPrivate(), Signature.MODE_SIGN);
        short at = (short) (ISO7816.OFFSET_CDATA + MOST_CHALLENGE);
        short signed = ecdsa.signPreComputedHash(buffer, ISO7816.OFFSET_CDATA, DIGEST, buffer, at);
        apdu.setOutgoingAndSend(at, signed);
    }

    private void verify(APDU apdu, short reference) {
        requirePin(reference);
        byte[] buffer = apdu.getBuffer();
        if (buffer[ISO7816.OFFSET_LC] == 0) {
            refuse(pin);
        }
        if (receive(apdu) != PIN_SIZE) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        check(pin, buffer);
    }

    /** A new PIN, by the old one or by the PUK. */
    private void change(APDU apdu, short reference, OwnerPIN by) {
        requirePin(reference);
        if (receive(apdu) != (short) (2 * PIN_SIZE)) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        byte[] buffer = apdu.getBuffer();
        check(by, buffer);
        pin.update(buffer, (short) (ISO7816.OFFSET_CDATA + PIN_SIZE), PIN_SIZE);
        puk.reset();
    }

    private void requirePin(short reference) {
        if (reference != (short) (PIN_REFERENCE & 0xFF)) {
            ISOException.throwIt(ISO7816.SW_INCORRECT_P1P2);
        }
        if (!activated) {
            ISOException.throwIt(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
        }
    }

    private static void check(OwnerPIN by, byte[] buffer) {
        if (!by.check(buffer, ISO7816.OFFSET_CDATA, PIN_SIZE)) {
            refuse(by);
        }
    }

    private static void refuse(OwnerPIN by) {
        byte left = by.getTriesRemaining();
        ISOException.throwIt(left == 0 ? (short) 0x6983 : (short) (0x63C0 | left));
    }

    private static short receive(APDU apdu) {
        short size = (short) (apdu.getBuffer()[ISO7816.OFFSET_LC] & 0xFF);
        if (apdu.setIncomingAndReceive() != size) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        return size;
    }

    private static KeyPair newKeyPair() {
        ECPublicKey open = (ECPublicKey)
                KeyBuilder.buildKey(KeyBuilder.TYPE_EC_FP_PUBLIC, KeyBuilder.LENGTH_EC_FP_256, false);
        ECPrivateKey secret = (ECPrivateKey)
                KeyBuilder.buildKey(KeyBuilder.TYPE_EC_FP_PRIVATE, KeyBuilder.LENGTH_EC_FP_256, false);
        open.setFieldFP(PRIME, (short) 0, (short) PRIME.length);
        open.setA(A, (short) 0, (short) A.length);
        open.setB(B, (short) 0, (short) B.length);
        open.setG(G, (short) 0, (short) G.length);
        open.setR(ORDER, (short) 0, (short) ORDER.length);
        open.setK((short) 1);
        secret.setFieldFP(PRIME, (short) 0, (short) PRIME.length);
        secret.setA(A, (short) 0, (short) A.length);
        secret.setB(B, (short) 0, (short) B.length);
        secret.setG(G, (short) 0, (short) G.length);
        secret.setR(ORDER, (short) 0, (short) ORDER.length);
        secret.setK((short) 1);
        return new KeyPair(open, secret);
    }

    /** A value and room for it. */
    private static final class DataObject {
        final byte[] bytes;
        short length;

        DataObject(short size) {
            this.bytes = new byte[size];
        }
    }
}
