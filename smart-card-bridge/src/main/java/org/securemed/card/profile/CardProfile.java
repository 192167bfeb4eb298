package org.securemed.card.profile;

import java.util.Optional;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;

/** A kind of card. Stateless. */
public interface CardProfile {
    /** Short stable name, lower case, such as {@code piv}. */
    String name();

    /**
     * Selects this kind's application.
     *
     * @return empty if the card has none
     * @throws CardRefusedException if it has one that cannot be used
     */
    Optional<CardApplication> select(CardConnection card) throws CardLostException, CardRefusedException;
}
