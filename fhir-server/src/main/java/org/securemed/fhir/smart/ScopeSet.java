package org.securemed.fhir.smart;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The scopes of a token, a client or a request. Nothing is allowed that no scope allows; scopes only delegate, so what
 * they allow is an upper bound and consent decides below it. Pure and immutable.
 *
 * @param scopes in the order of writing, without repetition
 */
public record ScopeSet(Set<Scope> scopes) {
    private static final int LONGEST = 8192;
    private static final int MOST = 200;

    /** Allows nothing. */
    public static final ScopeSet NONE = new ScopeSet(Set.of());

    public ScopeSet {
        scopes = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
    }

    /** What the scopes allow for one type and interaction. */
    public sealed interface Grant {
        /** No resource. */
        record Nothing() implements Grant {}

        /**
         * Those resources that match all parameters of at least one alternative.
         *
         * @param alternatives at least one, none of them empty
         */
        record Matching(List<List<ScopeParameter>> alternatives) implements Grant {
            public Matching {
                alternatives = alternatives.stream().map(List::copyOf).toList();
            }
        }

        /** Every resource of the type. */
        record Everything() implements Grant {}

        /** One function for each case. */
        default <T> T fold(
                Function<Nothing, T> nothing, Function<Matching, T> matching, Function<Everything, T> everything) {
            if (this instanceof Nothing n) {
                return nothing.apply(n);
            }
            if (this instanceof Matching m) {
                return matching.apply(m);
            }
            return everything.apply((Everything) this);
        }
    }

    /**
     * Reads scopes separated by single spaces; empty text is no scope.
     *
     * @throws ScopeException if one of them is malformed or unknown, or if there are too many
     */
    public static ScopeSet parse(String text) throws ScopeException {
        if (text.length() > LONGEST) {
            throw new ScopeException("the scopes are longer than %d characters".formatted(LONGEST));
        }
        return text.isEmpty() ? NONE : parse(List.of(text.split(" ", -1)));
    }

    /** Every interaction on every type. */
    static ScopeSet everything(ScopeContext context) {
        return new ScopeSet(Set.of(new Scope.Resource(
                context, Scope.Resource.ANY_TYPE, EnumSet.allOf(Interaction.class), List.of(), false)));
    }

    /**
     * Reads scopes, one a text.
     *
     * @throws ScopeException if one of them is malformed or unknown, or if there are too many
     */
    public static ScopeSet parse(Collection<String> texts) throws ScopeException {
        if (texts.size() > MOST) {
            throw new ScopeException("there are more than %d scopes".formatted(MOST));
        }
        Set<Scope> found = new LinkedHashSet<>();
        for (String text : texts) {
            found.add(Scope.parse(text));
        }
        return new ScopeSet(found);
    }

    /** Whether a named scope is held. */
    public boolean has(Scope.Named named) {
        return scopes.contains(named);
    }

    /**
     * Whether a resource scope allows {@code interaction} on at least some resources of {@code type}.
     *
     * @param type R4 resource type
     */
    public boolean permits(String type, Interaction interaction, ScopeContext context) {
        return !(grant(type, interaction, context) instanceof Grant.Nothing);
    }

    /**
     * Which resources of {@code type} the scopes allow {@code interaction} on.
     *
     * @param type R4 resource type
     */
    public Grant grant(String type, Interaction interaction, ScopeContext context) {
        List<List<ScopeParameter>> alternatives = new ArrayList<>();
        for (Scope.Resource scope : resources().toList()) {
            if (scope.context() == context
                    && scope.concerns(type)
                    && scope.interactions().contains(interaction)) {
                if (scope.parameters().isEmpty()) {
                    return new Grant.Everything();
                }
                alternatives.add(scope.parameters());
            }
        }
        return alternatives.isEmpty() ? new Grant.Nothing() : new Grant.Matching(alternatives);
    }

    /** Whether a scope has a query. */
    public boolean isGranular() {
        for (Scope scope : scopes) {
            if (scope instanceof Scope.Resource resource
                    && !resource.parameters().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** Whether a resource scope of this context is held. */
    public boolean speaksOf(ScopeContext context) {
        return resources().anyMatch(scope -> scope.context() == context);
    }

    /** Whether {@code narrower} allows nothing that this does not. */
    public boolean covers(Scope narrower) {
        return narrower.fold(
                resource -> resource.interactions().stream()
                        .allMatch(interaction -> resources().anyMatch(mine -> mine.covers(resource, interaction))),
                this::has);
    }

    /** Whether each scope of {@code narrower} is covered. */
    public boolean covers(ScopeSet narrower) {
        return narrower.scopes.stream().allMatch(this::covers);
    }

    /** What both allow, in the order of this set. */
    public ScopeSet intersect(ScopeSet other) {
        Set<Scope> both = new LinkedHashSet<>();
        for (Scope scope : scopes) {
            if (other.covers(scope)) {
                both.add(scope);
                continue;
            }
            scope.fold(
                    resource -> other.resources()
                            .flatMap(theirs -> resource.meet(theirs).stream())
                            .map(both::add)
                            .toList(),
                    named -> List.<Boolean>of());
        }
        return new ScopeSet(both);
    }

    /** Each scope's text, in order. */
    public List<String> texts() {
        return scopes.stream().map(Scope::toString).toList();
    }

    /** The scopes separated by spaces, as in a token. */
    @Override
    public String toString() {
        return scopes.stream().map(Scope::toString).collect(Collectors.joining(" "));
    }

    private Stream<Scope.Resource> resources() {
        return scopes.stream().flatMap(scope -> scope.fold(Stream::of, named -> Stream.<Scope.Resource>empty()));
    }
}
