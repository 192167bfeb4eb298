package org.securemed.card.share;

/** Where it is recorded who received what. */
@FunctionalInterface
public interface ShareEvents {
    /**
     * Records durably; returns when the event is in the ledger.
     *
     * @throws org.securemed.card.problem.Problem 503 if it could not be recorded; nothing may be handed out then
     */
    void record(ShareEvent event);
}
