package org.securemed.fhir.problem;

import java.util.List;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.OperationOutcome.IssueSeverity;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;

/** OperationOutcomes other than that of one {@link Problem}. */
public final class Outcomes {
    private Outcomes() {}

    /**
     * A problem with one element of what was sent.
     *
     * @param expression FHIRPath of the element
     */
    public record Located(String expression, Problem problem) {}

    /** Several problems at once, each with its element. */
    public static OperationOutcome of(List<Located> problems) {
        OperationOutcome outcome = new OperationOutcome();
        problems.forEach(one -> outcome.addIssue(
                one.problem().operationOutcome().getIssueFirstRep().addExpression(one.expression())));
        return outcome;
    }

    /** That something was done, or how to go on; {@code text} says nothing of a patient. */
    public static OperationOutcome information(String text) {
        OperationOutcome outcome = new OperationOutcome();
        outcome.addIssue()
                .setSeverity(IssueSeverity.INFORMATION)
                .setCode(IssueType.INFORMATIONAL)
                .setDiagnostics(text);
        return outcome;
    }
}
