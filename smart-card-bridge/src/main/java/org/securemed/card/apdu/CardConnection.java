package org.securemed.card.apdu;

import java.util.Optional;

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

    /**
     * Has the reader ask for the PIN on its own keys and send it to the card, so that it never comes to this machine.
     *
     * @param verify the command, with eight bytes of FF where the digits go
     * @return the card's answer; empty if the reader has no keys, and then nothing was sent
     * @throws CardLostException as {@link #transmit}
     */
    default Optional<ResponseApdu> verifyOnPinpad(CommandApdu verify) throws CardLostException {
        return Optional.empty();
    }
}
