package org.securemed.card.apdu;

/**
 * A card that is being spoken to, by one thread at a time and nobody else meanwhile. What is behind it (PC/SC, a
 * simulator) is the reader's affair.
 */
@FunctionalInterface
public interface CardConnection {
    /**
     * Sends a command and waits for the answer.
     *
     * @throws CardLostException if there is no answer: the card was pulled, swapped or reset, or the reader went away.
     *     Nothing that was read before counts any more
     */
    ResponseApdu transmit(CommandApdu command) throws CardLostException;
}
