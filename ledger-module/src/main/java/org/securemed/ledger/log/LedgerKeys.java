package org.securemed.ledger.log;

import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.SigningKey;

/**
 * What a ledger signs with.
 *
 * @param log signs checkpoints and certificates; its name is the log's origin
 * @param instance signs blocks and staged entries; its name is the instance's
 * @param cosigner cosigns checkpoints with ML-DSA-44, or null. Once a log had one, it is needed for ever
 */
public record LedgerKeys(
        SigningKey log, SigningKey instance, @Nullable CosignKey cosigner) {
    /** Whether any of them was made for development. */
    public boolean isDevelopment() {
        return log.isDevelopment() || instance.isDevelopment() || (cosigner != null && cosigner.isDevelopment());
    }
}
