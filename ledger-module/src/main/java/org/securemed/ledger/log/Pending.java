package org.securemed.ledger.log;

import java.util.concurrent.CompletableFuture;

/**
 * A submission that waits for its block.
 *
 * @param submission what to write
 * @param staged whether its entries are in the outbox and leave it with the block; what is in the log already is then
 *     no duplicate but done
 * @param result completed by the committer's thread
 */
record Pending(Submission submission, boolean staged, CompletableFuture<AppendResult> result) {
    int size() {
        return submission.leaves().size();
    }
}
