package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.policy.TrustPolicy;
import org.securemed.ledger.policy.Witness;
import org.securemed.ledger.verify.Rows.CosignedRow;

/** Looks for the newest stored checkpoint that a policy's quorum cosigned. Its root has been compared before. */
final class QuorumCheck {
    private static final String TABLE = "ledger_checkpoint";

    private final StoredLog log;
    private final TrustPolicy policy;
    private final KeyHistory keys;
    private final Findings findings;

    /** @param keys of the whole log */
    QuorumCheck(StoredLog log, TrustPolicy policy, KeyHistory keys, Findings findings) {
        this.log = log;
        this.policy = policy;
        this.keys = keys;
        this.findings = findings;
    }

    /** The size of that checkpoint; if there is none, which is then a finding, -1. */
    long run() throws SQLException {
        try (Cursor<CosignedRow> rows = log.cosigned()) {
            for (CosignedRow row = rows.take(); row != null; row = rows.take()) {
                if (isMet(row)) {
                    return row.size();
                }
            }
        }
        findings.add(
                TABLE, "all", "note", "one that the policy's quorum %s cosigned".formatted(policy.quorum()), "none");
        return Report.NOT_WITNESSED;
    }

    private boolean isMet(CosignedRow row) {
        try {
            SignedNote note = SignedNote.parse(row.note());
            Checkpoint checkpoint = keys.verify(note);
            List<NoteSignature> lines = new ArrayList<>(note.signatures());
            row.lines().forEach(stored -> parsed(stored).ifPresent(lines::add));
            return checkpoint.size() == row.size() && policy.isMetBy(cosigners(checkpoint, lines));
        } catch (NoteException e) {
            // Of the checkpoint that was said already, where it was compared with the tree.
            return false;
        }
    }

    private static Optional<NoteSignature> parsed(String stored) {
        try {
            return Optional.of(NoteSignature.parse(stored));
        } catch (NoteException e) {
            return Optional.empty();
        }
    }

    private Set<String> cosigners(Checkpoint checkpoint, List<NoteSignature> lines) {
        Set<String> cosigners = new HashSet<>();
        for (Witness witness : policy.witnesses()) {
            if (lines.stream().anyMatch(line -> isBy(witness, checkpoint, line))) {
                cosigners.add(witness.name());
            }
        }
        return cosigners;
    }

    private static boolean isBy(Witness witness, Checkpoint checkpoint, NoteSignature line) {
        try {
            witness.key().verify(checkpoint, line);
            return true;
        } catch (NoteException e) {
            return false;
        }
    }
}
