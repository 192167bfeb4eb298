package org.securemed.ledger.log;

import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.SigningKey;

/**
 * What a ledger signs with.
 *
 * @param log signs checkpoints and certificates; its name is the log's origin
 * @param outgoing the log key before this one, or null: when the log does not know {@code log} yet, the two make it
 *     known; from then on {@code outgoing} signs checkpoints beside it, until it is revoked or not given any more
 * @param instance signs blocks and staged entries; its name is the instance's
 * @param cosigner cosigns checkpoints with ML-DSA-44, or null. Once a log had one, it is needed until it is revoked
 */
public record LedgerKeys(
        SigningKey log,
        @Nullable SigningKey outgoing,
        SigningKey instance,
        @Nullable CosignKey cosigner) {

    public LedgerKeys {
        if (outgoing != null
                && !outgoing.verifyKey().name().equals(log.verifyKey().name())) {
            throw new IllegalArgumentException("both log keys have the log's origin as their name");
        }
    }

    /** A log key, an instance's key, and perhaps a cosigner. */
    public LedgerKeys(SigningKey log, SigningKey instance, @Nullable CosignKey cosigner) {
        this(log, null, instance, cosigner);
    }

    /** Whether any of them was made for development. */
    public boolean isDevelopment() {
        return log.isDevelopment()
                || instance.isDevelopment()
                || (outgoing != null && outgoing.isDevelopment())
                || (cosigner != null && cosigner.isDevelopment());
    }
}
