package org.securemed.ledger.policy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;

/**
 * Which logs and witnesses are trusted, and which witnesses must have cosigned a checkpoint before it is. Immutable.
 *
 * <p>Log keys are Ed25519 (signature type 0x01) or ECDSA on P-256 (0x02), witness keys Ed25519 (0x04) or ML-DSA-44
 * (0x06). Checkpoints with extension lines are refused.
 *
 * @see <a href="https://c2sp.org/tlog-policy">C2SP tlog-policy</a>
 */
public final class TrustPolicy {
    /** The name of the quorum that demands no cosignature. */
    public static final String NONE = "none";

    private final List<KnownLog> logs;
    private final Map<String, Witness> witnesses;
    private final Map<String, Group> groups;
    private final String quorum;

    TrustPolicy(List<KnownLog> logs, Map<String, Witness> witnesses, Map<String, Group> groups, String quorum) {
        this.logs = List.copyOf(logs);
        this.witnesses = new LinkedHashMap<>(witnesses);
        this.groups = Map.copyOf(groups);
        this.quorum = quorum;
    }

    /**
     * Reads a policy file strictly: at most 256 KiB, 64 logs, 64 witnesses and 64 groups.
     *
     * @throws PolicyException if it is not a policy, saying which line
     */
    public static TrustPolicy parse(byte[] file) throws PolicyException {
        return new PolicyParser().parse(file);
    }

    /** The logs, in the order of the file. */
    public List<KnownLog> logs() {
        return logs;
    }

    /** The witnesses, in the order of the file. */
    public List<Witness> witnesses() {
        return List.copyOf(witnesses.values());
    }

    /** The name of the witness or group that must have witnessed a checkpoint, or {@link #NONE}. */
    public String quorum() {
        return quorum;
    }

    /**
     * The known witnesses that cosigned a checkpoint.
     *
     * @param note whose text is the checkpoint's
     * @return when each did, POSIX seconds, by the witness's name in the policy
     * @throws NoteException if a line is of a known witness and does not verify: such a note is refused as a whole
     */
    public Map<String, Long> cosignatures(Checkpoint checkpoint, SignedNote note) throws NoteException {
        Map<String, Long> times = new LinkedHashMap<>();
        for (Witness witness : witnesses.values()) {
            for (NoteSignature line : note.signatures()) {
                if (witness.key().isNamedBy(line)) {
                    times.merge(witness.name(), witness.key().verify(checkpoint, line), Math::max);
                }
            }
        }
        return times;
    }

    /** Whether cosignatures of these witnesses are enough. */
    public boolean isMetBy(Set<String> cosigners) {
        return quorum.equals(NONE) || witnessed(quorum, cosigners);
    }

    /**
     * The checkpoint in a note, if one of the policy's logs signed it and its quorum cosigned it.
     *
     * @throws NoteException if it is no checkpoint of a known log, or a known key's signature does not verify
     * @throws QuorumException if too few witnesses cosigned it
     */
    public Checkpoint verify(SignedNote note) throws NoteException, QuorumException {
        String origin = note.text().substring(0, note.text().indexOf('\n'));
        for (KnownLog log : logs) {
            VerifyKey key = log.key();
            boolean signed = note.signatures().stream()
                    .anyMatch(line -> line.name().equals(key.name()) && line.keyId() == key.keyId());
            if (signed && origin.equals(key.name())) {
                return verify(note, key);
            }
        }
        throw new NoteException("the checkpoint is signed by no log that the policy knows");
    }

    /**
     * The checkpoint in a note, if this log signed it and the policy's quorum cosigned it.
     *
     * @param logKey known from elsewhere; need not be in the policy
     * @throws NoteException likewise
     * @throws QuorumException likewise
     */
    public Checkpoint verify(SignedNote note, VerifyKey logKey) throws NoteException, QuorumException {
        Checkpoint checkpoint = Checkpoint.verify(note, logKey);
        Set<String> cosigners = cosignatures(checkpoint, note).keySet();
        if (!isMetBy(cosigners)) {
            throw new QuorumException(quorum, cosigners);
        }
        return checkpoint;
    }

    // Groups name only what is defined before them, so this ends.
    private boolean witnessed(String name, Set<String> cosigners) {
        Group group = groups.get(name);
        if (group == null) {
            return cosigners.contains(name);
        }
        return group.members().stream()
                        .filter(member -> witnessed(member, cosigners))
                        .count()
                >= group.threshold();
    }
}
