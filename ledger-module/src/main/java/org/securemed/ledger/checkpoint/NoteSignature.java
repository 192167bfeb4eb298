package org.securemed.ledger.checkpoint;

import java.nio.ByteBuffer;
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
        byte[] bytes =
                base64.length() > MAX_BASE64 ? new byte[0] : Base64.getDecoder().decode(base64);
        // The decoder forgives bits beyond the last byte: a note would have several forms.
        if (bytes.length < 5 || !Base64.getEncoder().encodeToString(bytes).equals(base64)) {
            throw new IllegalArgumentException("a signature line has a key id and a signature");
        }
    }

    static NoteSignature of(String name, int keyId, byte[] signature) {
        byte[] bytes = ByteBuffer.allocate(4 + signature.length)
                .putInt(keyId)
                .put(signature)
                .array();
        return new NoteSignature(name, Base64.getEncoder().encodeToString(bytes));
    }

    /** The key id, big-endian. */
    public int keyId() {
        byte[] bytes = Base64.getDecoder().decode(base64);
        return ByteBuffer.wrap(bytes).getInt();
    }

    /** What follows the key id. */
    public byte[] signature() {
        byte[] bytes = Base64.getDecoder().decode(base64);
        return Arrays.copyOfRange(bytes, 4, bytes.length);
    }
}
