package org.securemed.fhir.consent;

import java.util.Optional;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.ScopeContext;
import org.securemed.fhir.smart.ScopeSet;

/**
 * What the token's scopes allow at most, whatever role and consent allow. A scope with a query
 * ({@code patient/Observation.rs?category=laboratory}) allows nothing here, because whole types are decided.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html">SMART App Launch 2.2, Scopes</a>
 */
final class ScopeBound {
    private ScopeBound() {}

    /** Whether {@code interaction} is allowed on any resources of {@code type}. */
    static boolean allows(Requester requester, String type, Interaction interaction) {
        for (ScopeContext context : ScopeContext.values()) {
            if (grants(requester, type, interaction, context)) {
                return true;
            }
        }
        return false;
    }

    /** Whether resources of {@code type} may be shown at all. */
    static boolean shows(Requester requester, String type) {
        return allows(requester, type, Interaction.READ) || allows(requester, type, Interaction.SEARCH);
    }

    /** Whether resources of {@code type} of this patient may be shown: a patient's scope is about one patient. */
    static boolean shows(Requester requester, String type, String patientId) {
        return shows(requester, type, ScopeContext.USER)
                || shows(requester, type, ScopeContext.SYSTEM)
                || shows(requester, type, ScopeContext.PATIENT)
                        && inContext(requester).filter(patientId::equals).isPresent();
    }

    private static boolean shows(Requester requester, String type, ScopeContext context) {
        return grants(requester, type, Interaction.READ, context)
                || grants(requester, type, Interaction.SEARCH, context);
    }

    private static boolean grants(Requester requester, String type, Interaction interaction, ScopeContext context) {
        return requester.scopes().grant(type, interaction, context) instanceof ScopeSet.Grant.Everything;
    }

    private static Optional<String> inContext(Requester requester) {
        return requester
                .launchPatient()
                .or(() -> requester
                        .user()
                        .filter(user -> user.startsWith("Patient/"))
                        .map(user -> user.substring("Patient/".length())));
    }
}
