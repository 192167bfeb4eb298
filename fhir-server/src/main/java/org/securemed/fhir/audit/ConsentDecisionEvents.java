package org.securemed.fhir.audit;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAction;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventOutcome;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Reference;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;

/**
 * The consent decision that an interaction rested on, as an AuditEvent of its own: read from the same entry, so it
 * exists exactly if the interaction's does. Only decisions that asked the patient's consents are seen; the fixed rules
 * (the patient's own access, the custodian's duties, roles and scopes) ask none.
 *
 * <p>Whoever acts for no organization acts, for this purpose, for the custodian that serves the request: the profile
 * asks for one.
 *
 * @see <a
 *     href="https://profiles.ihe.net/ITI/BALP/StructureDefinition-IHE.BasicAudit.AuthZconsent.html">AuthZconsent</a>
 */
final class ConsentDecisionEvents {
    /** What an event's id ends with, behind the entry's. */
    static final String SUFFIX = "-consent";

    /** Reasons of decisions that no consent was asked for; see {@code consent.PatientAccess}. */
    private static final Set<String> FIXED_RULES =
            Set.of("scope", "custodian", "launch-context", "self", "private-type", "role");

    private static final Pattern BASIS = Pattern.compile("(Consent/[A-Za-z0-9.-]{1,64}) v([0-9]{1,18})");
    private static final String SECURITY_SERVER = "6";

    private final EventParts parts;

    ConsentDecisionEvents(EventParts parts) {
        this.parts = parts;
    }

    /** The decision, if a consent was asked. */
    Optional<AuditEvent> of(long index, Entry entry, EntryDetail detail) {
        Decision decision = entry.decision();
        if (decision == null
                || detail.patient() == null
                || decision.reason() != null && FIXED_RULES.contains(decision.reason())) {
            return Optional.empty();
        }
        AuditEvent event = parts.begin(entry.id() + SUFFIX, index, entry, detail, SECURITY_SERVER);
        event.setType(AuditCodes.dicom("110113", "Security Alert"));
        event.addSubtype(
                new Coding("https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType", "AuthZ-Consent", null));
        event.setAction(AuditEventAction.E);
        boolean permitted = decision.outcome().equals("permit");
        event.setOutcome(permitted ? AuditEventOutcome._0 : AuditEventOutcome._4);
        event.setOutcomeDesc(
                decision.outcome() + (decision.reason() == null ? "" : ": " + decision.reason()) + policy(decision));
        agents(event, entry, detail);
        EventParts.addPatient(event, detail);
        if (addConsent(event, detail) && EventParts.present(detail.address())) {
            event.getMeta().addProfile(AuditCodes.BALP + "IHE.BasicAudit.AuthZconsent");
        }
        if (EventParts.present(detail.tokenId())) {
            Reference token = new Reference();
            token.getIdentifier().setValue(detail.tokenId());
            event.addEntity().setWhat(token).setType(new Coding(AuditCodes.USER_AGENT_TYPES, "UserOauthAgent", null));
        }
        return Optional.of(event);
    }

    private static String policy(Decision decision) {
        return decision.policy() == null ? "" : " by " + decision.policy();
    }

    private void agents(AuditEvent event, Entry entry, EntryDetail detail) {
        parts.addClient(event, detail, List.of(AuditCodes.application())).setRequestor(false);
        if (EventParts.hasUser(detail)) {
            parts.addUser(event, entry, detail, List.of(AuditCodes.recipient()));
        } else {
            // A machine that asks for itself receives what it asks for.
            AuditEventAgentComponent machine = parts.addClient(event, detail, List.of(AuditCodes.recipient()))
                    .setRequestor(true);
            machine.setNetwork(null);
            EventParts.describe(machine, entry, detail);
        }
        List<String> organizations = detail.organizations();
        if (organizations != null && !organizations.isEmpty()) {
            EventParts.addOrganization(event, detail);
        } else {
            event.addAgent()
                    .setType(new CodeableConcept(AuditCodes.provider()))
                    .setWho(parts.server())
                    .setRequestor(false);
        }
        event.addAgent()
                .setType(new CodeableConcept(AuditCodes.securityRole("authserver")))
                .setWho(parts.server())
                .setRequestor(false);
    }

    private static boolean addConsent(AuditEvent event, EntryDetail detail) {
        Matcher basis = BASIS.matcher(detail.basis() == null ? "" : detail.basis());
        if (!basis.matches()) {
            return false;
        }
        event.addEntity()
                .setWhat(new Reference(basis.group(1)).setDisplay("version " + basis.group(2)))
                .setType(new Coding("http://hl7.org/fhir/resource-types", "Consent", null));
        return true;
    }
}
