package org.securemed.fhir.audit;

import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventEntityComponent;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Reference;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/**
 * FHIR interactions as AuditEvents. A success claims the BALP profiles that it meets; what failed or was refused is
 * seen in the same form, with its outcome and its request, and claims none.
 *
 * @see <a href="https://profiles.ihe.net/ITI/BALP/content.html">IHE BALP, 3:5.7.3</a>
 */
final class RestEvents {
    private static final String APPLICATION_SERVER = "4";
    private static final String TOKEN_USE = AuditCodes.BALP + "IHE.BasicAudit.OAUTHaccessTokenUse.";

    private static final Op BREAK_GLASS = new Op("operation.break-glass");

    private final EventParts parts;

    RestEvents(EventParts parts) {
        this.parts = parts;
    }

    AuditEvent of(long index, Entry entry, EntryDetail detail) {
        RestForm form = RestForm.of(entry.op());
        AuditEvent event = parts.begin(entry.id().toString(), index, entry, detail, APPLICATION_SERVER);
        boolean notification = entry.op().equals(NotificationRecorder.NOTIFY);
        boolean export = notification || entry.op().equals(RestForm.EXPORT_FILE) && EventParts.succeeded(entry);
        event.setType(export ? AuditCodes.dicom("110106", "Export") : AuditCodes.rest());
        if (form.subtype() != null) {
            event.addSubtype(new Coding(AuditCodes.INTERACTION, form.subtype(), form.subtype()));
        }
        RestForm.operation(entry.op())
                .ifPresent(name -> event.addSubtype(new Coding(AuditCodes.OPERATION, name, null)));
        if (notification) {
            event.addSubtype(new Coding(AuditCodes.OWN, "subscription-notification", "Notification of a Subscription"));
        }
        if (entry.op().equals(BREAK_GLASS) && EventParts.succeeded(entry)) {
            event.addSubtype(AuditCodes.dicom("110127", "Emergency Override Started"));
        }
        event.setAction(form.action());
        event.setOutcomeDesc(description(entry, detail));
        agents(event, form, entry, detail);
        entities(event, form, entry, detail);
        claim(event, form, entry, detail);
        return event;
    }

    private static String description(Entry entry, EntryDetail detail) {
        StringBuilder text = new StringBuilder("HTTP ").append(entry.status());
        Decision decision = entry.decision();
        if (decision != null) {
            text.append(", ").append(decision.outcome());
            if (decision.reason() != null) {
                text.append(" (").append(decision.reason()).append(')');
            }
        }
        if (detail.note() != null) {
            text.append(", ").append(detail.note());
        }
        return text.toString();
    }

    private void agents(AuditEvent event, RestForm form, Entry entry, EntryDetail detail) {
        if (EventParts.hasUser(detail)) {
            parts.addUser(event, entry, detail, userTypes(form, entry, detail));
            EventParts.addOrganization(event, detail);
        }
        AuditEventAgentComponent client = parts.addClient(event, detail, clientTypes(form, detail));
        if (!EventParts.hasUser(detail)) {
            EventParts.describe(client, entry, detail);
        }
        parts.addServer(event, form.server().coding());
    }

    /**
     * Who reads is the recipient; who writes is the author, or the informant about themselves or those they act for.
     */
    private static List<Coding> userTypes(RestForm form, Entry entry, EntryDetail detail) {
        if (!form.writes()) {
            return List.of(AuditCodes.recipient());
        }
        boolean layman = Role.PATIENT.code().equals(entry.role())
                || Role.REPRESENTATIVE.code().equals(entry.role());
        List<Coding> types = new ArrayList<>();
        types.add(layman ? AuditCodes.informant() : AuditCodes.author());
        if (EventParts.present(detail.tokenId())) {
            types.add(new Coding(AuditCodes.USER_AGENT_TYPES, "UserOauthAgent", null));
        }
        return types;
    }

    /** One agent is the client of the interaction and the app that the token was issued to. */
    private static List<Coding> clientTypes(RestForm form, EntryDetail detail) {
        Coding party = form.client().coding();
        return form.client() == RestForm.Party.APPLICATION || !EventParts.present(detail.client())
                ? List.of(party)
                : List.of(party, AuditCodes.application());
    }

    private void entities(AuditEvent event, RestForm form, Entry entry, EntryDetail detail) {
        EventParts.addPatient(event, detail);
        List<String> resources = detail.resources();
        if (resources != null) {
            resources.forEach(reference -> data(event, reference));
        }
        String request = request(detail);
        if (request != null && (asks(form) || !EventParts.succeeded(entry))) {
            EventParts.addRequest(event, request);
        }
        EventParts.addDevice(event, detail);
        EventParts.addRequestId(event, detail);
    }

    /** Whether what was asked for is not told by a resource's name. */
    private static boolean asks(RestForm form) {
        return form.profile() == null || form.profile().equals("Query");
    }

    private static void data(AuditEvent event, String reference) {
        boolean report = reference.startsWith("DiagnosticReport/")
                || reference.startsWith("DocumentReference/")
                || reference.startsWith("Composition/");
        AuditEventEntityComponent entity =
                event.addEntity().setWhat(new Reference(reference)).setType(AuditCodes.systemObject());
        entity.setRole(report ? AuditCodes.role("3", "Report") : AuditCodes.role("4", "Domain Resource"));
    }

    private @Nullable String request(EntryDetail detail) {
        if (detail.method() == null) {
            return detail.query();
        }
        String query = detail.query() == null ? "" : detail.query();
        String slash = query.isEmpty() ? "" : "/";
        return detail.method() + " " + (query.startsWith("/") ? query : parts.baseUrl() + slash + query);
    }

    private static void claim(AuditEvent event, RestForm form, Entry entry, EntryDetail detail) {
        if (!EventParts.succeeded(entry) || !EventParts.present(detail.address())) {
            return;
        }
        if (form.profile() != null && holds(form, detail)) {
            String patient = detail.patient() == null ? "" : "Patient";
            event.getMeta().addProfile(AuditCodes.BALP + "IHE.BasicAudit." + patient + form.profile());
        }
        if (EventParts.present(detail.client()) && EventParts.present(detail.tokenId())) {
            boolean author = EventParts.hasUser(detail) && form.writes();
            event.getMeta().addProfile(TOKEN_USE + (author ? "Minimal" : "Comprehensive"));
        }
    }

    private static boolean holds(RestForm form, EntryDetail detail) {
        List<String> resources = detail.resources();
        int data = resources == null ? 0 : resources.size();
        return asks(form) ? data == 0 && detail.query() != null : data == 1;
    }
}
