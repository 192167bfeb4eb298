package org.securemed.fhir.audit;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Recorded;
import org.securemed.fhir.smart.RefusedRequests;
import org.securemed.ledger.entry.Op;

/** Records requests that were refused before they reached HAPI: no token, a bad one, one that expired. */
final class RefusedRequestRecorder implements RefusedRequests {
    private static final int MINOR_FAILURE = 4;
    private static final int LONGEST_QUERY = 2048;

    private final EntryFactory entries;
    private final LedgerGateway ledger;

    RefusedRequestRecorder(EntryFactory entries, LedgerGateway ledger) {
        this.entries = entries;
        this.ledger = ledger;
    }

    @Override
    public void refused(HttpServletRequest request, int status, String reasonCode) {
        String query =
                request.getRequestURI() + (request.getQueryString() == null ? "" : "?" + request.getQueryString());
        RequestFacts facts = new RequestFacts(
                new Op("refused"),
                null,
                null,
                request.getMethod(),
                query.length() <= LONGEST_QUERY ? query : query.substring(0, LONGEST_QUERY),
                request.getRemoteAddr());
        Exchange nobody = Exchange.ofNobody(request.getHeader("X-Request-ID"));
        try {
            ledger.append(
                    List.of(entries.entry(nobody, facts, facts.op(), null, null, List.of(), status, MINOR_FAILURE)),
                    List.of());
        } finally {
            // Without a record the caller answers 503, which tells of nothing.
            Recorded.mark(request);
        }
    }
}
