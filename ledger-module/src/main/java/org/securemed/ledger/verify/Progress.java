package org.securemed.ledger.verify;

/** Told how far a verification is. */
@FunctionalInterface
public interface Progress {
    /**
     * @param entries entries done
     * @param total entries that the head claims
     */
    void at(long entries, long total);

    /** Tells nobody. */
    static Progress none() {
        return (entries, total) -> {};
    }
}
