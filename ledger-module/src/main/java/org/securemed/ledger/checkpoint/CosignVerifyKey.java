package org.securemed.ledger.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.signers.MLDSASigner;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.merkle.TreeHash;

/**
 * A named public key of a cosigner: Ed25519 (signature type 0x04), or ML-DSA-44 (0x06), which holds when quantum
 * computers break Ed25519.
 *
 * @see <a href="https://c2sp.org/tlog-cosignature">C2SP tlog-cosignature</a>
 */
public final class CosignVerifyKey {
    static final byte ED25519 = 0x04;
    static final byte ML_DSA_44 = 0x06;
    private static final int ML_DSA_KEY = 1_312;
    private static final int ML_DSA_SIGNATURE = 2_420;
    private static final byte[] LABEL = "subtree/v1\n\0".getBytes(StandardCharsets.US_ASCII);

    private final String name;
    private final byte type;
    private final byte[] publicKey;

    private CosignVerifyKey(String name, byte type, byte[] publicKey) {
        VerifyKey.requireName(name);
        if (name.getBytes(StandardCharsets.UTF_8).length > 255) {
            throw new IllegalArgumentException("a cosigner's name has at most 255 bytes");
        }
        this.name = name;
        this.type = type;
        this.publicKey = publicKey.clone();
    }

    /**
     * An ML-DSA-44 key of this name.
     *
     * @param name 1 to 255 bytes without white space, control characters or {@code +}
     * @param publicKey 1,312 bytes
     * @throws IllegalArgumentException if either is not so
     */
    public static CosignVerifyKey mlDsa44(String name, byte[] publicKey) {
        if (publicKey.length != ML_DSA_KEY) {
            throw new IllegalArgumentException("not an ML-DSA-44 public key");
        }
        return new CosignVerifyKey(name, ML_DSA_44, publicKey);
    }

    /**
     * An Ed25519 key of this name. Its cosignatures do not commit to the name: never use one key under two names.
     *
     * @param name as above
     * @param publicKey 32 bytes that encode a point
     * @throws IllegalArgumentException if either is not so
     */
    public static CosignVerifyKey ed25519(String name, byte[] publicKey) {
        if (publicKey.length != Ed25519.PUBLIC_KEY_SIZE || !Ed25519.validatePublicKeyFull(publicKey, 0)) {
            throw new IllegalArgumentException("not an Ed25519 public key");
        }
        return new CosignVerifyKey(name, ED25519, publicKey);
    }

    /**
     * Reads {@link #toString()}.
     *
     * @throws NoteException if the text is not a vkey of a cosigner, or its key id is another's
     */
    public static CosignVerifyKey parse(String vkey) throws NoteException {
        String[] parts = vkey.split("\\+", 3);
        if (parts.length != 3) {
            throw new NoteException("a vkey is name+id+key");
        }
        try {
            byte[] typed = Base64.getDecoder().decode(parts[2]);
            if (typed.length == 0 || (typed[0] != ED25519 && typed[0] != ML_DSA_44)) {
                throw new NoteException("the vkey is not of a cosigner (type 0x04 or 0x06)");
            }
            byte[] publicKey = Arrays.copyOfRange(typed, 1, typed.length);
            CosignVerifyKey key = typed[0] == ED25519 ? ed25519(parts[0], publicKey) : mlDsa44(parts[0], publicKey);
            if (!key.toString().equals(vkey)) {
                throw new NoteException("the vkey's id is not that of its key");
            }
            return key;
        } catch (IllegalArgumentException e) {
            throw new NoteException("the vkey is malformed");
        }
    }

    public String name() {
        return name;
    }

    /** The public key without its type: 32 or 1,312 bytes. */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /** SHA-256(name "\n" type key)[0:4], big-endian. */
    public int keyId() {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.writeBytes((name + "\n").getBytes(StandardCharsets.UTF_8));
        input.writeBytes(typed());
        return ByteBuffer.wrap(TreeHash.sha256(input.toByteArray()).toByteArray())
                .getInt();
    }

    /** Whether a signature line claims to be of this key. */
    public boolean isNamedBy(NoteSignature line) {
        return line.name().equals(name) && line.keyId() == keyId();
    }

    /**
     * Verifies this cosigner's signature line under a checkpoint.
     *
     * @return when it was made, POSIX seconds
     * @throws NoteException if the line is not of this key or does not verify
     */
    public long verify(Checkpoint checkpoint, NoteSignature line) throws NoteException {
        byte[] stamped = line.signature();
        int length = type == ED25519 ? Ed25519.SIGNATURE_SIZE : ML_DSA_SIGNATURE;
        if (!isNamedBy(line) || stamped.length != Long.BYTES + length) {
            throw new NoteException("the line is no cosignature of %s".formatted(name));
        }
        long seconds = ByteBuffer.wrap(stamped).getLong();
        if (seconds < 0 || !signed(checkpoint, seconds, Arrays.copyOfRange(stamped, Long.BYTES, stamped.length))) {
            throw new NoteException("the cosignature of %s does not verify".formatted(name));
        }
        return seconds;
    }

    private boolean signed(Checkpoint checkpoint, long seconds, byte[] signature) {
        if (type == ED25519) {
            byte[] message = ed25519Message(checkpoint, seconds);
            return Ed25519.verify(signature, 0, publicKey, 0, message, 0, message.length);
        }
        byte[] message = message(name, checkpoint, seconds);
        MLDSASigner verifier = new MLDSASigner();
        verifier.init(false, new MLDSAPublicKeyParameters(MLDSAParameters.ml_dsa_44, publicKey));
        verifier.update(message, 0, message.length);
        return verifier.verifySignature(signature);
    }

    /** What an Ed25519 cosigner signs: two lines, then the checkpoint's. */
    static byte[] ed25519Message(Checkpoint checkpoint, long seconds) {
        return ("cosignature/v1\ntime " + seconds + "\n" + checkpoint.body()).getBytes(StandardCharsets.UTF_8);
    }

    /** What an ML-DSA-44 cosigner signs: the structure {@code cosigned_message} of tlog-cosignature. */
    static byte[] message(String name, Checkpoint checkpoint, long seconds) {
        ByteArrayOutputStream message = new ByteArrayOutputStream(256);
        message.writeBytes(LABEL);
        opaque(message, name);
        message.writeBytes(u64(seconds));
        opaque(message, checkpoint.origin());
        message.writeBytes(u64(0));
        message.writeBytes(u64(checkpoint.size()));
        message.writeBytes(checkpoint.root().toByteArray());
        return message.toByteArray();
    }

    private static void opaque(ByteArrayOutputStream message, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        message.write(bytes.length);
        message.writeBytes(bytes);
    }

    static byte[] u64(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }

    private byte[] typed() {
        byte[] typed = new byte[1 + publicKey.length];
        typed[0] = type;
        System.arraycopy(publicKey, 0, typed, 1, publicKey.length);
        return typed;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CosignVerifyKey key
                && name.equals(key.name)
                && type == key.type
                && Arrays.equals(publicKey, key.publicKey);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(publicKey);
    }

    /** The vkey: {@code name+hex(keyid)+base64(type key)}. */
    @Override
    public String toString() {
        return name + "+" + HexFormat.of().toHexDigits(keyId()) + "+"
                + Base64.getEncoder().encodeToString(typed());
    }
}
