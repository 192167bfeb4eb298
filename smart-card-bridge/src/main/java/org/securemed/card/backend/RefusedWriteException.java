package org.securemed.card.backend;

import java.io.IOException;

/** The FHIR server will not take this, however often it is sent. */
public final class RefusedWriteException extends IOException {
    private static final long serialVersionUID = 1L;

    /** @param status HTTP status, 4xx */
    RefusedWriteException(int status) {
        super("the FHIR server answered " + status);
    }
}
