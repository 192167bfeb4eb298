package org.securemed.ledger.checkpoint;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.TreeHash;

/**
 * A named Ed25519 public key, as C2SP signed notes know it (signature type 0x01).
 *
 * @see <a href="https://c2sp.org/signed-note">C2SP signed-note</a>
 */
public final class VerifyKey {
    static final byte ED25519 = 0x01;

    private final String name;
    private final byte[] publicKey;

    private VerifyKey(String name, byte[] publicKey) {
        this.name = name;
        this.publicKey = publicKey;
    }

    /**
     * A key of this name.
     *
     * @param name 1 to 255 characters without white space, control characters or {@code +}
     * @param publicKey 32 bytes that encode a point, RFC 8032 section 5.1.2
     * @throws IllegalArgumentException if either is not so
     */
    public static VerifyKey of(String name, byte[] publicKey) {
        requireName(name);
        if (publicKey.length != Ed25519.PUBLIC_KEY_SIZE || !Ed25519.validatePublicKeyFull(publicKey, 0)) {
            throw new IllegalArgumentException("not an Ed25519 public key");
        }
        return new VerifyKey(name, publicKey.clone());
    }

    /**
     * Reads {@link #toString()}.
     *
     * @throws NoteException if the text is not a vkey of an Ed25519 key, or its key id is another's
     */
    public static VerifyKey parse(String vkey) throws NoteException {
        String[] parts = vkey.split("\\+", 3);
        if (parts.length != 3) {
            throw new NoteException("a vkey is name+id+key");
        }
        try {
            byte[] typed = Base64.getDecoder().decode(parts[2]);
            if (typed.length != 1 + Ed25519.PUBLIC_KEY_SIZE || typed[0] != ED25519) {
                throw new NoteException("the vkey is not of an Ed25519 key");
            }
            VerifyKey key = of(parts[0], Arrays.copyOfRange(typed, 1, typed.length));
            if (!key.toString().equals(vkey)) {
                throw new NoteException("the vkey's id is not that of its key");
            }
            return key;
        } catch (IllegalArgumentException e) {
            throw new NoteException("the vkey is malformed");
        }
    }

    static void requireName(String name) {
        boolean form = !name.isEmpty()
                && name.length() <= 255
                && name.codePoints()
                        .noneMatch(c -> c == '+'
                                || Character.isSpaceChar(c)
                                || Character.isWhitespace(c)
                                || Character.isISOControl(c));
        if (!form) {
            throw new IllegalArgumentException("a key's name has no white space and no plus sign");
        }
    }

    /** The name; of a log key, the log's origin. */
    public String name() {
        return name;
    }

    /** The 32 bytes of the public key. */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /** SHA-256(name "\n" 0x01 key)[0:4], big-endian. */
    public int keyId() {
        byte[] prefix = (name + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] input = Arrays.copyOf(prefix, prefix.length + 1 + publicKey.length);
        input[prefix.length] = ED25519;
        System.arraycopy(publicKey, 0, input, prefix.length + 1, publicKey.length);
        return ByteBuffer.wrap(TreeHash.sha256(input).toByteArray()).getInt();
    }

    /** SHA-256 of the 32 bytes of the public key: what blocks name it by. */
    public Hash fingerprint() {
        return TreeHash.sha256(publicKey);
    }

    /** Whether this key signed {@code message}: RFC 8032 section 5.1.7. Thread safe. */
    public boolean signed(byte[] message, byte[] signature) {
        return signature.length == Ed25519.SIGNATURE_SIZE
                && Ed25519.verify(signature, 0, publicKey, 0, message, 0, message.length);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof VerifyKey key && name.equals(key.name) && Arrays.equals(publicKey, key.publicKey);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(publicKey);
    }

    /** The vkey: {@code name+hex(keyid)+base64(0x01 key)}. */
    @Override
    public String toString() {
        byte[] typed = new byte[1 + publicKey.length];
        typed[0] = ED25519;
        System.arraycopy(publicKey, 0, typed, 1, publicKey.length);
        return name + "+" + HexFormat.of().toHexDigits(keyId()) + "+"
                + Base64.getEncoder().encodeToString(typed);
    }
}
