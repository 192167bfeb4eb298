package org.securemed.ledger.consent;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * FHIR R4 {@code Consent.provision} without FHIR classes.
 *
 * <p>A provision matches if every populated element matches: AND between elements, OR inside one; an empty element
 * constrains nothing (IHE PCF P.4.4). Lists are sorted and hold no duplicates, so equal provisions are equal values.
 *
 * <p>A nested provision refines its parent: it matches where the parent's own elements match as well, except that its
 * {@code securityLabels} replace the parent's, as in PCF's "normal, and focused on mental health" example, where the
 * root permits {@code N} and the nested provision permits {@code PSY}.
 *
 * @param type permit or deny, read literally
 * @param period when the provision is in force; {@link Period#ALWAYS} if not constrained
 * @param actors whom it is about
 * @param actions what they do
 * @param purposes v3-ActReason (or other) codes; a code covers its descendants
 * @param classes FHIR resource type names
 * @param codes codes of the resource's content
 * @param securityLabels labels of the resource; {@code N} means "not restricted"
 * @param dataPeriod when the data were authored or clinically relevant; {@link Period#ALWAYS} if not constrained
 * @param data resources named one by one
 * @param provisions nested provisions
 */
public record Provision(
        ProvisionType type,
        Period period,
        List<Actor> actors,
        List<Action> actions,
        List<Coding> purposes,
        List<String> classes,
        List<Coding> codes,
        List<Coding> securityLabels,
        Period dataPeriod,
        List<DataReference> data,
        List<Provision> provisions) {

    /** Root, nested, nested in nested, and one more; PCF allows two. */
    public static final int MAX_DEPTH = 4;

    /** Provisions in one Consent, the root included. */
    public static final int MAX_PROVISIONS = 128;

    public Provision {
        actors = Texts.sorted(actors);
        actions = Texts.sorted(actions);
        purposes = Texts.sorted(purposes);
        classes = Texts.sorted(classes);
        classes.forEach(Provision::requireTypeName);
        codes = Texts.sorted(codes);
        securityLabels = Texts.sorted(securityLabels);
        data = Texts.sorted(data);
        provisions = List.copyOf(provisions);
        if (depth(provisions) >= MAX_DEPTH) {
            throw new IllegalArgumentException("provisions are nested deeper than " + MAX_DEPTH);
        }
        if (size(provisions) >= MAX_PROVISIONS) {
            throw new IllegalArgumentException("more than " + MAX_PROVISIONS + " provisions");
        }
    }

    /** A provision of {@code type} that constrains nothing, to be narrowed. */
    public static Builder of(ProvisionType type) {
        return new Builder(type);
    }

    /** Short for {@code of(PERMIT)}. */
    public static Builder permit() {
        return new Builder(ProvisionType.PERMIT);
    }

    /** Short for {@code of(DENY)}. */
    public static Builder deny() {
        return new Builder(ProvisionType.DENY);
    }

    /**
     * Whether {@code other} is about the same grantee and the same scope: the same root elements apart from
     * {@code type}, {@code period} and nested provisions. A new Consent for the same grantee and scope replaces the old
     * one.
     */
    public boolean sameGranteeAndScope(Provision other) {
        return actors.equals(other.actors)
                && actions.equals(other.actions)
                && purposes.equals(other.purposes)
                && classes.equals(other.classes)
                && codes.equals(other.codes)
                && securityLabels.equals(other.securityLabels)
                && dataPeriod.equals(other.dataPeriod)
                && data.equals(other.data);
    }

    /** Adds the {@linkplain AccessRequest#keys() keys} of everybody that a permit in this tree can be about. */
    void collectGrantees(Set<String> into) {
        collectGrantees(into, Set.of(ConsentContract.ANYBODY));
    }

    private void collectGrantees(Set<String> into, Set<String> inherited) {
        Set<String> own = inherited;
        if (!actors.isEmpty()) {
            own = new HashSet<>();
            for (Actor actor : actors) {
                own.addAll(actor.keys());
            }
        }
        if (type == ProvisionType.PERMIT) {
            into.addAll(own);
        }
        for (Provision nested : provisions) {
            nested.collectGrantees(into, own);
        }
    }

    private static int depth(List<Provision> provisions) {
        int depth = 0;
        for (Provision nested : provisions) {
            depth = Math.max(depth, 1 + depth(nested.provisions));
        }
        return depth;
    }

    private static int size(List<Provision> provisions) {
        int size = provisions.size();
        for (Provision nested : provisions) {
            size += size(nested.provisions);
        }
        return size;
    }

    private static void requireTypeName(String name) {
        boolean typeName = !name.isEmpty() && name.length() <= 64 && Character.isUpperCase(name.charAt(0));
        if (!typeName || !name.chars().allMatch(c -> c < 0x7f && Character.isLetter(c))) {
            throw new IllegalArgumentException("a class is not a FHIR resource type name");
        }
    }

    /** Builds a {@link Provision}; each method narrows it. Not for use by several threads. */
    public static final class Builder {
        private final ProvisionType type;
        private Period period = Period.ALWAYS;
        private Period dataPeriod = Period.ALWAYS;
        private final List<Actor> actors = new ArrayList<>();
        private final List<Action> actions = new ArrayList<>();
        private final List<Coding> purposes = new ArrayList<>();
        private final List<String> classes = new ArrayList<>();
        private final List<Coding> codes = new ArrayList<>();
        private final List<Coding> securityLabels = new ArrayList<>();
        private final List<DataReference> data = new ArrayList<>();
        private final List<Provision> provisions = new ArrayList<>();

        private Builder(ProvisionType type) {
            this.type = type;
        }

        public Builder during(Period value) {
            period = value;
            return this;
        }

        public Builder actor(Actor value) {
            actors.add(value);
            return this;
        }

        public Builder actor(String reference) {
            return actor(Actor.of(reference));
        }

        public Builder action(Action value) {
            actions.add(value);
            return this;
        }

        public Builder purpose(Coding value) {
            purposes.add(value);
            return this;
        }

        public Builder purposes(Collection<Coding> values) {
            purposes.addAll(values);
            return this;
        }

        public Builder resourceType(String value) {
            classes.add(value);
            return this;
        }

        public Builder code(Coding value) {
            codes.add(value);
            return this;
        }

        public Builder label(Coding value) {
            securityLabels.add(value);
            return this;
        }

        public Builder dataFrom(Period value) {
            dataPeriod = value;
            return this;
        }

        public Builder data(DataReference value) {
            data.add(value);
            return this;
        }

        public Builder nested(Provision value) {
            provisions.add(value);
            return this;
        }

        /**
         * The provision.
         *
         * @throws IllegalArgumentException if a limit is exceeded
         */
        public Provision build() {
            return new Provision(
                    type,
                    period,
                    actors,
                    actions,
                    purposes,
                    classes,
                    codes,
                    securityLabels,
                    dataPeriod,
                    data,
                    provisions);
        }
    }
}
