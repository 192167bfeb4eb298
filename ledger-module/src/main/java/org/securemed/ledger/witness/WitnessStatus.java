package org.securemed.ledger.witness;

import java.time.Instant;
import java.util.Map;

/**
 * How the witnessing of a log goes.
 *
 * @param isTimely whether there was a quorum within the time that is demanded
 * @param size of the newest checkpoint with a quorum; -1 for none since the start
 * @param lastQuorum when that was; before the first, when witnessing began
 * @param troubles what is wrong with which witness
 * @param equivocations how many pieces of evidence are kept that the log's key signed two trees
 */
public record WitnessStatus(
        boolean isTimely, long size, Instant lastQuorum, Map<String, String> troubles, int equivocations) {
    public WitnessStatus {
        troubles = Map.copyOf(troubles);
    }
}
