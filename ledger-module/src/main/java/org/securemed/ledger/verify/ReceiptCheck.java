package org.securemed.ledger.verify;

import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.merkle.ProofException;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.policy.QuorumException;
import org.securemed.ledger.policy.TrustPolicy;

/** Verifies one receipt, offline. */
final class ReceiptCheck {
    private final VerifyKey logKey;
    private final @Nullable TrustPolicy policy;

    /** @param policy whose quorum must have cosigned the receipt's checkpoint, or null */
    ReceiptCheck(VerifyKey logKey, @Nullable TrustPolicy policy) {
        this.logKey = logKey;
        this.policy = policy;
    }

    /**
     * The checkpoint that the receipt is under, if the log signed it and the quorum cosigned it. Says nothing of an
     * entry.
     */
    Checkpoint signed(TlogProof receipt) throws NoteException, QuorumException {
        return policy == null
                ? Checkpoint.verify(receipt.checkpoint(), logKey)
                : policy.verify(receipt.checkpoint(), logKey);
    }

    /** The same, if also these bytes are the entry at the receipt's index. */
    Checkpoint verify(TlogProof receipt, byte[] entry) throws NoteException, QuorumException, ProofException {
        signed(receipt);
        return receipt.verify(TreeHash.leaf(entry), logKey);
    }
}
