package org.securemed.fhir.audit;

import java.util.Map;
import java.util.Optional;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAction;
import org.hl7.fhir.r4.model.Coding;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Op;

/**
 * How an op is seen as an AuditEvent.
 *
 * @param subtype FHIR's restful-interaction code; null if what was asked could not be told
 * @param action AuditEvent.action
 * @param client role of the client
 * @param server role of the server
 * @param profile what a success claims, without {@code IHE.BasicAudit.} and {@code Patient}; null if there is none
 * @see <a href="https://profiles.ihe.net/ITI/BALP/content.html">IHE BALP, 3:5.7.3</a>
 */
record RestForm(
        @Nullable String subtype,
        AuditEventAction action,
        Party client,
        Party server,
        @Nullable String profile) {

    /** What client and server are to the data. */
    enum Party {
        SOURCE,
        DESTINATION,
        APPLICATION,
        CUSTODIAN;

        Coding coding() {
            return switch (this) {
                case SOURCE -> AuditCodes.source();
                case DESTINATION -> AuditCodes.destination();
                case APPLICATION -> AuditCodes.application();
                case CUSTODIAN -> AuditCodes.custodian();
            };
        }
    }

    private static final String OPERATION_PREFIX = "operation.";

    /** A file of a bulk export: data leaves to the client, in the direction of DICOM's Export. */
    static final Op EXPORT_FILE = new Op("operation.export-file");

    private static final RestForm EXPORT = reading("operation", null);

    private static final RestForm UNKNOWN =
            new RestForm(null, AuditEventAction.E, Party.SOURCE, Party.DESTINATION, null);

    /** Codes of ops have no capitals; these names have. */
    private static final Map<String, String> WITH_CAPITALS = Map.of(
            "recorddisclosure", "recordDisclosure", "fileconsent", "fileConsent", "revokeconsent", "revokeConsent");

    private static final Map<String, RestForm> FORMS = Map.ofEntries(
            Map.entry("read", reading("read", "Read")),
            Map.entry("vread", reading("vread", "Read")),
            Map.entry("history", reading("history-instance", null)),
            Map.entry("history.type", reading("history-type", null)),
            Map.entry("history.system", reading("history-system", null)),
            Map.entry("search", asking("search-type", "Query")),
            Map.entry("search.system", asking("search-system", "Query")),
            Map.entry("create", writing("create", AuditEventAction.C, "Create")),
            Map.entry("update", writing("update", AuditEventAction.U, "Update")),
            Map.entry("patch", writing("patch", AuditEventAction.U, "Update")),
            Map.entry(
                    "delete", new RestForm("delete", AuditEventAction.D, Party.APPLICATION, Party.CUSTODIAN, "Delete")),
            Map.entry("transaction", asking("transaction", null)),
            Map.entry("batch", asking("batch", null)),
            Map.entry(NotificationRecorder.NOTIFY.code(), reading(null, null)),
            Map.entry("capabilities", asking("capabilities", null)));

    /** The form of an op that is a FHIR interaction, or a request that was refused before it was one. */
    static RestForm of(Op op) {
        if (op.equals(EXPORT_FILE)) {
            return EXPORT;
        }
        if (op.code().startsWith(OPERATION_PREFIX)) {
            return asking("operation", null);
        }
        return FORMS.getOrDefault(op.code(), UNKNOWN);
    }

    /** The op whose events have this subtype and no other; empty if several have, or none. */
    static Optional<Op> opOf(String subtype) {
        return FORMS.entrySet().stream()
                .filter(form -> subtype.equals(form.getValue().subtype()))
                .map(form -> new Op(form.getKey()))
                .findFirst();
    }

    /** Name of the operation, with {@code $}. */
    static Optional<String> operation(Op op) {
        return op.code().startsWith(OPERATION_PREFIX)
                ? Optional.of(op.code().substring(OPERATION_PREFIX.length()))
                        .map(name -> "$" + WITH_CAPITALS.getOrDefault(name, name))
                : Optional.empty();
    }

    /** Whether something is stored or removed by it. */
    boolean writes() {
        return action == AuditEventAction.C || action == AuditEventAction.U || action == AuditEventAction.D;
    }

    private static RestForm reading(@Nullable String subtype, @Nullable String profile) {
        return new RestForm(subtype, AuditEventAction.R, Party.DESTINATION, Party.SOURCE, profile);
    }

    private static RestForm asking(String subtype, @Nullable String profile) {
        return new RestForm(subtype, AuditEventAction.E, Party.SOURCE, Party.DESTINATION, profile);
    }

    private static RestForm writing(String subtype, AuditEventAction action, String profile) {
        return new RestForm(subtype, action, Party.SOURCE, Party.DESTINATION, profile);
    }
}
