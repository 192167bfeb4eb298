package org.securemed.card.share;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.securemed.card.audit.AuditCodes;
import org.securemed.card.audit.AuditOutbox;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.problem.Problem;
import org.securemed.card.record.FhirRecords;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records by sending an AuditEvent (IHE ITI-20) to the FHIR server, which answers when it is in the ledger.
 * Thread-safe.
 */
final class LedgerShareEvents implements ShareEvents {
    private static final Logger log = LoggerFactory.getLogger(LedgerShareEvents.class);
    private static final String SHARE = "https://securemed.org/fhir/CodeSystem/share-event";

    private final @Nullable BackendClient client;
    private final AuditOutbox outbox;

    /** @param client null: there is none, and nothing can be recorded at once */
    LedgerShareEvents(@Nullable BackendClient client, AuditOutbox outbox) {
        this.client = client;
        this.outbox = outbox;
    }

    @Override
    public void record(ShareEvent event) {
        if (client == null) {
            throw unavailable();
        }
        try {
            client.create(auditEvent(event));
        } catch (IOException e) {
            log.atError().addKeyValue("failure", e.getMessage()).log("an event could not be recorded");
            throw unavailable();
        }
    }

    @Override
    public void recordLater(ShareEvent event) {
        outbox.keep(auditEvent(event));
    }

    @Override
    public void recordRefusal(ShareEvent event) {
        outbox.keepOfStranger(auditEvent(event));
    }

    private static Problem unavailable() {
        return Problem.unavailable(
                "record-unavailable",
                "It cannot be recorded now who receives what, so nothing is handed out. Try again.",
                Duration.ofSeconds(5));
    }

    private static ObjectNode auditEvent(ShareEvent event) {
        boolean discloses = event.kind().discloses();
        ObjectNode audit = StrictJson.newObject().put("resourceType", "AuditEvent");
        audit.set(
                "type",
                discloses ? AuditCodes.dicom("110106", "Export") : AuditCodes.dicom("110113", "Security Alert"));
        audit.putArray("subtype").add(AuditCodes.coding(SHARE, event.kind().code()));
        audit.put("action", discloses ? "R" : "E")
                .put("recorded", event.at().toString())
                .put("outcome", event.failure() == null ? "0" : "4");
        if (event.failure() != null) {
            audit.put("outcomeDesc", event.failure());
        }
        ObjectNode agent = audit.putArray("agent").addObject();
        agent.putObject("type").putArray("coding").add(AuditCodes.recipient());
        if (event.reader() != null) {
            ObjectNode who = agent.putObject("who");
            if (FhirRecords.isReference(event.reader())) {
                who.put("reference", event.reader());
            } else {
                who.putObject("identifier").put("value", event.reader());
            }
        } else if (event.recipient() != null) {
            agent.put("name", event.recipient());
        } else {
            agent.putObject("who").put("reference", "Patient/" + event.patient());
        }
        agent.put("requestor", true);
        ObjectNode source = audit.putObject("source");
        source.putObject("observer").put("display", "smart-card-bridge");
        source.putArray("type").add(AuditCodes.securityServer());
        var entities = audit.putArray("entity");
        if (event.patient() != null) {
            ObjectNode patient = entities.addObject();
            patient.putObject("what").put("reference", "Patient/" + event.patient());
            patient.set("type", AuditCodes.person());
            patient.set("role", AuditCodes.role("1", "Patient"));
        }
        ObjectNode object = entities.addObject();
        object.putObject("what").putObject("identifier").put("value", event.object());
        object.set("type", AuditCodes.systemObject());
        object.set("role", AuditCodes.role("4", "Domain Resource"));
        return audit;
    }
}
