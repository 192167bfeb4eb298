package org.securemed.fhir.audit;

import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.List;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentNetworkType;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventOutcome;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.UrlType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.entry.Entry;

/** The parts that AuditEvents of all kinds are put together from. Thread-safe. */
final class EventParts {
    /** Extension: index of the entry in the ledger. */
    static final String LEDGER_INDEX = "https://securemed.org/fhir/StructureDefinition/ledger-index";

    /** Extension: where the receipt is that proves that the entry is in the ledger. */
    static final String LEDGER_RECEIPT = "https://securemed.org/fhir/StructureDefinition/ledger-receipt";

    /** Extension: what the consent decision rests on. */
    static final String DECISION_BASIS = "https://securemed.org/fhir/StructureDefinition/decision-basis";

    private final String baseUrl;
    private final String receipts;

    /**
     * @param baseUrl FHIR base of this server, which is the source of every event of its own
     * @param receipts URL to which the index of an entry is added to get its receipt
     */
    EventParts(String baseUrl, String receipts) {
        this.baseUrl = baseUrl;
        this.receipts = receipts;
    }

    /** Of this server. */
    String baseUrl() {
        return baseUrl;
    }

    /** An event with what every one has: id, ledger position, receipt, time, outcome, source. */
    AuditEvent begin(String id, long index, Entry entry, EntryDetail detail, String sourceType) {
        AuditEvent event = new AuditEvent();
        event.setId(id);
        event.getMeta().setLastUpdated(Date.from(entry.time()));
        addLedger(event, index);
        if (detail.basis() != null) {
            event.addExtension(DECISION_BASIS, new StringType(detail.basis()));
        }
        event.setRecorded(Date.from(entry.time()));
        event.setOutcome(outcome(entry));
        if (entry.purpose() != null) {
            event.addPurposeOfEvent(AuditCodes.purpose(entry.purpose()));
        }
        event.getSource()
                .setSite(baseUrl)
                .setObserver(server())
                .addType(new Coding("http://terminology.hl7.org/CodeSystem/security-source-type", sourceType, null));
        return event;
    }

    /** Where the entry is, and where its receipt can be had. */
    void addLedger(AuditEvent event, long index) {
        event.addExtension(LEDGER_INDEX, new StringType(Long.toString(index)));
        event.addExtension(LEDGER_RECEIPT, new UrlType(receipts + index));
    }

    static AuditEventOutcome outcome(Entry entry) {
        return AuditEventOutcome.fromCode(String.valueOf(entry.outcome() == null ? 0 : entry.outcome()));
    }

    static boolean succeeded(Entry entry) {
        return outcome(entry) == AuditEventOutcome._0;
    }

    /** This server. */
    Reference server() {
        Reference server = new Reference().setDisplay("SecureMed");
        server.getIdentifier().setSystem("urn:ietf:rfc:3986").setValue(baseUrl);
        return server;
    }

    AuditEventAgentComponent addServer(AuditEvent event, Coding type) {
        AuditEventAgentComponent agent = event.addAgent()
                .setType(new CodeableConcept(type))
                .setWho(server())
                .setRequestor(false);
        agent.getNetwork().setAddress(baseUrl).setType(AuditEventAgentNetworkType._5);
        return agent;
    }

    /** Whether a person is known who asked. A machine that asks for itself is the client and nobody's user. */
    static boolean hasUser(EntryDetail detail) {
        String subject = detail.subject();
        return subject != null && !subject.isEmpty() && !subject.equals(detail.client());
    }

    static boolean present(@Nullable String text) {
        return text != null && !text.isEmpty();
    }

    /** The person who asked, with role, purpose and token. */
    AuditEventAgentComponent addUser(AuditEvent event, Entry entry, EntryDetail detail, List<Coding> types) {
        AuditEventAgentComponent agent =
                event.addAgent().setType(concept(types)).setRequestor(true).setWho(user(detail));
        if (present(detail.name())) {
            agent.setName(detail.name());
        }
        describe(agent, entry, detail);
        return agent;
    }

