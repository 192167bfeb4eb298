package org.securemed.card.emergency;

/** It cannot be opened; the message says why, and nothing of what is sealed. */
final class EmergencyException extends Exception {
    private static final long serialVersionUID = 1L;

    EmergencyException(String message) {
        super(message);
    }
}
