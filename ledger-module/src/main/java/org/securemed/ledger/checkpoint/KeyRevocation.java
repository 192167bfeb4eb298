package org.securemed.ledger.checkpoint;

/**
 * The log key's word that a key which it certified, or which it followed, counts no more. It is an entry of the log:
 * behind it, nothing that key signs is of the log.
 *
 * <pre>
 * ledger-key-revocation/v1
 * origin
 * vkey of the revoked key
 * </pre>
 *
 * @param origin the log
 * @param vkey of an instance, a cosigner, or an earlier log key
 */
public record KeyRevocation(String origin, String vkey) {
    private static final String TYPE = "ledger-key-revocation/v1";

    public KeyRevocation {
        VerifyKey.requireName(origin);
        if (origin.equals(TYPE)) {
            throw new IllegalArgumentException("a log cannot have this origin");
        }
        if (!vkey.matches("[^+\\s]{1,255}\\+[0-9a-f]{8}\\+[A-Za-z0-9+/=]{1,4096}")) {
            throw new IllegalArgumentException("a revocation names a vkey");
        }
    }

    /** Whether a text says it is a revocation; {@link #verify} says whether it is one. */
    public static boolean isClaimedBy(String text) {
        return text.startsWith(TYPE + "\n");
    }

    /** Signs this revocation as the log. */
    public SignedNote sign(SigningKey logKey) {
        return SignedNote.sign(body(), logKey);
    }

    /**
     * The revocation in a note, if the log's key signed it.
     *
     * @throws NoteException if the note is no revocation of this log or not signed by this key
     */
    public static KeyRevocation verify(SignedNote note, VerifyKey logKey) throws NoteException {
        String[] lines = note.verify(logKey).split("\n", 5);
        if (lines.length != 4 || !lines[0].equals(TYPE) || !lines[1].equals(logKey.name()) || !lines[3].isEmpty()) {
            throw new NoteException("the note is no key revocation of this log");
        }
        try {
            return new KeyRevocation(lines[1], lines[2]);
        } catch (IllegalArgumentException e) {
            throw new NoteException("the key revocation is malformed");
        }
    }

    private String body() {
        return TYPE + "\n" + origin + "\n" + vkey + "\n";
    }
}
