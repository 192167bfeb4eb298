package org.securemed.card.simulated;

import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.ResponseApdu;

/** A card that is pulled after some commands. */
public final class PulledCard implements CardConnection {
    private final CardConnection card;
    private int left;

    /** @param commands how many it answers */
    public PulledCard(CardConnection card, int commands) {
        this.card = card;
        this.left = commands;
    }

    @Override
    public ResponseApdu transmit(CommandApdu command) throws CardLostException {
        if (left == 0) {
            throw new CardLostException(new IllegalStateException("pulled"));
        }
        left--;
        return card.transmit(command);
    }
}
