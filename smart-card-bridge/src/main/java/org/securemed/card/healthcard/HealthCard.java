package org.securemed.card.healthcard;

import java.time.Instant;
import java.util.Optional;
import org.securemed.card.qr.CodeTooLargeException;
import org.securemed.card.qr.QrCode;
import org.securemed.card.qr.Recovery;

/**
 * A card that we issued. It proves where its content comes from, and not who shows it.
 *
 * @param id its {@code rid}, by which it is taken back
 * @param jws compact serialization
 */
record HealthCard(String id, String keyId, CardContent content, Instant expiresAt, String jws) {
    /** The largest QR code that the specification admits. */
    private static final int MAX_VERSION = 22;

    /** {@code shc:/} and digits. */
    String numeric() {
        return NumericForm.of(jws);
    }

    /**
     * As a code, with more redundancy if it fits.
     *
     * @return empty if the card is too large for a code and is to be handed out as a file or by a link
     */
    Optional<QrCode> code() {
        for (Recovery recovery : new Recovery[] {Recovery.M, Recovery.L}) {
            try {
                return Optional.of(QrCode.of(numeric(), recovery, MAX_VERSION));
            } catch (CodeTooLargeException e) {
                // The next one holds more.
            }
        }
        return Optional.empty();
    }

    /** Not what stands on it. */
    @Override
    public String toString() {
        return "HealthCard[" + id + "]";
    }
}
