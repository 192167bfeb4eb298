package org.securemed.ledger.witness;

import java.util.List;
import java.util.function.Function;
import org.securemed.ledger.checkpoint.NoteSignature;

/**
 * What a witness says to a request.
 *
 * @see <a href="https://c2sp.org/tlog-witness">C2SP tlog-witness</a>
 */
public sealed interface WitnessAnswer {
    /**
     * 200: the checkpoint extends what was cosigned before, and is kept.
     *
     * @param lines cosignatures, at least one
     */
    record Cosigned(List<NoteSignature> lines) implements WitnessAnswer {
        public Cosigned {
            lines = List.copyOf(lines);
        }
    }

    /**
     * 409: the request starts from another size than the witness's last.
     *
     * @param size what the witness cosigned last
     */
    record OtherSize(long size) implements WitnessAnswer {}

    /**
     * Nothing was cosigned.
     *
     * @param status 400: not a request; 403: no signature by a key that the witness trusts; 404: a log it does not
     *     know; 422: the checkpoint does not extend what was cosigned before
     * @param reason for people
     */
    record Refused(int status, String reason) implements WitnessAnswer {}

    /** Handles every case. */
    default <T> T fold(Function<Cosigned, T> cosigned, Function<OtherSize, T> otherSize, Function<Refused, T> refused) {
        if (this instanceof Cosigned answer) {
            return cosigned.apply(answer);
        }
        if (this instanceof OtherSize answer) {
            return otherSize.apply(answer);
        }
        return refused.apply((Refused) this);
    }
}
