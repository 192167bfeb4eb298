package org.securemed.card.healthcard;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A card whose issuer is trusted, whose signature is right, which is valid now and was not revoked. That whoever shows
 * it is the person on it is not proven.
 *
 * @param expiry null if it has none
 * @param bundle what stands on it
 * @param keysAsOf when the issuer last told its keys
 * @param revocationsAsOf when the issuer last told what it took back; null if it takes no card of this key back
 */
record VerifiedCard(
        String issuer,
        Instant notBefore,
        @Nullable Instant expiry,
        ObjectNode bundle,
        Instant keysAsOf,
        @Nullable Instant revocationsAsOf) {
    /** Without content. */
    @Override
    public String toString() {
        return "VerifiedCard[" + issuer + "]";
    }
}
