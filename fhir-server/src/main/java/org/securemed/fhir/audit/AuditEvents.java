package org.securemed.fhir.audit;

import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAction;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentNetworkType;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventEntityComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventOutcome;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/**
 * The AuditEvent that an entry of the ledger is seen as, after IHE BALP.
 *
 * @see <a href="https://profiles.ihe.net/ITI/BALP/">IHE Basic Audit Log Patterns</a>
 */
final class AuditEvents {
    /** Extension: index of the entry in the ledger. */
    static final String LEDGER_INDEX = "https://securemed.org/fhir/StructureDefinition/ledger-index";

    /** Extension: what the consent decision rests on. */
    static final String DECISION_BASIS = "https://securemed.org/fhir/StructureDefinition/decision-basis";

    private static final String DCM = "http://dicom.nema.org/resources/ontology/DCM";
    private static final String ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    private static final String ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
    private static final String ENTITY_ROLE = "http://terminology.hl7.org/CodeSystem/object-role";
    private static final String XREQUEST = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";

    private static final Coding APPLICATION = new Coding(DCM, "110150", "Application");
    private static final Coding DESTINATION = new Coding(DCM, "110152", "Destination Role ID");
    private static final Coding SOURCE = new Coding(DCM, "110153", "Source Role ID");
    private static final Coding CUSTODIAN =
            new Coding("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "custodian", "Custodian");

    /** FHIR's restful-interaction code and the action of each op; the roles of client and server follow from it. */
    private record Form(String subtype, AuditEventAction action, Coding client, Coding server) {}

    private static final Form OPERATION = new Form("operation", AuditEventAction.E, SOURCE, DESTINATION);

    private static final Map<Op, Form> FORMS = Map.of(
            Op.READ,
            new Form("read", AuditEventAction.R, DESTINATION, SOURCE),
            Op.VREAD,
            new Form("vread", AuditEventAction.R, DESTINATION, SOURCE),
            Op.HISTORY,
            new Form("history-instance", AuditEventAction.R, DESTINATION, SOURCE),
            Op.SEARCH,
            new Form("search-type", AuditEventAction.E, SOURCE, DESTINATION),
            Op.CREATE,
            new Form("create", AuditEventAction.C, SOURCE, DESTINATION),
            Op.UPDATE,
            new Form("update", AuditEventAction.U, SOURCE, DESTINATION),
            Op.PATCH,
            new Form("patch", AuditEventAction.U, SOURCE, DESTINATION),
            Op.DELETE,
            new Form("delete", AuditEventAction.D, APPLICATION, CUSTODIAN),
            new Op("transaction"),
            new Form("transaction", AuditEventAction.E, SOURCE, DESTINATION),
            new Op("capabilities"),
            new Form("capabilities", AuditEventAction.E, SOURCE, DESTINATION));

    private final String baseUrl;

    /** @param baseUrl of this server, which is the source of every event */
    AuditEvents(String baseUrl) {
        this.baseUrl = baseUrl;
    }

    AuditEvent of(long index, Entry entry, EntryDetail detail) {
        Form form = FORMS.getOrDefault(entry.op(), OPERATION);
        AuditEvent event = new AuditEvent();
        event.setId(entry.id().toString());
        event.addExtension(LEDGER_INDEX, new StringType(Long.toString(index)));
        if (detail.basis() != null) {
            event.addExtension(DECISION_BASIS, new StringType(detail.basis()));
        }
        event.setType(
                new Coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "RESTful Operation"));
        event.addSubtype(new Coding("http://hl7.org/fhir/restful-interaction", form.subtype(), form.subtype()));
        event.setAction(form.action());
        event.setRecorded(Date.from(entry.time()));
        event.setOutcome(AuditEventOutcome.fromCode(String.valueOf(entry.outcome() == null ? 0 : entry.outcome())));
        event.setOutcomeDesc(description(entry));
        if (entry.purpose() != null) {
            event.addPurposeOfEvent(new CodeableConcept(new Coding(ACT_REASON, entry.purpose(), null)));
        }
        user(event, entry, detail);
        client(event, form, detail);
        event.addAgent()
                .setType(new CodeableConcept(form.server()))
                .setWho(new Reference().setDisplay("SecureMed " + baseUrl))
                .setRequestor(false)
                .getNetwork()
                .setAddress(baseUrl)
                .setType(AuditEventAgentNetworkType._5);
        event.getSource()
                .setObserver(new Reference().setDisplay("SecureMed " + baseUrl))
                .addType(new Coding(
                        "http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server"));
        entities(event, entry, detail);
        return event;
    }

