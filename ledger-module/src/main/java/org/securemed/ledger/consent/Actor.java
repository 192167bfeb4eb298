package org.securemed.ledger.consent;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Whom a provision is about: somebody (or something) by reference, everybody in a role, or a role within that
 * reference's organization or group.
 *
 * @param reference relative literal reference such as {@code Practitioner/17} or {@code Organization/a}; empty if the
 *     actor is a role alone
 * @param roles the requester must hold one of these; empty if the reference says all
 */
public record Actor(String reference, List<Coding> roles) implements Comparable<Actor> {
    private static final Comparator<Actor> ORDER = Comparator.comparing(Actor::reference)
            .thenComparing(actor -> actor.roles().toString());

    /**
     * How specific an actor is; between several Consents the more specific one wins. The order of the constants is the
     * order of strength.
     */
    public enum Specificity {
        /** The provision names no actor. */
        ANYBODY,
        ORGANIZATION,
        /** A care team or another group. */
        GROUP,
        /** Everybody in a role, wherever or within an organization or group. */
        ROLE,
        /** A named person, device or app. */
        NAMED
    }

    public Actor {
        if (!reference.isEmpty()) {
            // The same few organizations and people are named by many patients.
            reference = Texts.reference(reference).intern();
        }
        roles = Texts.sorted(roles);
        if (reference.isEmpty() && roles.isEmpty()) {
            throw new IllegalArgumentException("an actor needs a reference or a role");
        }
    }

    /** The actor with this reference, whatever their role. */
    public static Actor of(String reference) {
        return new Actor(reference, List.of());
    }

    /** Everybody who holds {@code role}. */
    public static Actor inRole(Coding role) {
        return new Actor("", List.of(role));
    }

    /** How specific this actor is. */
    public Specificity specificity() {
        if (reference.isEmpty()) {
            return Specificity.ROLE;
        }
        Specificity byReference = specificityOf(reference);
        boolean roleNarrows = !roles.isEmpty() && byReference.compareTo(Specificity.ROLE) < 0;
        return roleNarrows ? Specificity.ROLE : byReference;
    }

    private static Specificity specificityOf(String reference) {
        if (reference.startsWith("Organization/")) {
            return Specificity.ORGANIZATION;
        }
        if (reference.startsWith("CareTeam/") || reference.startsWith("Group/")) {
            return Specificity.GROUP;
        }
        return Specificity.NAMED;
    }

    boolean matches(AccessRequest request) {
        return (reference.isEmpty() || request.standsFor(reference)) && (roles.isEmpty() || request.holdsOneOf(roles));
    }

    /** The keys under which a reverse index finds this actor; a requester holds one of them if the actor matches. */
    List<String> keys() {
        if (!reference.isEmpty()) {
            return List.of(reference);
        }
        return roles.stream().map(AccessRequest::roleKey).toList();
    }

    /** The reference, if the actor is more than a role. */
    public Optional<String> referenceIfAny() {
        return reference.isEmpty() ? Optional.empty() : Optional.of(reference);
    }

    @Override
    public int compareTo(Actor other) {
        return ORDER.compare(this, other);
    }
}
