package org.securemed.fhir.exchange;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A resource version that a request is about to show or has written.
 *
 * @param type FHIR resource type
 * @param id logical id
 * @param version version id, if known
 * @param patients logical ids of the patients it belongs to
 */
public record Touched(String type, String id, @Nullable String version, Set<String> patients) {
    public Touched {
        patients = Set.copyOf(patients);
    }

    /** {@code Type/id/_history/version}, or without the last part. */
    public String reference() {
        return version == null ? type + "/" + id : type + "/" + id + "/_history/" + version;
    }
}
