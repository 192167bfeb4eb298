package org.securemed.ledger.checkpoint;

import java.util.Base64;
import org.securemed.ledger.merkle.Hash;

/**
 * What a log says of itself at one size.
 *
 * @param origin the log's name, which is its key's name
 * @param size number of leaves
 * @param root root of the tree of that size
 * @see <a href="https://c2sp.org/tlog-checkpoint">C2SP tlog-checkpoint</a>
 */
public record Checkpoint(String origin, long size, Hash root) {
    public Checkpoint {
        VerifyKey.requireName(origin);
        if (size < 0) {
            throw new IllegalArgumentException("a tree has no %d leaves".formatted(size));
        }
    }

    /**
     * The checkpoint in a note, if the log's key signed it.
     *
     * @param logKey its name is the origin that is expected
     * @throws NoteException if the note is not a checkpoint of this log or not signed by this key
     */
    public static Checkpoint verify(SignedNote note, VerifyKey logKey) throws NoteException {
        Checkpoint checkpoint = read(note.verify(logKey));
        if (!checkpoint.origin.equals(logKey.name())) {
            throw new NoteException("the checkpoint is of another log");
        }
        return checkpoint;
    }

    /** Signs this checkpoint as the log. */
    public SignedNote sign(SigningKey logKey) {
        if (!origin.equals(logKey.verifyKey().name())) {
            throw new IllegalArgumentException("the key is of another log");
        }
        return SignedNote.sign(body(), logKey);
    }

    /** The three lines that are signed. Extension lines are not written: ML-DSA cosignatures would not cover them. */
    public String body() {
        return origin + "\n" + size + "\n" + Base64.getEncoder().encodeToString(root.toByteArray()) + "\n";
    }

    /**
     * The checkpoint that a note says it is, verified by nobody.
     *
     * @throws NoteException if it has another form
     */
    public static Checkpoint claimed(SignedNote note) throws NoteException {
        return read(note.text());
    }

    private static Checkpoint read(String body) throws NoteException {
        String[] lines = body.split("\n", 5);
        if (lines.length != 4 || !lines[3].isEmpty()) {
            throw new NoteException("a checkpoint of this log has three lines");
        }
        if (!lines[1].matches("0|[1-9][0-9]{0,17}")) {
            throw new NoteException("the checkpoint's size is not a decimal number");
        }
        try {
            Checkpoint checkpoint = new Checkpoint(
                    lines[0],
                    Long.parseLong(lines[1]),
                    Hash.of(Base64.getDecoder().decode(lines[2])));
            if (!checkpoint.body().equals(body)) {
                throw new NoteException("the checkpoint is not in its one form");
            }
            return checkpoint;
        } catch (IllegalArgumentException e) {
            throw new NoteException("the checkpoint is malformed");
        }
    }
}