    private static String description(Entry entry) {
        String decision = entry.decision() == null
                ? ""
                : ", " + entry.decision().outcome()
                        + (entry.decision().reason() == null
                                ? ""
                                : " (" + entry.decision().reason() + ")");
        return "HTTP " + entry.status() + decision;
    }

    private static void user(AuditEvent event, Entry entry, EntryDetail detail) {
        if (detail.subject() == null || detail.subject().isEmpty()) {
            return;
        }
        AuditEventAgentComponent agent = event.addAgent()
                .setType(new CodeableConcept(new Coding(
                        "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient")))
                .setRequestor(true);
        Reference who = new Reference(detail.user());
        who.setDisplay(detail.name());
        who.getIdentifier().setSystem(detail.issuer()).setValue(detail.subject());
        agent.setWho(who);
        agent.setName(detail.name());
        if (entry.role() != null) {
            agent.addRole(new CodeableConcept(new Coding(Role.CODE_SYSTEM, entry.role(), null)));
        }
        if (entry.purpose() != null) {
            agent.addPurposeOfUse(new CodeableConcept(new Coding(ACT_REASON, entry.purpose(), null)));
        }
        if (detail.tokenId() != null && !detail.tokenId().isEmpty()) {
            agent.addPolicy("urn:ietf:params:oauth:jti:" + detail.tokenId());
        }
        organization(event, detail);
    }

    private static void organization(AuditEvent event, EntryDetail detail) {
        List<String> organizations = detail.organizations();
        if (organizations != null && !organizations.isEmpty()) {
            event.addAgent()
                    .setType(new CodeableConcept(new Coding(
                            "http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV", "healthcare provider")))
                    .setWho(new Reference(organizations.get(0)).setDisplay(detail.organizationName()))
                    .setRequestor(false);
        }
    }

    private static void client(AuditEvent event, Form form, EntryDetail detail) {
        Reference who = new Reference().setDisplay(detail.client());
        if (detail.client() != null && !detail.client().isEmpty()) {
            who.getIdentifier().setValue(detail.client());
        }
        AuditEventAgentComponent agent = event.addAgent()
                .setType(new CodeableConcept(form.client()))
                .setWho(who)
                .setRequestor(detail.subject() == null || detail.subject().isEmpty());
        if (detail.address() != null) {
            agent.getNetwork().setAddress(detail.address()).setType(AuditEventAgentNetworkType._2);
        }
    }

    private static void entities(AuditEvent event, Entry entry, EntryDetail detail) {
        if (detail.patient() != null) {
            event.addEntity()
                    .setWhat(new Reference(detail.patient()))
                    .setType(new Coding(ENTITY_TYPE, "1", "Person"))
                    .setRole(new Coding(ENTITY_ROLE, "1", "Patient"));
        }
        List<String> resources = detail.resources();
        if (resources != null) {
            resources.forEach(reference -> event.addEntity()
                    .setWhat(new Reference(reference))
                    .setType(new Coding(ENTITY_TYPE, "2", "System Object"))
                    .setRole(new Coding(ENTITY_ROLE, "4", "Domain Resource")));
        }
        String request = request(detail);
        if (request != null
                && (entry.op().equals(Op.SEARCH) || entry.op().code().startsWith("operation."))) {
            AuditEventEntityComponent query = event.addEntity()
                    .setType(new Coding(ENTITY_TYPE, "2", "System Object"))
                    .setRole(new Coding(ENTITY_ROLE, "24", "Query"));
            query.setQuery(request.getBytes(StandardCharsets.UTF_8));
            query.setDescription(request);
        }
        if (detail.requestId() != null) {
            Reference transaction = new Reference();
            transaction.getIdentifier().setValue(detail.requestId());
            event.addEntity().setWhat(transaction).setType(new Coding(XREQUEST, "XrequestId", null));
        }
    }

    private static @Nullable String request(EntryDetail detail) {
        return detail.query() == null ? null : detail.method() + " " + detail.query();
    }
}
