package org.securemed.ledger.checkpoint;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A text with signature lines, nothing of it verified. It becomes something to rely on by {@link #verify}.
 *
 * @param text ends with a line feed; no other control characters
 * @param signatures 1 to 64
 * @see <a href="https://c2sp.org/signed-note">C2SP signed-note</a>
 */
public record SignedNote(String text, List<NoteSignature> signatures) {
    /** The longest note that is read, in bytes: room for sixteen of the longest signatures there are, 5 kB each. */
    public static final int MAX_BYTES = 128 * 1024;

    private static final int MAX_SIGNATURES = 64;

    public SignedNote {
        requireText(text);
        if (signatures.isEmpty() || signatures.size() > MAX_SIGNATURES) {
            throw new IllegalArgumentException("a note has 1 to %d signatures".formatted(MAX_SIGNATURES));
        }
        signatures = List.copyOf(signatures);
    }

    /** Signs a text. */
    public static SignedNote sign(String text, SigningKey key) {
        requireText(text);
        byte[] signature = key.sign(text.getBytes(StandardCharsets.UTF_8));
        VerifyKey verifyKey = key.verifyKey();
        return new SignedNote(text, List.of(NoteSignature.of(verifyKey.name(), verifyKey.keyId(), signature)));
    }

    /**
     * Reads a note strictly.
     *
     * @throws NoteException if it is not well-formed UTF-8 or not a note
     */
    public static SignedNote parse(byte[] bytes) throws NoteException {
        if (bytes.length > MAX_BYTES) {
            throw new NoteException("the note has %d bytes, more than %d".formatted(bytes.length, MAX_BYTES));
        }
        try {
            return parse(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new NoteException("the note is not UTF-8");
        }
    }

    /**
     * Reads a note strictly.
     *
     * @throws NoteException if it is not a note
     */
    public static SignedNote parse(String note) throws NoteException {
        int blank = note.lastIndexOf("\n\n");
        if (note.length() > MAX_BYTES || blank < 0 || !note.endsWith("\n")) {
            throw new NoteException("the note has no signatures after a blank line");
        }
        try {
            return new SignedNote(note.substring(0, blank + 1), signatures(note.substring(blank + 2)));
        } catch (IllegalArgumentException e) {
            throw new NoteException("the note is malformed: " + e.getMessage());
        }
    }

    /** This note with another's signature line added. */
    public SignedNote with(NoteSignature signature) {
        List<NoteSignature> all = new ArrayList<>(signatures);
        all.add(signature);
        return new SignedNote(text, all);
    }

    /**
     * The text, if {@code key} signed it.
     *
     * @throws NoteException if no signature line is of this key, or one is and does not verify
     */
    public String verify(VerifyKey key) throws NoteException {
        byte[] message = text.getBytes(StandardCharsets.UTF_8);
        boolean verified = false;
        for (NoteSignature signature : signatures) {
            if (signature.name().equals(key.name()) && signature.keyId() == key.keyId()) {
                if (!key.signed(message, signature.signature())) {
                    throw new NoteException("the signature of %s does not verify".formatted(key.name()));
                }
                verified = true;
            }
        }
        if (!verified) {
            throw new NoteException("the note is not signed by %s".formatted(key.name()));
        }
        return text;
    }

    /** The note as it is stored and served. */
    @Override
    public String toString() {
        StringBuilder note = new StringBuilder(text).append('\n');
        for (NoteSignature signature : signatures) {
            note.append(signature.line());
        }
        return note.toString();
    }

    private static List<NoteSignature> signatures(String lines) throws NoteException {
        List<NoteSignature> signatures = new ArrayList<>();
        for (String line : lines.substring(0, Math.max(0, lines.length() - 1)).split("\n", MAX_SIGNATURES + 1)) {
            signatures.add(NoteSignature.parse(line));
        }
        return signatures;
    }

    private static void requireText(String text) {
        if (!text.endsWith("\n") || text.codePoints().anyMatch(c -> c < 0x20 && c != '\n')) {
            throw new IllegalArgumentException(
                    "a note's text ends with a line feed and has no other control character");
        }
    }
}
