package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleEntryComponent;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/**
 * Takes AuditEvents of other systems, one by one or in Bundles (IHE ITI-20). What they become is the record of the
 * request that brought them: the answer leaves when it is in a durable block, all of a Bundle in one.
 *
 * @see <a href="https://profiles.ihe.net/ITI/TF/Volume2/ITI-20.html">ITI-20 Record Audit Event</a>
 */
public final class Evidence {
    /** Each counts once for each patient whom it names. */
    private static final int MOST_EVENTS = 500;

    private final ForeignEvents events;

    Evidence(ForeignEvents events) {
        this.events = events;
    }

    /** Whether a Bundle brings AuditEvents. */
    public static boolean isIn(Bundle bundle) {
        return bundle.getEntry().stream()
                .anyMatch(entry ->
                        "AuditEvent".equals(entry.getRequest().getUrl()) || entry.getResource() instanceof AuditEvent);
    }

    /** Whether a Bundle brings AuditEvents to be kept, and nothing else. */
    public static boolean isAllOf(Bundle bundle) {
        return !bundle.getEntry().isEmpty()
                && bundle.getEntry().stream()
                        .allMatch(entry -> entry.getRequest().getMethod() == Bundle.HTTPVerb.POST
                                && "AuditEvent".equals(entry.getRequest().getUrl())
                                && entry.getResource() instanceof AuditEvent);
    }

    /** Keeps one event; its id in the ledger. */
    String take(AuditEvent event, RequestDetails request) {
        return take(event, ForeignEvents.OP, request);
    }

    String take(AuditEvent event, Op op, RequestDetails request) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        List<Entry> made = events.entries(exchange, RequestFacts.of(request), op, event);
        exchange.recordAs(made);
        return made.get(0).id().toString();
    }

    /**
     * Keeps all events of a Bundle, or none.
     *
     * @throws ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException 413 {@code too-large} if they are too many
     */
    public Bundle takeAll(Bundle bundle, RequestDetails request) {
        if (!isAllOf(bundle)) {
            throw new InvalidRequestException("Send AuditEvents in a Bundle of their own, each with a POST.");
        }
        Exchange exchange = Exchange.of(request).orElseThrow();
        RequestFacts facts = RequestFacts.of(request);
        List<Entry> all = new ArrayList<>();
        Bundle answer = new Bundle();
        answer.setType(
                bundle.getType() == Bundle.BundleType.TRANSACTION
                        ? Bundle.BundleType.TRANSACTIONRESPONSE
                        : Bundle.BundleType.BATCHRESPONSE);
        for (BundleEntryComponent entry : bundle.getEntry()) {
            List<Entry> made = events.entries(exchange, facts, ForeignEvents.OP, (AuditEvent) entry.getResource());
            all.addAll(made);
            if (all.size() > MOST_EVENTS) {
                throw AuditRefusal.tooLarge("Send fewer AuditEvents in one Bundle.");
            }
            answer.addEntry()
                    .getResponse()
                    .setStatus("201 Created")
                    .setLocation("AuditEvent/" + made.get(0).id());
        }
        exchange.recordAs(all);
        return answer;
    }
}
