package org.securemed.fhir.export;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What somebody wants to have exported.
 *
 * @param level whose data
 * @param groupId logical id of the Group; null unless {@code level} is one
 * @param types FHIR resource types; empty for all that the token covers
 * @param since only what was written then or later; null for everything
 * @param request path and query below the FHIR base, as it is repeated in the manifest
 */
record ExportOrder(
        Level level,
        @Nullable String groupId,
        Set<String> types,
        @Nullable Instant since,
        String request) {
    ExportOrder {
        types = Set.copyOf(types);
    }

    /** Whose data an export is about. */
    enum Level {
        /** All patients, and what belongs to none. */
        SYSTEM,
        /** All patients. */
        PATIENT,
        /** The members of a Group. */
        GROUP
    }
}
