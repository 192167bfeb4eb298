package org.securemed.fhir.transparency;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.witness.WitnessStatus;

/**
 * What {@code GET /ledger/witnesses} answers.
 *
 * @param witnessed whether this log has witnesses at all
 * @param timely whether the quorum was there within the time demanded
 * @param size of the newest checkpoint with a quorum
 * @param lastQuorum when that was
 * @param troubles what is wrong with which witness
 * @param evidence pairs of checkpoints that this log's key signed and that are not of one tree: none, as long as nobody
 *     else has the key
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record WitnessView(
        boolean witnessed,
        @Nullable Boolean timely,
        @Nullable Long size,
        @Nullable Instant lastQuorum,
        @Nullable Map<String, String> troubles,
        @Nullable List<Pair> evidence) {

    static WitnessView none() {
        return new WitnessView(false, null, null, null, null, null);
    }

    static WitnessView of(WitnessStatus status, List<Pair> evidence) {
        return new WitnessView(
                true, status.isTimely(), status.size(), status.lastQuorum(), status.troubles(), evidence);
    }

    /**
     * Two signed checkpoints.
     *
     * @param one as a note
     * @param other as a note
     * @param proof where their sizes differ, the consistency proof from the root that the larger tree had at the
     *     smaller size, which is not the one that was signed: hashes in base64
     */
    record Pair(String one, String other, List<String> proof) {}
}
