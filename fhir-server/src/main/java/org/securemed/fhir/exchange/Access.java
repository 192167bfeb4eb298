package org.securemed.fhir.exchange;

import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Pseudonym;

/**
 * What was decided about one requester, one patient and one resource type.
 *
 * @param permitted whether resources of that type may be shown
 * @param patientId the patient's logical id
 * @param subject the patient in the ledger
 * @param resourceType FHIR resource type
 * @param reason the rule that decided: {@code consent}, {@code self}, {@code custodian}, {@code no-consent}, …
 * @param consentVersion version of the patient's consent state that the decision read; −1 if no consent was asked
 * @param basis {@code Consent/id/_history/v}-like name of the consent that permits, if one does
 */
public record Access(
        boolean permitted,
        String patientId,
        Pseudonym subject,
        String resourceType,
        String reason,
        long consentVersion,
        @Nullable String basis) {

    /** Version of a decision that read no consent. */
    public static final long NO_CONSENT_READ = -1;

    /** Reason of what only a declared emergency opens. */
    public static final String BREAK_GLASS = "break-glass";

    /** Whether the block that records the answer must find the consent state unchanged. */
    public boolean dependsOnConsent() {
        return permitted && consentVersion >= 0;
    }
}
