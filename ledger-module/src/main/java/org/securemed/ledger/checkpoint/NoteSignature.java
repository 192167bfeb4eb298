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
    private static final String DASH = "—";
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

    /**
     * Reads one line, with or without its line feed.
     *
     * @throws NoteException if it is not a signature line
     */
    public static NoteSignature parse(String line) throws NoteException {
        String[] words = (line.endsWith("\n") ? line.substring(0, line.length() - 1) : line).split(" ", -1);
        if (words.length != 3 || !words[0].equals(DASH)) {
            throw new NoteException("a signature line is a dash, a name and base64");
        }
        try {
            return new NoteSignature(words[1], words[2]);
        } catch (IllegalArgumentException e) {
            throw new NoteException("the signature line is malformed");
        }
    }

    /** The line as it stands in a note, with its line feed. */
    public String line() {
        return DASH + " " + name + " " + base64 + "\n";
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
