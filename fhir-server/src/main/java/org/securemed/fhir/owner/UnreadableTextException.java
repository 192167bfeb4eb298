package org.securemed.fhir.owner;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A stored text is not one of a resource. */
public final class UnreadableTextException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    UnreadableTextException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
