package org.securemed.fhir.integrity;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.securemed.fhir.owner.ShownVersions;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.problem.Problem;

/** Compares each version with the ledger before it is shown, if the settings say so. Thread-safe. */
final class ReadVerification implements ShownVersions {
    private final StoredVersionRows rows;
    private final Comparison comparison;
    private final Findings findings;
    private final IntegrityProperties.OnRead onRead;

    ReadVerification(
            StoredVersionRows rows, Comparison comparison, Findings findings, IntegrityProperties.OnRead onRead) {
        this.rows = rows;
        this.comparison = comparison;
        this.findings = findings;
        this.onRead = onRead;
    }

    @Override
    public void showing(String type, String id, long version) {
        if (onRead == IntegrityProperties.OnRead.OFF) {
            return;
        }
        Verdict verdict = rows.of(type, id, version)
                .map(comparison::verdict)
                .orElseGet(() -> new Verdict(
                        type + "/" + id + "/_history/" + version, Verdict.State.MISSING, java.util.List.of()));
        if (!verdict.state().isFinding()) {
            return;
        }
        findings.tell(verdict);
        if (onRead == IntegrityProperties.OnRead.REFUSE) {
            Problem problem = Problem.of(
                    500,
                    "integrity",
                    IssueType.EXCEPTION,
                    "Something that was asked for is not as it was recorded, and is not shown.");
            BaseServerResponseException refusal =
                    BaseServerResponseException.newInstance(problem.status(), problem.diagnostics());
            refusal.setOperationOutcome(problem.operationOutcome());
            throw refusal;
        }
    }
}
