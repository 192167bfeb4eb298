package org.securemed.fhir.transparency;

import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.Requester;

/**
 * Who may read entries: compliance staff and the custodian's own machine clients, with scopes that would let them read
 * every AuditEvent. Entries name patients by pseudonym only and keep what identifies encrypted, but say who did what
 * when.
 */
final class Auditors {
    private static final String TYPE = "AuditEvent";

    private Auditors() {}

    /** @throws Problem 403 if the requester is no auditor */
    static void require(Requester requester) {
        if (!requester.isOfficer() && !requester.isCustodiansSystem()) {
            throw Problem.forbidden(
                    "role-not-allowed", "The log's entries are for compliance staff. Tiles and receipts are public.");
        }
        if (!requester.mayAll(TYPE, Interaction.READ) || !requester.mayAll(TYPE, Interaction.SEARCH)) {
            throw Problem.forbidden("scope-not-allowed", "The token needs a scope to read every AuditEvent.");
        }
    }
}
