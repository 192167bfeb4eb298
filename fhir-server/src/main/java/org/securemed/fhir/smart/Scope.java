package org.securemed.fhir.smart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.ResourceType;

/**
 * One scope of SMART App Launch: access to resources, or one of the named scopes for identity, launch and refresh.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html">SMART App Launch 2.2, Scopes</a>
 */
public sealed interface Scope {
    /** What may be said of either kind, one function for each. */
    <T> T fold(Function<Resource, T> resource, Function<Named, T> named);

    /** A scope that is not about resources, for example {@code openid} or {@code launch/patient}. */
    enum Named implements Scope {
        OPENID("openid"),
        FHIR_USER("fhirUser"),
        PROFILE("profile"),
        LAUNCH("launch"),
        LAUNCH_PATIENT("launch/patient"),
        LAUNCH_ENCOUNTER("launch/encounter"),
        OFFLINE_ACCESS("offline_access"),
        ONLINE_ACCESS("online_access");

        private final String text;

        Named(String text) {
            this.text = text;
        }

        @Override
        public <T> T fold(Function<Resource, T> resource, Function<Named, T> named) {
            return named.apply(this);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Access to resources of a type.
     *
     * @param context whose access is delegated
     * @param type R4 resource type, or {@code *}
     * @param interactions at least one
     * @param parameters what a resource must match, all of them; empty for any resource of the type
     * @param version1 whether it was written as {@code .read}, {@code .write} or {@code .*}, and is printed so
     */
    record Resource(
            ScopeContext context,
            String type,
            Set<Interaction> interactions,
            List<ScopeParameter> parameters,
            boolean version1)
            implements Scope {
        /** Type of a scope that is about every type. */
        public static final String ANY_TYPE = "*";

        private static final int MOST_PARAMETERS = 10;
        private static final Set<String> TYPES =
                Arrays.stream(ResourceType.values()).map(Enum::name).collect(Collectors.toUnmodifiableSet());
        private static final Set<Interaction> V1_READ = EnumSet.of(Interaction.READ, Interaction.SEARCH);
        private static final Set<Interaction> V1_WRITE =
                EnumSet.of(Interaction.CREATE, Interaction.UPDATE, Interaction.DELETE);
        private static final Set<Interaction> V1_ANY = EnumSet.allOf(Interaction.class);

        public Resource {
            if (!type.equals(ANY_TYPE) && !TYPES.contains(type)) {
                throw new IllegalArgumentException("not a resource type of R4");
            }
            if (interactions.isEmpty()) {
                throw new IllegalArgumentException("a scope allows at least one interaction");
            }
            interactions = Collections.unmodifiableSet(EnumSet.copyOf(interactions));
            if (parameters.size() > MOST_PARAMETERS) {
                throw new IllegalArgumentException("a scope has at most %d parameters".formatted(MOST_PARAMETERS));
            }
            parameters = List.copyOf(parameters);
            if (version1 && (!parameters.isEmpty() || version1(interactions).isEmpty())) {
                throw new IllegalArgumentException("version 1 knows only read, write and *");
            }
        }

        @Override
        public <T> T fold(Function<Resource, T> resource, Function<Named, T> named) {
            return resource.apply(this);
        }

        /** Whether this says anything about resources of {@code wanted}. */
        boolean concerns(String wanted) {
            return type.equals(ANY_TYPE) || type.equals(wanted);
        }

        /** Whether {@code narrower}, for one of its interactions, allows nothing that this does not. */
        boolean covers(Resource narrower, Interaction interaction) {
            return context == narrower.context
                    && interactions.contains(interaction)
                    && concerns(narrower.type)
                    && parameters.stream()
                            .allMatch(mine -> narrower.parameters.stream().anyMatch(mine::covers));
        }

        /** What both this and {@code other} allow. */
        Optional<Resource> meet(Resource other) {
            Set<Interaction> both = EnumSet.copyOf(interactions);
            both.retainAll(other.interactions);
            boolean sameType = concerns(other.type) || other.concerns(type);
            if (context != other.context || both.isEmpty() || !sameType) {
                return Optional.empty();
            }
            List<ScopeParameter> all = new ArrayList<>(parameters);
            other.parameters.stream().filter(p -> !all.contains(p)).forEach(all::add);
            if (all.size() > MOST_PARAMETERS) {
                return Optional.empty();
            }
            String narrowest = type.equals(ANY_TYPE) ? other.type : type;
            boolean asVersion1 = (version1 || other.version1)
                    && all.isEmpty()
                    && version1(both).isPresent();
            return Optional.of(new Resource(context, narrowest, both, all, asVersion1));
        }

        private static Optional<String> version1(Set<Interaction> interactions) {
            if (interactions.equals(V1_READ)) {
                return Optional.of("read");
            }
            if (interactions.equals(V1_WRITE)) {
                return Optional.of("write");
            }
            return interactions.equals(V1_ANY) ? Optional.of("*") : Optional.empty();
        }

        /** As written in a token; equal scopes print equal text without a comma. */
        @Override
        public String toString() {
            StringBuilder text =
                    new StringBuilder(context.code()).append('/').append(type).append('.');
            if (version1) {
                text.append(version1(interactions).orElseThrow());
            } else {
                interactions.forEach(interaction -> text.append(interaction.letter()));
            }
            if (!parameters.isEmpty()) {
                text.append(
                        parameters.stream().map(ScopeParameter::toString).collect(Collectors.joining("&", "?", "")));
            }
            return text.toString();
        }
    }

    /**
     * Reads one scope.
     *
     * @throws ScopeException if it is malformed, has its letters out of order, or names something unknown
     */
    static Scope parse(String text) throws ScopeException {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // scope-token, RFC 6749 section 3.3
            if (c <= 0x20 || c >= 0x7f || c == '"' || c == '\\') {
                throw new ScopeException("a character is not allowed in a scope");
            }
        }
        for (Named named : Named.values()) {
            if (named.toString().equals(text)) {
                return named;
            }
        }
        int slash = text.indexOf('/');
        int question = text.indexOf('?');
        String head = question < 0 ? text : text.substring(0, question);
        int dot = head.indexOf('.');
        if (slash < 0 || dot < slash) {
            throw new ScopeException("a scope is unknown");
        }
        ScopeContext context = context(text.substring(0, slash));
        String letters = head.substring(dot + 1);
        Set<Interaction> interactions = letters.equals("read")
                ? Resource.V1_READ
                : letters.equals("write")
                        ? Resource.V1_WRITE
                        : letters.equals("*") ? Resource.V1_ANY : letters(letters);
        boolean version1 = letters.equals("read") || letters.equals("write") || letters.equals("*");
        List<ScopeParameter> parameters = new ArrayList<>();
        if (question >= 0) {
            for (String parameter : text.substring(question + 1).split("&", -1)) {
                parameters.add(ScopeParameter.parse(parameter));
            }
        }
        try {
            return new Resource(context, head.substring(slash + 1, dot), interactions, parameters, version1);
        } catch (IllegalArgumentException e) {
            throw new ScopeException("a scope names an unknown resource type or has too many parameters");
        }
    }

    private static ScopeContext context(String text) throws ScopeException {
        for (ScopeContext context : ScopeContext.values()) {
            if (context.code().equals(text)) {
                return context;
            }
        }
        throw new ScopeException("a scope begins with patient/, user/ or system/");
    }

    private static Set<Interaction> letters(String text) throws ScopeException {
        Set<Interaction> found = EnumSet.noneOf(Interaction.class);
        int next = 0;
        for (Interaction interaction : Interaction.values()) {
            if (next < text.length() && text.charAt(next) == interaction.letter()) {
                found.add(interaction);
                next++;
            }
        }
        if (found.isEmpty() || next < text.length()) {
            throw new ScopeException("the interactions of a scope are some of c, r, u, d, s, in this order");
        }
        return found;
    }
}
