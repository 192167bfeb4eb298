package org.securemed.card.reader;

import java.time.Duration;
import java.util.List;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.profile.CardRefusedException;

/** The card readers of this machine. */
public interface Readers {
    /**
     * Names of the readers that are there now.
     *
     * @throws CardRefusedException if the smart card service does not run
     */
    List<String> names() throws CardRefusedException;

    /**
     * Holds the card in a reader, alone, while {@code work} is done, and lets go of it afterwards; the card is reset,
     * so that a PIN that was shown is forgotten.
     *
     * @param reader name; the beginning of it is enough if it fits one only
     * @param patience how long to wait for a card, zero for not at all
     * @throws CardRefusedException if there is no such reader or no card
     */
    <T> T withCard(String reader, Duration patience, Work<T> work) throws CardLostException, CardRefusedException;

    /**
     * Waits until no card is in a reader.
     *
     * @param reader as for {@link #withCard}
     * @param patience how long at most, more than zero
     * @return whether none is there; false if one was there all the time
     * @throws CardRefusedException if the service or the reader is not there, so that nobody knows
     */
    boolean awaitRemoval(String reader, Duration patience) throws CardRefusedException;

    /**
     * Whether PINs are typed on the reader's own keys.
     *
     * @param reader as for {@link #withCard}
     */
    boolean hasPinpad(String reader);

    /** What is done with a card. */
    @FunctionalInterface
    interface Work<T> {
        /** Does it; the connection is of no use afterwards. */
        T with(CardConnection card) throws CardLostException, CardRefusedException;
    }
}
