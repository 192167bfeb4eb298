package org.securemed.ledger.checkpoint;

import java.util.Base64;

/**
 * The log key's word that a server instance signs blocks with this key. It is itself an entry of the log.
 *
 * <pre>
 * ledger-instance-key/v1
 * origin
 * instance
 * base64(public key)
 * </pre>
 *
 * @param origin the log
 * @param key the instance's key; its name is the instance
 */
public record InstanceCertificate(String origin, VerifyKey key) {
    private static final String TYPE = "ledger-instance-key/v1";

    public InstanceCertificate {
        if (origin.equals(TYPE)) {
            // The first line tells certificates and checkpoints apart: both are signed by the log key.
            throw new IllegalArgumentException("a log cannot have this origin");
        }
    }

    /** Whether a text says it is a certificate; {@link #verify} says whether it is one. */
    public static boolean isClaimedBy(String text) {
        return text.startsWith(TYPE + "\n");
    }

    /** Signs this certificate as the log. */
    public SignedNote sign(SigningKey logKey) {
        return SignedNote.sign(body(), logKey);
    }

    /**
     * The certificate in a note, if the log's key signed it.
     *
     * @throws NoteException if the note is no certificate of this log or not signed by this key
     */
    public static InstanceCertificate verify(SignedNote note, VerifyKey logKey) throws NoteException {
        String body = note.verify(logKey);
        String[] lines = body.split("\n", 6);
        if (lines.length != 5 || !lines[0].equals(TYPE) || !lines[1].equals(logKey.name()) || !lines[4].isEmpty()) {
            throw new NoteException("the note is no instance certificate of this log");
        }
        try {
            InstanceCertificate certificate = new InstanceCertificate(
                    lines[1], VerifyKey.of(lines[2], Base64.getDecoder().decode(lines[3])));
            if (!certificate.body().equals(body)) {
                throw new NoteException("the certificate is not in its one form");
            }
            return certificate;
        } catch (IllegalArgumentException e) {
            throw new NoteException("the instance certificate is malformed");
        }
    }

    private String body() {
        String encoded = Base64.getEncoder().encodeToString(key.publicKey());
        return TYPE + "\n" + origin + "\n" + key.name() + "\n" + encoded + "\n";
    }
}
