package org.securemed.card.profile;

import java.util.UUID;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardLostException;

/** A selected application on a card. What it says is a claim until its signature was verified. */
public interface CardApplication {
    /**
     * Reads which card this is, from the card, each time anew.
     *
     * @throws CardRefusedException if the card does not say, or says that it has expired
     */
    UUID guid() throws CardLostException, CardRefusedException;

    /**
     * Reads the certificate of a key.
     *
     * @return DER, unpacked, not checked
     * @throws CardRefusedException if there is none
     */
    Bytes certificate(KeySlot slot) throws CardLostException, CardRefusedException;

    /**
     * Shows the holder's PIN to the card, once; {@link KeySlot#HOLDER} can be used afterwards. Looks at the number of
     * attempts first and leaves the last one alone.
     *
     * @throws CardRefusedException if the PIN is wrong or blocked, or there is one attempt left
     */
    void verifyPin(Pin pin) throws CardLostException, CardRefusedException;

    /**
     * Has the card sign.
     *
     * @param key what kind of key the certificate of {@code slot} holds
     * @param message what is signed; it is hashed as {@code key} says
     * @return the signature as {@link CardKey#verify} takes it
     * @throws CardRefusedException if the card does not sign
     */
    Bytes sign(KeySlot slot, CardKey key, byte[] message) throws CardLostException, CardRefusedException;
}
