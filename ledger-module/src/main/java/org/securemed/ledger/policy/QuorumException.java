package org.securemed.ledger.policy;

import java.util.Set;

/** Fewer witnesses cosigned a checkpoint than the policy demands. */
public final class QuorumException extends Exception {
    private static final long serialVersionUID = 1L;

    QuorumException(String quorum, Set<String> witnesses) {
        super("the policy demands the quorum %s; the checkpoint has cosignatures by %s"
                .formatted(quorum, witnesses.isEmpty() ? "no known witness" : String.join(", ", witnesses)));
    }
}
