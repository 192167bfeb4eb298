package org.securemed.fhir.exchange;

import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Pseudonym;

/**
 * What was decided about one requester, one patient and one resource type.
 *
 * @param permitted whether resources of that type may be shown
 * @param partly whether it depends on the resource which of them may
 * @param patientId the patient's logical id
 * @param subject the patient in the ledger
 * @param resourceType FHIR resource type
 * @param reason the rule that decided: {@code consent}, {@code self}, {@code custodian}, {@code no-consent}, …
 * @param consentVersion version of the patient's consent state that the decision read; −1 if no consent was asked
 * @param basis {@code Consent/id/_history/v}-like name of the consent that permits, if one does
 */
public record Access(
        boolean permitted,
        boolean partly,
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

    /** Reason of a resource that consents hide, though they show others of its type. */
    public static final String PARTIAL = "partial-consent";

    /** This, as the decision about one resource that may not be shown. */
    public Access denied(@Nullable String denyingConsent) {
        return new Access(false, false, patientId, subject, resourceType, PARTIAL, consentVersion, denyingConsent);
    }

    /** This, where it depends on the resource which of them may be shown. */
    public Access inPart() {
        return new Access(permitted, true, patientId, subject, resourceType, reason, consentVersion, basis);
    }

    /** Whether the block that records the answer must find the consent state unchanged. */
    public boolean dependsOnConsent() {
        return permitted && consentVersion >= 0;
    }
}
