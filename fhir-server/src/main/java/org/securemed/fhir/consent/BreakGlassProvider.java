package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.time.Instant;
import java.util.Date;
import java.util.Set;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.StepUp;
import org.securemed.ledger.consent.Purposes;

/**
 * {@code POST Patient/[id]/$break-glass}: a clinician declares an emergency, and this patient's record is open to them
 * for a time. The answer is the same whether or not there is such a patient, and whether or not the patient's consents
 * forbid it: what the declaration has opened is told by the next read, after it is on the ledger.
 *
 * @see <a href="https://profiles.ihe.net/ITI/PCF/">IHE PCF, 1:53.5, break-glass</a>
 */
public final class BreakGlassProvider {
    private static final int LONGEST_REASON = 1024;
    private static final Set<String> EMERGENCIES = Set.of("BTG", "ETREAT");

    private final BreakGlassRules rules;
    private final StepUp stepUp;
    private final BreakGlassTransitions transitions;
    private final OwnerIndex index;
    private final PatientAccess access;

    BreakGlassProvider(
            BreakGlassRules rules,
            StepUp stepUp,
            BreakGlassTransitions transitions,
            OwnerIndex index,
            PatientAccess access) {
        this.rules = rules;
        this.stepUp = stepUp;
        this.transitions = transitions;
        this.index = index;
        this.access = access;
    }

    /**
     * Declares an emergency.
     *
     * @param reason why, in words that the patient and the privacy office will read; 1 to 1024 characters
     * @param purpose {@code BTG} (if absent) or {@code ETREAT} of v3-ActReason
     * @return {@code until}: when it is over
     */
    @Operation(name = "$break-glass", typeName = "Patient")
    public Parameters declare(
            @IdParam IdType id,
            @OperationParam(name = "reason", min = 1, max = 1) @Nullable StringType reason,
            @OperationParam(name = "purpose", min = 0, max = 1) @Nullable Coding purpose,
            RequestDetails request) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        String why = words(reason);
        exchange.declare(purpose == null ? "BTG" : code(purpose), why);
        if (!rules.offered()) {
            throw Refusal.notOffered("No emergency can be declared here: this server's policy denies it.");
        }
        if (!rules.mayDeclare(exchange.requester())) {
            throw Refusal.role();
        }
        if (!stepUp.isMet(exchange.requester())) {
            throw Refusal.stepUp(stepUp);
        }
        Instant until = exchange.started().plus(rules.duration());
        String patient = id.getIdPart();
        if (index.partitionOf(patient).isPresent()) {
            exchange.name(patient);
            transitions.breakGlass(exchange, patient, why, until);
            // For the record: whether it opens anything.
            access.decide(exchange, patient, "Patient");
        }
        Parameters answer = new Parameters();
        answer.addParameter().setName("until").setValue(new InstantType(Date.from(until)));
        return answer;
    }

    private static String words(@Nullable StringType reason) {
        String text = reason == null || reason.getValue() == null
                ? ""
                : reason.getValue().replaceAll("\\p{Cntrl}+", " ").strip();
        if (text.isEmpty() || text.length() > LONGEST_REASON) {
            throw Refusal.unprocessable(
                    "break-glass-reason", "Say why, in 1 to " + LONGEST_REASON + " characters: parameter reason.");
        }
        return text;
    }

    private static String code(Coding purpose) {
        boolean known = Purposes.SYSTEM.equals(purpose.getSystem()) && EMERGENCIES.contains(purpose.getCode());
        if (!known) {
            throw Refusal.unprocessable(
                    "break-glass-purpose", "The purpose of an emergency is BTG or ETREAT of v3-ActReason.");
        }
        return purpose.getCode();
    }
}
