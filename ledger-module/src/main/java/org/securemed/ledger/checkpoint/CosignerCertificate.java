package org.securemed.ledger.checkpoint;

/**
 * The log key's word that this cosigner cosigns every checkpoint of the log from here on. It is itself an entry of the
 * log.
 *
 * <pre>
 * ledger-cosigner-key/v1
 * origin
 * vkey
 * </pre>
 *
 * @param origin the log
 * @param key the cosigner
 */
public record CosignerCertificate(String origin, CosignVerifyKey key) {
    private static final String TYPE = "ledger-cosigner-key/v1";

    public CosignerCertificate {
        if (origin.equals(TYPE)) {
            throw new IllegalArgumentException("a log cannot have this origin");
        }
    }

    /** Whether a text says it is a certificate; {@link #verify} says whether it is one. */
    public static boolean isClaimedBy(String text) {
        return text.startsWith(TYPE + "\n");
    }

    /** Signs this certificate as the log. */
    public SignedNote sign(SigningKey logKey) {
        return SignedNote.sign(TYPE + "\n" + origin + "\n" + key + "\n", logKey);
    }

    /**
     * The certificate in a note, if the log's key signed it.
     *
     * @throws NoteException if the note is no certificate of this log or not signed by this key
     */
    public static CosignerCertificate verify(SignedNote note, VerifyKey logKey) throws NoteException {
        String[] lines = note.verify(logKey).split("\n", 5);
        if (lines.length != 4 || !lines[0].equals(TYPE) || !lines[1].equals(logKey.name()) || !lines[3].isEmpty()) {
            throw new NoteException("the note is no cosigner certificate of this log");
        }
        return new CosignerCertificate(lines[1], CosignVerifyKey.parse(lines[2]));
    }
}
