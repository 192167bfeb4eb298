package org.securemed.ledger.witness;

import java.util.List;
import java.util.stream.Collectors;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.merkle.ConsistencyProof;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.ProofException;

/**
 * Two checkpoints that one log's key signed and that cannot both be of one log. Anybody can check it with the log's
 * public key alone; whether that key signed both is for whoever makes or reads it to verify.
 *
 * @param one of the smaller tree, or of the same size
 * @param other of the larger tree
 * @param prefixRoot the root that the larger tree had at the smaller size: not the one that was signed. For equal sizes
 *     the larger's own root
 * @param path consistency proof from {@code prefixRoot} to the larger root; empty for equal sizes
 */
public record Equivocation(SignedNote one, SignedNote other, Hash prefixRoot, List<Hash> path) {
    public Equivocation {
        path = List.copyOf(path);
        Checkpoint smaller = claimed(one);
        Checkpoint larger = claimed(other);
        if (!smaller.origin().equals(larger.origin()) || smaller.root().equals(prefixRoot)) {
            throw new IllegalArgumentException("two checkpoints that may well be of one log");
        }
        requireShown(smaller.size(), larger, prefixRoot, path);
    }

    /** Two roots for one size. */
    static Equivocation ofOneSize(SignedNote one, SignedNote other) {
        return new Equivocation(one, other, claimed(other).root(), List.of());
    }

    /** The path as it is stored: base64, a hash a line. */
    String proof() {
        return path.stream().map(hash -> hash.toBase64() + "\n").collect(Collectors.joining());
    }

    private static void requireShown(long size, Checkpoint larger, Hash prefixRoot, List<Hash> path) {
        try {
            new ConsistencyProof(size, larger.size(), path).verify(prefixRoot, larger.root());
        } catch (ProofException e) {
            throw new IllegalArgumentException("the path does not show what the larger tree was before", e);
        }
    }

    private static Checkpoint claimed(SignedNote note) {
        try {
            return Checkpoint.claimed(note);
        } catch (NoteException e) {
            throw new IllegalArgumentException("evidence is two checkpoints", e);
        }
    }
}
