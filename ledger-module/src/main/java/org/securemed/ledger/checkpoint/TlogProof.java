package org.securemed.ledger.checkpoint;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.InclusionProof;
import org.securemed.ledger.merkle.ProofException;

/**
 * A receipt: all that is needed, beside the entry and the log's key, to see offline that the entry is in the log.
 * Unverified until {@link #verify}.
 *
 * @param index log index of the entry, zero-based
 * @param path at most 63 hashes
 * @param checkpoint the signed checkpoint the path leads to
 * @see <a href="https://c2sp.org/tlog-proof">C2SP tlog-proof</a>
 */
public record TlogProof(long index, List<Hash> path, SignedNote checkpoint) {
    private static final String HEADER = "c2sp.org/tlog-proof@v1\n";
    private static final int MAX_PATH = 63;
    private static final int MAX_BYTES = SignedNote.MAX_BYTES + 8 * 1_024;

    public TlogProof {
        if (index < 0 || path.size() > MAX_PATH) {
            throw new IllegalArgumentException("a proof has an index and at most 63 hashes");
        }
        path = List.copyOf(path);
    }

    /**
     * Reads a proof strictly. A line of extra data is allowed and ignored: nothing authenticates it.
     *
     * @throws NoteException if it is malformed
     */
    public static TlogProof parse(byte[] bytes) throws NoteException {
        if (bytes.length > MAX_BYTES) {
            throw new NoteException("the proof has %d bytes, more than %d".formatted(bytes.length, MAX_BYTES));
        }
        try {
            return parse(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new NoteException("the proof is not UTF-8");
        }
    }

    private static TlogProof parse(String text) throws NoteException {
        int blank = text.indexOf("\n\n", HEADER.length());
        if (!text.startsWith(HEADER) || blank < 0) {
            throw new NoteException("the text is no tlog-proof");
        }
        List<String> lines =
                new ArrayList<>(List.of(text.substring(HEADER.length(), blank).split("\n", MAX_PATH + 3)));
        String extra = lines.get(0).startsWith("extra ") ? lines.remove(0).substring("extra ".length()) : "";
        if (lines.isEmpty() || lines.size() > MAX_PATH + 1 || !lines.get(0).matches("index (0|[1-9][0-9]{0,17})")) {
            throw new NoteException("the proof has no index, or too many hashes");
        }
        try {
            requireBase64(extra);
            List<Hash> path = new ArrayList<>();
            for (String line : lines.subList(1, lines.size())) {
                path.add(hash(line));
            }
            long index = Long.parseLong(lines.get(0).substring("index ".length()));
            return new TlogProof(index, path, SignedNote.parse(text.substring(blank + 2)));
        } catch (IllegalArgumentException e) {
            throw new NoteException("the proof has a malformed hash or extra line");
        }
    }

    /**
     * Checks that an entry is in the log.
     *
     * @param leaf the entry's leaf hash, computed from its bytes by whoever asks
     * @return the checkpoint that covers it
     * @throws NoteException if the checkpoint is not the log's
     * @throws ProofException if the path does not lead to it
     */
    public Checkpoint verify(Hash leaf, VerifyKey logKey) throws NoteException, ProofException {
        Checkpoint covering = Checkpoint.verify(checkpoint, logKey);
        if (index >= covering.size()) {
            throw new ProofException(
                    "index %d is not within the %d entries of the checkpoint".formatted(index, covering.size()));
        }
        new InclusionProof(index, covering.size(), path).verify(leaf, covering.root());
        return covering;
    }

    /** The text that is stored and served, file extension {@code .tlog-proof}. */
    @Override
    public String toString() {
        StringBuilder text =
                new StringBuilder(HEADER).append("index ").append(index).append('\n');
        for (Hash hash : path) {
            text.append(Base64.getEncoder().encodeToString(hash.toByteArray())).append('\n');
        }
        return text.append('\n').append(checkpoint).toString();
    }

    private static Hash hash(String line) {
        return Hash.of(requireBase64(line));
    }

    private static byte[] requireBase64(String line) {
        byte[] bytes = Base64.getDecoder().decode(line);
        if (!Base64.getEncoder().encodeToString(bytes).equals(line)) {
            throw new IllegalArgumentException("not in its one form");
        }
        return bytes;
    }
}
