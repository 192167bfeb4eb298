package org.securemed.card.simulated;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.apdu.CommandApdu;
import org.securemed.card.apdu.ResponseApdu;

/** An eavesdropper: keeps what a card answered, and answers the same again. */
public final class RecordedCard implements CardConnection {
    private final CardConnection card;
    private final List<ResponseApdu> answers = new ArrayList<>();

    /** @param card listened to */
    public RecordedCard(CardConnection card) {
        this.card = card;
    }

    @Override
    public ResponseApdu transmit(CommandApdu command) throws CardLostException {
        ResponseApdu answer = card.transmit(command);
        answers.add(answer);
        return answer;
    }

    /** How many commands there were. */
    public int commands() {
        return answers.size();
    }

    /** A card that answers what was recorded, in that order. */
    public CardConnection replay() {
        Deque<ResponseApdu> left = new ArrayDeque<>(answers);
        return command -> left.removeFirst();
    }
}
