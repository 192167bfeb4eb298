package org.securemed.ledger.consent;

/** How much of a patient's data of one type a requester may access, before any resource is looked at. */
public enum Coverage {
    /** Every resource of the type. */
    ALL,
    /** No resource of the type. */
    NONE,
    /** It depends on the resource: labels, codes, dates, authors, references. */
    SOME
}
