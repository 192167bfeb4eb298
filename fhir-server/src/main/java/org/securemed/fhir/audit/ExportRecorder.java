package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Recorded;
import org.securemed.ledger.entry.Entry;

/**
 * Records what a bulk export sends: one entry for each patient and file, before anything of them leaves. Thread-safe.
 */
public final class ExportRecorder {
    private static final int OK = 200;

    private final EntryFactory entries;
    private final LedgerGateway ledger;

    ExportRecorder(EntryFactory entries, LedgerGateway ledger) {
        this.entries = entries;
        this.ledger = ledger;
    }

    /**
     * Records that something of these patients is about to be sent; returns when it is durable.
     *
     * @param asked the request for the file
     * @param decided the exchange in which it was decided
     * @param patients logical ids; null for what belongs to nobody
     * @param type FHIR resource type
     * @return false if a consent has changed since it was decided: then nothing may be sent
     * @throws RuntimeException if it can't be recorded now: then nothing may be sent
     */
    public boolean sending(
            RequestDetails asked,
            HttpServletRequest servletRequest,
            Exchange decided,
            Collection<@Nullable String> patients,
            String type) {
        RequestFacts facts = RequestFacts.of(asked);
        List<Entry> made = new ArrayList<>();
        for (String patient : patients) {
            made.add(entries.entry(decided, facts, facts.op(), type, patient, List.of(), OK, 0));
        }
        try {
            ledger.append(made, AuditRecorder.preconditions(decided));
        } catch (LedgerFailure failure) {
            if (failure.isOvertaken()) {
                return false;
            }
            throw failure;
        }
        // HAPI tells of the answer when it was sent; by then it is recorded.
        Exchange.of(asked).ifPresent(exchange -> exchange.recordAs(List.of()));
        Recorded.mark(servletRequest);
        return true;
    }
}
