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
 * A named public key, as C2SP signed notes know it: Ed25519 (signature type 0x01), or ECDSA on P-256 (type 0x02) for
 * keys in tokens that do not know Ed25519.
 *
 * @see <a href="https://c2sp.org/signed-note">C2SP signed-note</a>
 */
public final class VerifyKey {
    static final byte ED25519 = 0x01;
    static final byte ECDSA = 0x02;

    private final String name;
    private final byte[] publicKey;
    // Null for Ed25519.
    private final @Nullable P256Key p256;

    private VerifyKey(String name, byte[] publicKey, @Nullable P256Key p256) {
        this.name = name;
        this.publicKey = publicKey;
        this.p256 = p256;
    }

    /**
     * A key of this name.
     *
     * @param name 1 to 255 characters without white space, control characters or {@code +}
     * @param publicKey 32 bytes that encode a point of Ed25519, RFC 8032 section 5.1.2; or the DER form of a
     *     SubjectPublicKeyInfo of a P-256 key, RFC 5480
     * @throws IllegalArgumentException if either is not so
     */
    public static VerifyKey of(String name, byte[] publicKey) {
        requireName(name);
        if (publicKey.length != Ed25519.PUBLIC_KEY_SIZE) {
            return new VerifyKey(name, publicKey.clone(), P256Key.of(publicKey));
        }
        if (!Ed25519.validatePublicKeyFull(publicKey, 0)) {
            throw new IllegalArgumentException("not an Ed25519 public key");
        }
        return new VerifyKey(name, publicKey.clone(), null);
    }

    /**
     * Reads {@link #toString()}.
     *
     * @throws NoteException if the text is not a vkey of an Ed25519 or ECDSA key, or its key id is another's
     */
    public static VerifyKey parse(String vkey) throws NoteException {
        String[] parts = vkey.split("\\+", 3);
        if (parts.length != 3) {
            throw new NoteException("a vkey is name+id+key");
        }
        try {
            byte[] typed = Base64.getDecoder().decode(parts[2]);
            VerifyKey key = of(parts[0], Arrays.copyOfRange(typed, Math.min(1, typed.length), typed.length));
            // Says also that the type is that of the key.
            if (!key.toString().equals(vkey)) {
                throw new NoteException("the vkey's type or id is not that of its key");
            }
            return key;
        } catch (IllegalArgumentException e) {
            throw new NoteException("the vkey is malformed, or of a kind that is not known");
        }
    }

    /**
     * Refuses what cannot be the name of a key or log.
     *
     * @throws IllegalArgumentException if it is empty, too long, or has white space, control characters or a plus sign
     */
    public static void requireName(String name) {
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

    /** The public key, in the form that {@link #of} takes. */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /** The first four bytes, big-endian, of SHA-256(name "\n" 0x01 key), for ECDSA of SHA-256(key). */
    public int keyId() {
        byte[] input = publicKey;
        if (p256 == null) {
            byte[] prefix = (name + "\n").getBytes(StandardCharsets.UTF_8);
            input = Arrays.copyOf(prefix, prefix.length + 1 + publicKey.length);
            input[prefix.length] = ED25519;
            System.arraycopy(publicKey, 0, input, prefix.length + 1, publicKey.length);
        }
        return ByteBuffer.wrap(TreeHash.sha256(input).toByteArray()).getInt();
    }

    /** SHA-256 of {@link #publicKey()}: what blocks name it by. */
    public Hash fingerprint() {
        return TreeHash.sha256(publicKey);
    }

    /**
     * Whether this key signed {@code message}: RFC 8032 section 5.1.7; or ECDSA with SHA-256, the signature in DER.
     * Thread safe.
     */
    public boolean signed(byte[] message, byte[] signature) {
        if (p256 != null) {
            return p256.signed(message, signature);
        }
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

    /** The vkey: {@code name+hex(keyid)+base64(type key)}. */
    @Override
    public String toString() {
        byte[] typed = new byte[1 + publicKey.length];
        typed[0] = p256 == null ? ED25519 : ECDSA;
        System.arraycopy(publicKey, 0, typed, 1, publicKey.length);
        return name + "+" + HexFormat.of().toHexDigits(keyId()) + "+"
                + Base64.getEncoder().encodeToString(typed);
    }
}
