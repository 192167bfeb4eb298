package org.securemed.card.share;

/** Where it is recorded who received what. */
public interface ShareEvents {
    /**
     * Records durably; returns when the event is in the ledger.
     *
     * @throws org.securemed.card.problem.Problem 503 if it could not be recorded; nothing may be handed out then
     */
    void record(ShareEvent event);

    /**
     * Keeps the event durably, until the ledger takes it: for what must not wait, because it ends something. Joins the
     * caller's transaction.
     */
    void recordLater(ShareEvent event);

    /**
     * Keeps the event of something that was refused; there can be many.
     *
     * @throws org.securemed.card.problem.Problem 503 if too many wait for the ledger
     */
    void recordRefusal(ShareEvent event);
}
