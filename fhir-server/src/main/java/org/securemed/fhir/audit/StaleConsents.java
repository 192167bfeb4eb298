package org.securemed.fhir.audit;

import org.securemed.ledger.entry.Pseudonym;

/** Told of patients whose consents have changed since a decision read them. */
@FunctionalInterface
public interface StaleConsents {
    /** The consent state in memory of this patient is not the current one. */
    void stale(Pseudonym subject);
}
