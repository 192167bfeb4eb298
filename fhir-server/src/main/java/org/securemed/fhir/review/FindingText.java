package org.securemed.fhir.review;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A finding as its ledger entry holds it, sealed.
 *
 * @param user whom it is about
 * @param patient whose record; null if it is about several
 * @param score 0 to 1
 * @param reasons why
 * @param events ids of AuditEvents
 */
record FindingText(String user, @Nullable String patient, double score, List<Reason> reasons, List<String> events) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * A reason.
     *
     * @param rule its code
     */
    record Reason(String rule, double score, String evidence) {}

    static FindingText of(AnomalyDetector.Finding finding) {
        return new FindingText(
                finding.observed().user(),
                finding.observed().patient(),
                finding.score(),
                finding.reasons().stream()
                        .map(reason -> new Reason(reason.rule().code(), reason.score(), reason.evidence()))
                        .toList(),
                finding.events());
    }

    String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts can be written", e);
        }
    }

    /** @throws IOException if it is not a finding */
    static FindingText parse(String json) throws IOException {
        return JSON.readValue(json, FindingText.class);
    }
}
