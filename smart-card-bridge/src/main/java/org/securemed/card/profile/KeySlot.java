package org.securemed.card.profile;

/**
 * Which of a card's keys: what its use proves. The certificates of a slot carry the slot's extended key usage and not
 * the other's, on every kind of card.
 *
 * @see <a href="https://csrc.nist.gov/pubs/fips/201/3/final">FIPS 201-3, 4.2.2</a>
 */
public enum KeySlot {
    /** Used without a PIN: the card is here. PIV key 9E; id-PIV-cardAuth. */
    CARD("2.16.840.1.101.3.6.8"),
    /** Used after the PIN: the card's holder is here. PIV key 9A; id-kp-clientAuth. */
    HOLDER("1.3.6.1.5.5.7.3.2");

    private final String keyPurpose;

    KeySlot(String keyPurpose) {
        this.keyPurpose = keyPurpose;
    }

    /** The extended key usage of its certificates: an OID, dotted. */
    public String keyPurpose() {
        return keyPurpose;
    }

    /** The slot that it must not be taken for. */
    public KeySlot other() {
        return this == CARD ? HOLDER : CARD;
    }
}
