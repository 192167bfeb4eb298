package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.Optional;
import java.util.TreeSet;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.securemed.ledger.consent.ResourceFacts;

/**
 * {@code [type]/[id]/$explain-access}: who can see this resource now, and by which version of which Consent. For its
 * patient, about themselves, and for compliance staff and the custodian's systems.
 */
public final class ExplainAccessProvider {
    private final OwnerIndex index;
    private final PatientAccess access;
    private final ResourceAccess resources;
    private final ConsentStates states;
    private final ImplicitPolicy policy;
    private final BreakGlassRules glass;

    ExplainAccessProvider(
            OwnerIndex index,
            PatientAccess access,
            ResourceAccess resources,
            ConsentStates states,
            ImplicitPolicy policy,
            BreakGlassRules glass) {
        this.index = index;
        this.access = access;
        this.resources = resources;
        this.states = states;
        this.policy = policy;
        this.glass = glass;
    }

    /**
     * Explains.
     *
     * @return {@code kind} ({@code shared}, {@code patient} or {@code unattributed}), {@code policy} (what holds where
     *     no Consent speaks), and for each patient to whom it belongs {@code owner} with parts {@code patient} and
     *     {@code access}. What belongs to several patients is seen by whom all of them let in
     */
    @Operation(name = "$explain-access", global = true, idempotent = true)
    public Parameters explain(@IdParam IIdType id, RequestDetails request) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        Requester requester = exchange.requester();
        String type = String.valueOf(request.getResourceName());
        boolean unlimited = requester.overseesAudit();
        if (!unlimited && access.narrows(exchange, type)) {
            throw Refusal.notOffered("With this token, not all resources of the type can be seen.");
        }
        Ownership ownership = index.find(type + "/" + id.getIdPart())
                .filter(found -> !found.deleted())
                .filter(found -> unlimited || isOwn(exchange, found, type + "/" + id.getIdPart()))
                .orElseThrow(() -> Refusal.notKnown(type, id.getIdPart()));
        Collection<String> patients = new TreeSet<>(ownership.patients());
        if (!unlimited) {
            own(requester).ifPresent(self -> patients.removeIf(patient -> !patient.equals(self)));
        }
        patients.forEach(exchange::name);
        return explanation(ownership, patients, resources.facts(type + "/" + id.getIdPart()), exchange.started());
    }

    private Parameters explanation(Ownership ownership, Collection<String> patients, ResourceFacts facts, Instant now) {
        Parameters answer = new Parameters();
        answer.addParameter("kind", new CodeType(kind(ownership)));
        answer.addParameter("policy", new StringType(policy.uri()));
        answer.addParameter("emergencies", new BooleanType(glass.offered()));
        for (String patient : patients) {
            ParametersParameterComponent owner = answer.addParameter().setName("owner");
            owner.addPart().setName("patient").setValue(new Reference("Patient/" + patient));
            new AccessExplanation(states.of(patient), policy, facts, now)
                    .lines()
                    .forEach(line -> line(owner.addPart().setName("access"), line));
        }
        return answer;
    }

    private static String kind(Ownership ownership) {
        if (ownership.partition() == Partition.SHARED) {
            return "shared";
        }
        return ownership.patients().isEmpty() ? "unattributed" : "patient";
    }

    private static void line(ParametersParameterComponent part, AccessExplanation.Line line) {
        if (!line.who().isEmpty()) {
            part.addPart().setName("who").setValue(new Reference(line.who()));
        }
        text(part, "role", line.role());
        text(part, "purpose", line.purpose());
        part.addPart().setName("permitted").setValue(new BooleanType(line.permitted()));
        text(part, "rule", line.rule());
        text(part, "basis", line.basis());
        if (line.until() != null) {
            part.addPart().setName("until").setValue(new InstantType(Date.from(line.until())));
        }
    }

    private static void text(ParametersParameterComponent part, String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            part.addPart().setName(name).setValue(new StringType(value));
        }
    }

    private boolean isOwn(Exchange exchange, Ownership ownership, String reference) {
        Requester requester = exchange.requester();
        return requester.is(Role.PATIENT)
                && own(requester).filter(ownership.patients()::contains).isPresent()
                && resources.permits(exchange, ownership, reference);
    }

    private static Optional<String> own(Requester requester) {
        return requester
                .user()
                .filter(user -> user.startsWith("Patient/"))
                .map(user -> user.substring("Patient/".length()));
    }
}
