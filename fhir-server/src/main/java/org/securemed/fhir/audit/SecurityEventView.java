package org.securemed.fhir.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAction;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Reference;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/** Log-ins, tokens, answers to apps, cards and administrators' acts as AuditEvents. */
final class SecurityEventView {
    private static final String SECURITY_SERVER = "6";

    private static final Coding AUTHENTICATION = AuditCodes.dicom("110114", "User Authentication");
    private static final Coding SECURITY_ALERT = AuditCodes.dicom("110113", "Security Alert");

    private record Form(Coding type, Coding subtype, boolean tokenRequest) {}

    private static final Map<String, Form> FORMS = Map.ofEntries(
            Map.entry(SecurityEvent.Kind.LOGIN.op(), form(AUTHENTICATION, AuditCodes.dicom("110122", "Login"))),
            Map.entry(SecurityEvent.Kind.LOGOUT.op(), form(AUTHENTICATION, AuditCodes.dicom("110123", "Logout"))),
            Map.entry(SecurityEvent.Kind.TOKEN_ISSUED.op(), new Form(AUTHENTICATION, iti("ITI-71"), true)),
            Map.entry(SecurityEvent.Kind.TOKEN_REFRESHED.op(), new Form(AUTHENTICATION, iti("ITI-71"), true)),
            Map.entry(SecurityEvent.Kind.TOKEN_INTROSPECTED.op(), form(AUTHENTICATION, iti("ITI-102"))),
            Map.entry(SecurityEvent.Kind.TOKEN_REVOKED.op(), form(AUTHENTICATION, own("token-revoked"))),
            Map.entry(SecurityEvent.Kind.APP_CONSENT.op(), form(SECURITY_ALERT, own("app-consent"))),
            Map.entry(
                    SecurityEvent.Kind.ADMINISTRATION.op(),
                    form(SECURITY_ALERT, AuditCodes.dicom("110137", "User Security Attributes Changed"))),
            Map.entry(SecurityEvent.Kind.CARD.op(), form(SECURITY_ALERT, own("card"))),
            Map.entry(SecurityEvent.Kind.SIGNATURE.op(), form(SECURITY_ALERT, own("consent-signature"))),
            Map.entry(SecurityEvent.Kind.SHARE.op(), form(AuditCodes.dicom("110106", "Export"), own("share"))),
            Map.entry(RetentionLog.PROPOSAL.code(), form(SECURITY_ALERT, own("retention-proposed"))),
            Map.entry(RetentionLog.APPROVAL.code(), form(SECURITY_ALERT, own("retention-approved"))),
            Map.entry(Op.RETENTION.code(), form(SECURITY_ALERT, own("retention"))),
            Map.entry(Op.HOLD.code(), form(SECURITY_ALERT, own("legal-hold"))),
            Map.entry(Op.HOLD_RELEASE.code(), form(SECURITY_ALERT, own("legal-hold-released"))),
            Map.entry(IntegrityRecorder.ALARM.code(), form(SECURITY_ALERT, own("integrity-alarm"))),
            Map.entry(IntegrityRecorder.RESTORE.code(), form(SECURITY_ALERT, own("integrity-restored"))));

    private final EventParts parts;

    SecurityEventView(EventParts parts) {
        this.parts = parts;
    }

    /** Whether an entry is one of these. */
    static boolean shows(Entry entry) {
        return FORMS.containsKey(entry.op().code());
    }

    AuditEvent of(long index, Entry entry, EntryDetail detail) {
        Form form = FORMS.get(entry.op().code());
        if (form == null) {
            throw new IllegalArgumentException("not a security event: " + entry.op());
        }
        AuditEvent event = parts.begin(entry.id().toString(), index, entry, detail, SECURITY_SERVER);
        event.setType(form.type().copy());
        event.addSubtype(form.subtype().copy());
        event.setAction(AuditEventAction.E);
        event.setOutcomeDesc(detail.note());
        agents(event, entry, detail);
        entities(event, form, entry, detail);
        return event;
    }

    private void agents(AuditEvent event, Entry entry, EntryDetail detail) {
        if (entry.op().code().startsWith("integrity.") || entry.op().equals(Op.RETENTION)) {
            parts.addServer(event, AuditCodes.application()).setRequestor(true);
            return;
        }
        if (EventParts.hasUser(detail)) {
            parts.addUser(event, entry, detail, List.of(AuditCodes.recipient()));
        }
        AuditEventAgentComponent client = parts.addClient(event, detail, List.of(AuditCodes.application()));
        if (!EventParts.hasUser(detail)) {
            EventParts.describe(client, entry, detail);
        }
        parts.addServer(event, new Coding(AuditCodes.USER_AGENT_TYPES, "AuthzOauthService", null));
    }

    private static void entities(AuditEvent event, Form form, Entry entry, EntryDetail detail) {
        boolean issued = form.tokenRequest() && EventParts.succeeded(entry);
        List<String> said = new ArrayList<>();
        addIfPresent(said, detail.query());
        if (issued && !said.isEmpty()) {
            // The profile allows this one entity and no other.
            EventParts.addRequest(event, said.get(0));
            event.getMeta().addProfile(AuditCodes.BALP + "IHE.IUA.71");
            return;
        }
        EventParts.addPatient(event, detail);
        EventParts.addDevice(event, detail);
        said.forEach(request -> EventParts.addRequest(event, request));
        if (entry.op().code().startsWith("integrity.") && detail.resources() != null) {
            detail.resources()
                    .forEach(resource -> event.addEntity()
                            .setWhat(new Reference(resource))
                            .setType(AuditCodes.systemObject())
                            .setRole(AuditCodes.role("4", "Domain Resource")));
        }
        EventParts.addRequestId(event, detail);
    }

    private static void addIfPresent(List<String> list, @Nullable String value) {
        if (value != null) {
            list.add(value);
        }
    }

    private static Form form(Coding type, Coding subtype) {
        return new Form(type, subtype, false);
    }

    private static Coding own(String code) {
        return new Coding(AuditCodes.OWN, code, null);
    }

    private static Coding iti(String transaction) {
        return new Coding("urn:ihe:event-type-code", transaction, null);
    }
}
