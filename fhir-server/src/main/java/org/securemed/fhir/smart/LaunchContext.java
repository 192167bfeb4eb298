package org.securemed.fhir.smart;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an EHR hands to an app that it starts.
 *
 * @param patient logical id of the Patient
 * @param encounter logical id of the Encounter
 * @param fhirContext further resources
 * @param needPatientBanner whether the app has to show whose record it is
 * @param intent what the app is meant to do
 * @see <a
 *     href="https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#launch-context-arrives-with-your-access_token">
 *     SMART App Launch 2.2, Launch context</a>
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record LaunchContext(
        @Nullable String patient,
        @Nullable String encounter,
        List<Resource> fhirContext,
        @Nullable Boolean needPatientBanner,
        @Nullable String intent) {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9\\-.]{1,64}");
    private static final int MOST = 50;
    private static final int LONGEST = 256;

    /** No context. */
    public static final LaunchContext NONE = new LaunchContext(null, null, List.of(), null, null);

    public LaunchContext {
        if ((patient != null && !ID.matcher(patient).matches())
                || (encounter != null && !ID.matcher(encounter).matches())) {
            throw new IllegalArgumentException("not a FHIR id");
        }
        if (intent != null
                && (intent.isBlank()
                        || intent.length() > LONGEST
                        || intent.chars().anyMatch(Character::isISOControl))) {
            throw new IllegalArgumentException("an intent has 1 to %d printable characters".formatted(LONGEST));
        }
        if (fhirContext != null && fhirContext.stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException("nothing is in context");
        }
        fhirContext = fhirContext == null ? List.of() : List.copyOf(fhirContext);
        if (fhirContext.size() > MOST) {
            throw new IllegalArgumentException("at most %d resources in context".formatted(MOST));
        }
    }

    /**
     * A further resource in context: by reference, canonical URL or identifier, at least one of them.
     *
     * @param reference relative reference; of a Patient or Encounter only with a role
     * @param canonical canonical URL, perhaps with {@code |version}
     * @param identifier business identifier
     * @param type FHIR type of what {@code canonical} or {@code identifier} names
     * @param role absolute URI of its role, null for the usual one
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Resource(
            @Nullable String reference,
            @Nullable String canonical,
            @Nullable Identifier identifier,
            @Nullable String type,
            @Nullable String role) {
        private static final Pattern REFERENCE = Pattern.compile("([A-Z][A-Za-z]{1,63})/[A-Za-z0-9\\-.]{1,64}");
        private static final Pattern TYPE = Pattern.compile("[A-Z][A-Za-z]{1,63}");
        private static final Set<String> WITH_ROLE = Set.of("Patient", "Encounter");

        public Resource {
            if (reference == null && canonical == null && identifier == null) {
                throw new IllegalArgumentException("what is in context is not named");
            }
            if (reference != null && !REFERENCE.matcher(reference).matches()) {
                throw new IllegalArgumentException("not a relative reference");
            }
            if (canonical != null && (canonical.isBlank() || canonical.length() > LONGEST)) {
                throw new IllegalArgumentException("not a canonical URL");
            }
            if (type != null && !TYPE.matcher(type).matches()) {
                throw new IllegalArgumentException("not a FHIR type");
            }
            if (role != null && (role.isBlank() || role.length() > LONGEST)) {
                throw new IllegalArgumentException("a role is not empty");
            }
            boolean withRole = reference != null && WITH_ROLE.contains(reference.substring(0, reference.indexOf('/')))
                    || type != null && WITH_ROLE.contains(type);
            if (role == null && withRole) {
                throw new IllegalArgumentException("a Patient or Encounter stands here only with a role");
            }
        }

        /** By reference. */
        public Resource(String reference, @Nullable String role) {
            this(reference, null, null, null, role);
        }

        /** As it is told to the app: plain maps. */
        Map<String, Object> toMap() {
            Map<String, Object> map = new LinkedHashMap<>();
            put(map, "reference", reference);
            put(map, "canonical", canonical);
            if (identifier != null) {
                Map<String, Object> inner = new LinkedHashMap<>();
                put(inner, "system", identifier.system());
                put(inner, "value", identifier.value());
                map.put("identifier", inner);
            }
            put(map, "type", type);
            put(map, "role", role);
            return map;
        }

        private static void put(Map<String, Object> map, String name, @Nullable String value) {
            if (value != null) {
                map.put(name, value);
            }
        }
    }

    /** A business identifier. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Identifier(@Nullable String system, String value) {
        public Identifier {
            if (value == null || value.isBlank() || value.length() > LONGEST) {
                throw new IllegalArgumentException("an identifier has a value");
            }
            if (system != null && (system.isBlank() || system.length() > LONGEST)) {
                throw new IllegalArgumentException("the system of an identifier is not empty");
            }
        }
    }

    /** The same about another patient. */
    LaunchContext withPatient(String other) {
        return new LaunchContext(other, encounter, fhirContext, needPatientBanner, intent);
    }
}