    /** Role, purpose of use, and the id of the token. */
    static void describe(AuditEventAgentComponent agent, Entry entry, EntryDetail detail) {
        if (entry.role() != null) {
            agent.addRole(new CodeableConcept(new Coding(Role.CODE_SYSTEM, entry.role(), null)));
        }
        if (entry.purpose() != null) {
            agent.addPurposeOfUse(AuditCodes.purpose(entry.purpose()));
        }
        if (present(detail.tokenId())) {
            agent.addPolicy("urn:ietf:params:oauth:jti:" + detail.tokenId());
        }
    }

    private static Reference user(EntryDetail detail) {
        Reference who = new Reference(detail.user());
        if (present(detail.name())) {
            who.setDisplay(detail.name());
        }
        who.getIdentifier().setSystem(detail.issuer()).setValue(detail.subject());
        return who;
    }

    /** The app, and the machine that it runs on. */
    AuditEventAgentComponent addClient(AuditEvent event, EntryDetail detail, List<Coding> types) {
        AuditEventAgentComponent agent = event.addAgent()
                .setType(concept(types))
                .setRequestor(!hasUser(detail))
                .setWho(client(detail));
        String address = detail.address();
        if (address != null && !address.isEmpty()) {
            agent.getNetwork().setAddress(address).setType(networkType(address));
        }
        return agent;
    }

    private static Reference client(EntryDetail detail) {
        Reference who = new Reference();
        if (!hasUser(detail) && present(detail.user())) {
            who.setReference(detail.user());
        }
        if (present(detail.client())) {
            who.setDisplay(detail.client());
            who.getIdentifier().setValue(detail.client());
        } else {
            who.setDisplay(present(detail.address()) ? detail.address() : "unknown");
        }
        return who;
    }

    private static AuditEventAgentNetworkType networkType(String address) {
        boolean numeric = address.chars().allMatch(c -> Character.digit(c, 16) >= 0 || ".:%".indexOf(c) >= 0);
        return numeric ? AuditEventAgentNetworkType._2 : AuditEventAgentNetworkType._1;
    }

    /** For whom the user acted. */
    static void addOrganization(AuditEvent event, EntryDetail detail) {
        List<String> organizations = detail.organizations();
        if (organizations != null && !organizations.isEmpty()) {
            event.addAgent()
                    .setType(new CodeableConcept(AuditCodes.provider()))
                    .setWho(new Reference(organizations.get(0)).setDisplay(detail.organizationName()))
                    .setRequestor(false);
        }
    }

    static void addPatient(AuditEvent event, EntryDetail detail) {
        if (detail.patient() != null) {
            event.addEntity()
                    .setWhat(new Reference(detail.patient()))
                    .setType(AuditCodes.person())
                    .setRole(AuditCodes.role("1", "Patient"));
        }
    }

    /** The card with which the person logged in, or that the event is about. */
    static void addDevice(AuditEvent event, EntryDetail detail) {
        if (present(detail.device())) {
            event.addEntity()
                    .setWhat(new Reference(detail.device()))
                    .setType(AuditCodes.systemObject())
                    .setRole(AuditCodes.role("13", "Security Resource"));
        }
    }

    /** The request as it was sent. */
    static void addRequest(AuditEvent event, String request) {
        event.addEntity()
                .setType(AuditCodes.systemObject())
                .setRole(AuditCodes.role("24", "Query"))
                .setQuery(request.getBytes(StandardCharsets.UTF_8))
                .setDescription(request.replaceAll("\\p{Cntrl}+", " "));
    }

    static void addRequestId(AuditEvent event, EntryDetail detail) {
        if (present(detail.requestId())) {
            Reference transaction = new Reference();
            transaction.getIdentifier().setValue(detail.requestId());
            event.addEntity().setWhat(transaction).setType(AuditCodes.requestId());
        }
    }

    static CodeableConcept concept(List<Coding> types) {
        CodeableConcept concept = new CodeableConcept();
        types.forEach(concept::addCoding);
        return concept;
    }
}
