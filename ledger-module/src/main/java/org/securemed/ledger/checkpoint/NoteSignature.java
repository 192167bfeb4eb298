package org.securemed.ledger.checkpoint;

import java.util.Arrays;
import java.util.Base64;

/**
 * One signature line of a signed note.
 *
 * @param name who is said to have signed
 * @param base64 base64 of the four bytes of the key id and the signature
 */
public record NoteSignature(String name, String base64) {
    private static final int MAX_BASE64 = 16 * 1024;

    public NoteSignature {
        VerifyKey.requireName(name);
        if (base64.length() > MAX_BASE64 || Base64.getDecoder().decode(base64).length < 5) {
            throw new IllegalArgumentException("a signature line has a key id and a signature");
        }
    }

    static NoteSignature of(String name, int keyId, byte[] signature) {
        byte[] bytes = new byte[4 + signature.length];
        bytes[0] = (byte) (keyId >>> 24);
        bytes[1] = (byte) (keyId >>> 16);
        bytes[2] = (byte) (keyId >>> 8);
        bytes[3] = (byte) keyId;
        System.arraycopy(signature, 0, bytes, 4, signature.length);
        return new NoteSignature(name, Base64.getEncoder().encodeToString(bytes));
    }

    /** The key id, big-endian. */
    public int keyId() {
        byte[] bytes = Base64.getDecoder().decode(base64);
        return (bytes[0] & 0xff) << 24 | (bytes[1] & 0xff) << 16 | (bytes[2] & 0xff) << 8 | bytes[3] & 0xff;
    }

    /** What follows the key id. */
    public byte[] signature() {
        byte[] bytes = Base64.getDecoder().decode(base64);
        return Arrays.copyOfRange(bytes, 4, bytes.length);
    }
}
