package org.securemed.ledger.consent;

/** What the one who enforces a permit must do as well. */
public enum Obligation {
    /** Show a de-identified view: the purpose is research. */
    DEIDENTIFY,
    /** Mark what leaves with {@code NORDSCLCD}: it must not be disclosed further. */
    NO_REDISCLOSURE,
    /** Tell the patient and queue the access for review: the glass was broken. */
    NOTIFY_AND_REVIEW
}
