package org.securemed.ledger.erasure;

import org.securemed.ledger.entry.Pseudonym;

/** A stored patient key does not unwrap under the key-encryption key of its epoch: the row was changed. */
public final class KeyCorruptException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Pseudonym pseudonym;

    KeyCorruptException(Pseudonym pseudonym, Throwable cause) {
        super("the stored key of pseudonym %s does not unwrap".formatted(pseudonym), cause);
        this.pseudonym = pseudonym;
    }

    /** Whose row it is. */
    public Pseudonym pseudonym() {
        return pseudonym;
    }
}
