package org.securemed.card.trust;

import java.security.cert.X509Certificate;
import java.util.UUID;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.profile.KeySlot;

/**
 * A card that has proven itself; only {@link CardVerifier} makes one.
 *
 * @param profile kind of card
 * @param slot which key it proved to hold: with {@link KeySlot#HOLDER} the PIN was right
 * @param guid which card it is
 * @param certificate of that key
 * @param signature that proved it
 */
public record ProvenCard(String profile, KeySlot slot, UUID guid, X509Certificate certificate, Bytes signature) {
    /** Neither the GUID, which leads to a person, nor the certificate. */
    @Override
    public String toString() {
        return "ProvenCard[profile=" + profile + ", slot=" + slot + "]";
    }
}
