package org.securemed.ledger.storage;

import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Pseudonym;

/** A row of {@code ledger.consent_state} was changed behind the server's back: it must not decide anything. */
public final class ConsentStateCorruptException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Pseudonym subject;
    private final long version;

    ConsentStateCorruptException(Pseudonym subject, long version, @Nullable Throwable cause) {
        super(
                "the consent state of pseudonym %s at version %d is not what was stored".formatted(subject, version),
                cause);
        this.subject = subject;
        this.version = version;
    }

    /** Whose state. */
    public Pseudonym subject() {
        return subject;
    }

    /** The version in the row. */
    public long version() {
        return version;
    }
}
