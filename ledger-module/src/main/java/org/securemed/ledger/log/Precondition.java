package org.securemed.ledger.log;

import org.securemed.ledger.entry.Pseudonym;

/**
 * The consent version a decision was made with. The block that records the decision is written only if it is still the
 * current version, so that a revocation binds every entry behind it.
 *
 * @param subject whose consent
 * @param consentVersion the version in {@code consent_state}; 0 when there was no row
 */
public record Precondition(Pseudonym subject, long consentVersion) {
    public Precondition {
        if (consentVersion < 0) {
            throw new IllegalArgumentException("a consent version is not negative");
        }
    }

    /** Takes the 16 bytes of the subject's pseudonym. */
    public static Precondition of(byte[] subject, long consentVersion) {
        return new Precondition(Pseudonym.of(subject), consentVersion);
    }
}
