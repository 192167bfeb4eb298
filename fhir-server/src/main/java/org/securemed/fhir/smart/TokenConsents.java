package org.securemed.fhir.smart;

import java.util.List;
import java.util.Optional;
import org.securemed.ledger.consent.Residual;

/**
 * What a patient's consents say of the data that a token opens; asked whenever it is told, because consents change
 * while a token lives. Told to resource servers of the custodian, and not to apps: what is forbidden would tell that
 * there may be something.
 */
public interface TokenConsents {
    /**
     * What is said.
     *
     * @param patient logical id of the patient in the token's context
     * @param consents logical ids of the Consents that it rests on
     * @param policies URIs of the policies that these are based on, or of the implicit policy if there is none
     * @param residual what the token's scopes open too much
     */
    record Said(String patient, List<String> consents, List<String> policies, Residual residual) {}

    /** What is to be said of whom a token speaks for; empty if it has no patient in context. */
    Optional<Said> of(Requester requester);

    /** Knows of no consents. */
    TokenConsents NONE = requester -> Optional.empty();
}
