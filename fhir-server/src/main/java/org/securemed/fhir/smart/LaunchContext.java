package org.securemed.fhir.smart;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
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
        if (intent != null && (intent.isBlank() || intent.length() > LONGEST)) {
            throw new IllegalArgumentException("an intent has 1 to %d characters".formatted(LONGEST));
        }
        fhirContext = fhirContext == null ? List.of() : List.copyOf(fhirContext);
        if (fhirContext.size() > MOST) {
            throw new IllegalArgumentException("at most %d resources in context".formatted(MOST));
        }
    }

    /**
     * A further resource in context.
     *
     * @param reference relative reference; of a Patient or Encounter only with a role
     * @param role absolute URI of its role, null for the usual one
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Resource(String reference, @Nullable String role) {
        private static final Pattern REFERENCE = Pattern.compile("[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\\-.]{1,64}");

        public Resource {
            if (!REFERENCE.matcher(reference).matches()) {
                throw new IllegalArgumentException("not a relative reference");
            }
            if (role != null && role.isBlank()) {
                throw new IllegalArgumentException("a role is not empty");
            }
            if (role == null && (reference.startsWith("Patient/") || reference.startsWith("Encounter/"))) {
                throw new IllegalArgumentException("a Patient or Encounter stands here only with a role");
            }
        }
    }

    /** The same about another patient. */
    LaunchContext withPatient(String other) {
        return new LaunchContext(other, encounter, fhirContext, needPatientBanner, intent);
    }
}
