package org.securemed.fhir.smart;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the bridge states of a card that has proven itself to it a moment ago.
 *
 * @param owner whose card it is, relative reference
 * @param device which card, {@code Device/…}
 * @param pin whether its PIN was right
 * @param nonce of the log-in page that asked; null in a statement about a signature
 * @param signed SHA-256 of what the card signed, base64url; null in a statement about a log-in
 * @param issuedAt when the bridge said so
 */
public record CardStatement(
        String owner,
        String device,
        boolean pin,
        @Nullable String nonce,
        @Nullable String signed,
        Instant issuedAt) {}
