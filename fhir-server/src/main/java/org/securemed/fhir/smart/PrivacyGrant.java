package org.securemed.fhir.smart;

import org.securemed.ledger.consent.Residual;

/**
 * What an access token says of privacy consents beside its scopes: IHE PCF's {@code ihe_pcf}. It speaks of one patient,
 * and opens of this patient's data what its residual leaves.
 *
 * @param patient logical id
 * @see <a href="https://profiles.ihe.net/ITI/PCF/other.html#updates-to-iti-71">IHE PCF, updates to ITI-71</a>
 */
public record PrivacyGrant(String patient, Residual residual) {}
