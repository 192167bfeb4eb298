package org.securemed.ledger.witness;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.merkle.Hash;

/**
 * What a log asks a witness: to cosign a checkpoint that extends the one the witness cosigned last.
 *
 * <pre>
 * "old " decimal-size "\n" (base64(hash) "\n"){0,63} "\n" checkpoint-note
 * </pre>
 *
 * @param oldSize size of the checkpoint that the witness is thought to have cosigned last; 0 if none
 * @param proof consistency proof from that size, at most 63 hashes; empty from size 0
 * @param note the checkpoint, verified by nobody yet
 * @see <a href="https://c2sp.org/tlog-witness">C2SP tlog-witness</a>
 */
public record WitnessRequest(long oldSize, List<Hash> proof, SignedNote note) {
    /** The longest request that is read, in bytes. */
    public static final int MAX_BYTES = SignedNote.MAX_BYTES + 4 * 1024;

    private static final int MAX_PROOF = 63;

    public WitnessRequest {
        if (oldSize < 0 || proof.size() > MAX_PROOF) {
            throw new IllegalArgumentException("a request has a size and at most %d hashes".formatted(MAX_PROOF));
        }
        proof = List.copyOf(proof);
    }

    /**
     * Reads a request strictly.
     *
     * @throws NoteException if it has another form
     */
    public static WitnessRequest parse(byte[] bytes) throws NoteException {
        if (bytes.length > MAX_BYTES) {
            throw new NoteException("the request has more than %d bytes".formatted(MAX_BYTES));
        }
        String text = utf8(bytes);
        int blank = text.indexOf("\n\n");
        if (blank < 0) {
            throw new NoteException("the request has no blank line before the checkpoint");
        }
        String[] lines = text.substring(0, blank).split("\n", MAX_PROOF + 2);
        if (!lines[0].matches("old (0|[1-9][0-9]{0,17})") || lines.length > MAX_PROOF + 1) {
            throw new NoteException("a request starts with the old size and at most %d hashes".formatted(MAX_PROOF));
        }
        List<Hash> proof = new ArrayList<>();
        for (int i = 1; i < lines.length; i++) {
            proof.add(hash(lines[i]));
        }
        SignedNote note = SignedNote.parse(text.substring(blank + 2));
        return new WitnessRequest(Long.parseLong(lines[0].substring("old ".length())), proof, note);
    }

    /** The request as it is sent. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("old ").append(oldSize).append('\n');
        for (Hash hash : proof) {
            text.append(base64(hash)).append('\n');
        }
        return text.append('\n').append(note).toString();
    }

    private static Hash hash(String line) throws NoteException {
        try {
            Hash hash = Hash.of(Base64.getDecoder().decode(line));
            if (base64(hash).equals(line)) {
                return hash;
            }
        } catch (IllegalArgumentException e) {
            throw new NoteException("a proof line is the base64 of 32 bytes");
        }
        throw new NoteException("a proof line is not in its one form");
    }

    private static String base64(Hash hash) {
        return Base64.getEncoder().encodeToString(hash.toByteArray());
    }

    private static String utf8(byte[] bytes) throws NoteException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new NoteException("the request is not UTF-8");
        }
    }
}
