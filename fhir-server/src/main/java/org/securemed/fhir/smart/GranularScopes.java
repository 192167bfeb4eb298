package org.securemed.fhir.smart;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeSearchParam;
import ca.uhn.fhir.rest.api.RestSearchParameterTypeEnum;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which queries of scopes this server can hold an app to: conditions that SQL and a comparison in memory judge alike,
 * and that one search can ask for.
 *
 * @see <a
 *     href="https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters">
 *     SMART App Launch 2.2, Finer-grained resource constraints</a>
 */
public final class GranularScopes {
    private GranularScopes() {}

    /**
     * What a resource must match: one of the values of a search parameter of type token.
     *
     * @param name of the search parameter
     * @param values {@code code} or {@code system|code}, at least one
     */
    public record Condition(String name, Set<String> values) {
        public Condition {
            values = Set.copyOf(values);
        }
    }

    /**
     * Alternatives as one conjunction, if they differ in the values of one parameter only: {@code ?category=a} or
     * {@code ?category=b} is {@code ?category=a,b}. Empty if they don't, or if a condition cannot be enforced.
     *
     * @param type R4 resource type
     * @param alternatives at least one; the conditions of each hold together
     */
    public static Optional<List<Condition>> conjunction(String type, List<List<ScopeParameter>> alternatives) {
        return alternatives.stream().flatMap(List::stream).allMatch(one -> enforceable(type, one))
                ? merged(alternatives)
                : Optional.empty();
    }

    /** Whether each scope that has a query can be enforced, also where several speak of the same type. */
    static boolean enforceable(ScopeSet scopes) {
        return scopes.scopes().stream()
                .allMatch(scope -> scope.fold(
                        resource -> resource.parameters().isEmpty() || enforceable(scopes, resource), named -> true));
    }

    private static boolean enforceable(ScopeSet scopes, Scope.Resource resource) {
        return !resource.type().equals(Scope.Resource.ANY_TYPE)
                && resource.parameters().stream().allMatch(one -> enforceable(resource.type(), one))
                && resource.interactions().stream()
                        .allMatch(interaction -> scopes.grant(resource.type(), interaction, resource.context())
                                .fold(
                                        nothing -> true,
                                        matching -> conjunction(resource.type(), matching.alternatives())
                                                .isPresent(),
                                        everything -> true));
    }

    private static Optional<List<Condition>> merged(List<List<ScopeParameter>> alternatives) {
        Set<ScopeParameter> common = new LinkedHashSet<>(alternatives.get(0));
        alternatives.forEach(common::retainAll);
        Set<String> names = new TreeSet<>();
        Set<String> values = new TreeSet<>();
        for (List<ScopeParameter> alternative : alternatives) {
            List<ScopeParameter> rest = new ArrayList<>(alternative);
            rest.removeAll(common);
            if (rest.isEmpty()) {
                // The common part alone is the widest.
                return Optional.of(conditions(common));
            }
            if (rest.size() > 1) {
                return Optional.empty();
            }
            names.add(rest.get(0).name());
            values.addAll(rest.get(0).alternatives());
        }
        if (names.size() > 1) {
            return Optional.empty();
        }
        List<Condition> all = conditions(common);
        names.forEach(name -> all.add(new Condition(name, values)));
        return Optional.of(all);
    }

    private static List<Condition> conditions(Set<ScopeParameter> parameters) {
        return parameters.stream()
                .map(one -> new Condition(one.name(), one.alternatives()))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    /** A token without modifier. */
    private static boolean enforceable(String type, ScopeParameter condition) {
        RuntimeSearchParam known =
                FhirContext.forR4Cached().getResourceDefinition(type).getSearchParam(condition.name());
        return known != null && known.getParamType() == RestSearchParameterTypeEnum.TOKEN;
    }
}
