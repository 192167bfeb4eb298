package org.securemed.fhir.consent;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.securemed.fhir.smart.GranularScopes;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Scope;
import org.securemed.fhir.smart.ScopeContext;

/**
 * What the token's scopes allow at most, whatever role and consent allow. A scope with a query
 * ({@code patient/Observation.cruds?category=laboratory}) lets read, search and write what matches it.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html">SMART App Launch 2.2, Scopes</a>
 */
final class ScopeBound {
    private static final Set<Interaction> LOOKING = Set.of(Interaction.READ, Interaction.SEARCH);

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

    /** Whether resources of every type may be shown, so that no search can tell of what is outside of the scopes. */
    static boolean showsEveryType(Requester requester) {
        String any = Scope.Resource.ANY_TYPE;
        return requester.scopes().scopes().stream()
                .anyMatch(scope -> scope.fold(
                        resource -> resource.context() == ScopeContext.SYSTEM
                                && resource.type().equals(any)
                                && resource.parameters().isEmpty()
                                && resource.interactions().contains(Interaction.SEARCH),
                        named -> false));
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

    /**
     * What resources of {@code type} must match to be shown, all of it. Where several scopes of a token say different
     * things of a type, the narrower counts: what is read by id and what is searched must be the same.
     */
    static Set<GranularScopes.Condition> conditions(Requester requester, String type) {
        if (!requester.scopes().isGranular()) {
            return Set.of();
        }
        return conditions(requester, type, LOOKING);
    }

    private static Set<GranularScopes.Condition> conditions(
            Requester requester, String type, Set<Interaction> interactions) {
        Set<GranularScopes.Condition> conditions = new LinkedHashSet<>();
        for (ScopeContext context : ScopeContext.values()) {
            Set<GranularScopes.Condition> own = new LinkedHashSet<>();
            boolean speaks = false;
            for (Interaction interaction : interactions) {
                Optional<List<GranularScopes.Condition>> matching = matching(requester, type, interaction, context);
                speaks |= matching.isPresent();
                matching.ifPresent(own::addAll);
            }
            if (speaks && own.isEmpty() && context != ScopeContext.PATIENT) {
                return Set.of();
            }
            conditions.addAll(own);
        }
        return conditions;
    }

    private static boolean shows(Requester requester, String type, ScopeContext context) {
        return grants(requester, type, Interaction.READ, context)
                || grants(requester, type, Interaction.SEARCH, context);
    }

    /**
     * What a resource of {@code type} must match to be written, before and after. Where scopes of several contexts say
     * different things, the narrower counts.
     */
    static Set<GranularScopes.Condition> conditions(Requester requester, String type, Interaction interaction) {
        return requester.scopes().isGranular() ? conditions(requester, type, Set.of(interaction)) : Set.of();
    }

    private static boolean grants(Requester requester, String type, Interaction interaction, ScopeContext context) {
        return matching(requester, type, interaction, context).isPresent();
    }

    /** Empty if nothing is granted; otherwise what a resource must match, which is nothing if all are granted. */
    private static Optional<List<GranularScopes.Condition>> matching(
            Requester requester, String type, Interaction interaction, ScopeContext context) {
        return requester
                .scopes()
                .grant(type, interaction, context)
                .fold(
                        nothing -> Optional.empty(),
                        matching -> GranularScopes.conjunction(type, matching.alternatives()),
                        everything -> Optional.of(List.of()));
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
