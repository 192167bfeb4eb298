package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.annotation.Create;
import ca.uhn.fhir.rest.annotation.ResourceParam;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.IResourceProvider;
import ca.uhn.fhir.rest.server.exceptions.UnprocessableEntityException;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.SecurityEvent;
import org.securemed.fhir.smart.SecurityEvents;

/**
 * Takes AuditEvents of the custodian's own systems into the ledger (IHE ITI-20). So far those of the bridge only: that
 * a patient handed something out by a card, a link or a code, and who says they received it. The answer comes when the
 * entry is in a block.
 *
 * @see <a href="https://profiles.ihe.net/ITI/TF/Volume2/ITI-20.html">IHE ITI TF-2, ITI-20 Record Audit Event</a>
 */
public final class AuditEventIntake implements IResourceProvider {
    /** The code system of what happened, in {@code AuditEvent.subtype}. */
    private static final String SHARE = "https://securemed.org/fhir/CodeSystem/share-event";

    private static final Pattern CODE = Pattern.compile("[a-z]+(-[a-z]+){0,3}");
    private static final Pattern OBJECT = Pattern.compile("[A-Za-z0-9:._-]{1,128}");
    private static final int LONGEST_NAME = 200;
    private static final String PATIENT = "Patient/";

    private final SecurityEvents events;
    private final OwnerIndex index;

    AuditEventIntake(SecurityEvents events, OwnerIndex index) {
        this.events = events;
        this.index = index;
    }

    @Override
    public Class<? extends IBaseResource> getResourceType() {
        return AuditEvent.class;
    }

    /**
     * Records an event.
     *
     * @throws UnprocessableEntityException if it is of another kind, or names no patient of this server
     */
    @Create
    public MethodOutcome create(@ResourceParam AuditEvent event, ServletRequestDetails request) {
        String patient = patient(event);
        SecurityEvent.Builder record = SecurityEvent.of(SecurityEvent.Kind.SHARE, request.getServletRequest())
                .requester(requester(request))
                .patient(patient)
                .note(code(event) + " " + object(event));
        AuditEventAgentComponent agent = agent(event);
        String client = requester(request).clientId();
        if (agent.hasName()) {
            // As they named themselves: nobody vouches for it but the bridge that heard it.
            record.user(client, "self-declared", name(agent), null);
        } else {
            record.user(client, "patient", null, PATIENT + patient);
        }
        events.record(record.build());
        return new MethodOutcome(new IdType("AuditEvent", UUID.randomUUID().toString()), true);
    }

    private static Requester requester(RequestDetails request) {
        return Exchange.of(request)
                .map(Exchange::requester)
                .orElseThrow(() -> new IllegalStateException("a request without a requester"));
    }

    private static String code(AuditEvent event) {
        return event.getSubtype().stream()
                .filter(subtype -> SHARE.equals(subtype.getSystem()))
                .map(Coding::getCode)
                .filter(code -> code != null && CODE.matcher(code).matches())
                .findFirst()
                .orElseThrow(() -> refused("Only events of sharing are taken in."));
    }

    private String patient(AuditEvent event) {
        List<String> patients = event.getEntity().stream()
                .map(entity -> entity.getWhat().getReference())
                .filter(reference -> reference != null && reference.startsWith(PATIENT))
                .map(reference -> reference.substring(PATIENT.length()))
                .distinct()
                .toList();
        return Optional.of(patients)
                .filter(found -> found.size() == 1)
                .map(found -> found.get(0))
                .filter(id -> index.partitionOf(id).isPresent())
                .orElseThrow(() -> refused("Name one patient of this server as an entity."));
    }

    private static String object(AuditEvent event) {
        return event.getEntity().stream()
                .map(entity -> entity.getWhat().getIdentifier().getValue())
                .filter(value -> value != null && OBJECT.matcher(value).matches())
                .findFirst()
                .orElseThrow(() -> refused("Name what was shared as an entity with an identifier."));
    }

    private static AuditEventAgentComponent agent(AuditEvent event) {
        return event.getAgent().stream()
                .filter(AuditEventAgentComponent::getRequestor)
                .findFirst()
                .orElseThrow(() -> refused("Name the agent who asked."));
    }

    private static String name(AuditEventAgentComponent agent) {
        if (agent.getName().length() > LONGEST_NAME) {
            throw refused("A name has up to 200 characters.");
        }
        return agent.getName();
    }

    private static UnprocessableEntityException refused(String diagnostics) {
        UnprocessableEntityException exception = new UnprocessableEntityException("audit-event");
        exception.setOperationOutcome(
                Problem.of(422, "audit-event", OperationOutcome.IssueType.BUSINESSRULE, diagnostics)
                        .operationOutcome());
        return exception;
    }
}
