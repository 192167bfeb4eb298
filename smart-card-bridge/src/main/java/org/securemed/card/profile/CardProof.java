package org.securemed.card.profile;

import java.util.UUID;
import org.securemed.card.apdu.Bytes;

/**
 * What a reader brings back from a card: claims, and a signature that may make them true. Everything here comes from
 * outside.
 *
 * @param profile {@link CardProfile#name()}
 * @param slot which key signed
 * @param guid which card it says it is
 * @param certificate DER
 * @param signature over {@link Challenge#message()}
 */
public record CardProof(String profile, KeySlot slot, UUID guid, Bytes certificate, Bytes signature) {
    /** More than any certificate or signature of a card. */
    private static final int MOST = 16 * 1024;

    public CardProof {
        if (certificate.length() > MOST || signature.length() > MOST) {
            throw new IllegalArgumentException("more than any card holds");
        }
    }
}
