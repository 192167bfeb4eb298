package org.securemed.fhir.audit;

import java.time.Instant;
import java.util.List;
import org.hl7.fhir.r4.model.Parameters;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;

/**
 * Who has looked at, or asked for, a patient's record, told for the patient: people and machines apart, because machine
 * traffic that looks like people frightens them.
 */
final class AccessLog {
    private AccessLog() {}

    /**
     * One parameter {@code person} or {@code machine} for each access, in the order given.
     *
     * @param prunedBefore accesses before this time may have been let go; null if none were
     */
    static Parameters of(List<AuditEventStore.Seen> accesses, boolean complete, @Nullable Instant prunedBefore) {
        Parameters log = new Parameters();
        for (AuditEventStore.Seen access : accesses) {
            Entry entry = access.stored().entry();
            EntryDetail detail = access.detail();
            boolean person = EventParts.hasUser(detail);
            Decision decision = entry.decision();
            List<String> organizations = detail.organizations();
            new Parts(log.addParameter().setName(person ? "person" : "machine"))
                    .instant("when", entry.time())
                    .reference("who", person ? detail.user() : null, person ? detail.name() : detail.client())
                    .text("role", entry.role())
                    .reference(
                            "organization",
                            organizations == null || organizations.isEmpty() ? null : organizations.get(0),
                            detail.organizationName())
                    .text("app", detail.client())
                    .text("action", action(entry))
                    .text("type", entry.resourceType())
                    .texts("what", detail.resources())
                    .text("purpose", entry.purpose())
                    .text("decision", decision == null ? null : decision.outcome())
                    .text("reason", decision == null ? null : decision.reason())
                    .text("consent", detail.basis())
                    .flag("succeeded", EventParts.succeeded(entry))
                    .flag("emergency", isEmergency(entry))
                    .reference("event", "AuditEvent/" + entry.id(), null);
        }
        Parts summary = new Parts(log.addParameter().setName("summary"));
        summary.flag("complete", complete);
        if (prunedBefore != null) {
            summary.instant("prunedBefore", prunedBefore);
        }
        return log;
    }

    private static String action(Entry entry) {
        return RestForm.operation(entry.op()).orElse(entry.op().code());
    }

    private static boolean isEmergency(Entry entry) {
        return "BTG".equals(entry.purpose()) || "ETREAT".equals(entry.purpose());
    }
}
