package org.securemed.fhir.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import org.securemed.ledger.verify.Finding;
import org.securemed.ledger.verify.Report;

/**
 * What a verification found, as it is stored.
 *
 * @param entries that were read
 * @param blocks that were read
 * @param root of the tree, base64
 * @param count of all findings
 * @param findings the first of them
 * @param pruned entries of which only the hashes were looked at
 */
record VerificationResult(long entries, long blocks, String root, long count, List<Finding> findings, long pruned) {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    VerificationResult {
        findings = List.copyOf(findings);
    }

    static VerificationResult of(Report report) {
        return new VerificationResult(
                report.entries(),
                report.blocks(),
                report.root().toString(),
                report.findingCount(),
                report.findings(),
                report.pruned().entries());
    }

    static VerificationResult parse(String json) {
        try {
            return JSON.readValue(json, VerificationResult.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored result of a verification is none", e);
        }
    }

    String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a result of texts and numbers can be written", e);
        }
    }
}
