package org.securemed.ledger.checkpoint;

/**
 * The word of a log's key that another follows it, and the word of that other key that it follows this one. It is an
 * entry of the log: every checkpoint that contains it is signed by the new key.
 *
 * <pre>
 * ledger-log-key/v1
 * origin
 * vkey of the key so far
 * vkey of the new key
 * </pre>
 *
 * @param from the key so far; its name is the origin
 * @param to the new key, of the same name
 */
public record LogKeySuccession(VerifyKey from, VerifyKey to) {
    private static final String TYPE = "ledger-log-key/v1";

    public LogKeySuccession {
        if (!from.name().equals(to.name()) || from.name().equals(TYPE)) {
            throw new IllegalArgumentException("both keys of a succession are of one log");
        }
        if (from.equals(to)) {
            throw new IllegalArgumentException("a key does not follow itself");
        }
    }

    /** Whether a text says it is a succession; {@link #verify} says whether it is one. */
    public static boolean isClaimedBy(String text) {
        return text.startsWith(TYPE + "\n");
    }

    /** Signs this succession with both keys. */
    public SignedNote sign(SigningKey outgoing, SigningKey incoming) {
        if (!outgoing.verifyKey().equals(from) || !incoming.verifyKey().equals(to)) {
            throw new IllegalArgumentException("a succession is signed by the keys it names");
        }
        SignedNote note = SignedNote.sign(body(), outgoing);
        return note.with(SignedNote.sign(body(), incoming).signatures().get(0));
    }

    /**
     * The succession in a note, if both keys that it names signed it. Whether the log's key was the first of them is
     * for the caller to say.
     *
     * @throws NoteException if the note is no succession, or not signed by both
     */
    public static LogKeySuccession verify(SignedNote note) throws NoteException {
        String[] lines = note.text().split("\n", 6);
        if (lines.length != 5 || !lines[0].equals(TYPE) || !lines[4].isEmpty()) {
            throw new NoteException("the note is no succession of log keys");
        }
        try {
            LogKeySuccession succession = new LogKeySuccession(VerifyKey.parse(lines[2]), VerifyKey.parse(lines[3]));
            if (!succession.body().equals(note.text())) {
                throw new NoteException("the succession is not in its one form");
            }
            note.verify(succession.from);
            note.verify(succession.to);
            return succession;
        } catch (IllegalArgumentException e) {
            throw new NoteException("the succession is malformed");
        }
    }

    private String body() {
        return TYPE + "\n" + from.name() + "\n" + from + "\n" + to + "\n";
    }
}
