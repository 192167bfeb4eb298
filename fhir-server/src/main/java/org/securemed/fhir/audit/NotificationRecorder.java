package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/** Records Subscriptions, and each notification before it is sent. Thread-safe. */
public final class NotificationRecorder {
    /** A notification to who has subscribed. */
    static final Op NOTIFY = new Op("subscription.notify");

    private static final String TYPE = "Subscription";
    private static final int OK = 200;
    private static final int CREATED = 201;

    private final EntryFactory entries;
    private final LedgerGateway ledger;

    NotificationRecorder(EntryFactory entries, LedgerGateway ledger) {
        this.entries = entries;
        this.ledger = ledger;
    }

    /** Records in the caller's transaction that a Subscription is there; {@link #committed} says that it is. */
    public List<Entry> created(RequestDetails request, String id) {
        return stage(request, Op.CREATE, id, CREATED);
    }

    /** Records in the caller's transaction that a Subscription is gone; {@link #committed} says that it is. */
    public List<Entry> deleted(RequestDetails request, String id) {
        return stage(request, Op.DELETE, id, OK);
    }

    private List<Entry> stage(RequestDetails request, Op op, String id, int status) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        List<Entry> made = List.of(entries.entry(
                exchange, RequestFacts.of(request).as(op), op, TYPE, null, List.of(TYPE + "/" + id), status, 0));
        ledger.stage(made);
        return made;
    }

    /** What was staged is the whole record of the request. */
    public void committed(RequestDetails request, List<Entry> staged) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        exchange.staged(staged);
        exchange.recordAs(List.of());
    }

    /**
     * Records that somebody is about to be notified; returns when it is durable.
     *
     * @param decided the exchange in which it was decided
     * @param patients logical ids of those to whom the resource belongs
     * @param resource versioned reference
     * @param subscription id
     * @param method HTTP method
     * @param host to which it goes
     * @return false if a consent has changed since it was decided: then nothing may be sent
     * @throws RuntimeException if it can't be recorded now: then nothing may be sent
     */
    public boolean sending(
            Exchange decided,
            Collection<String> patients,
            String resource,
            String subscription,
            String method,
            String host) {
        String type = resource.substring(0, resource.indexOf('/'));
        RequestFacts facts = new RequestFacts(NOTIFY, type, null, method, TYPE + "/" + subscription, host);
        List<@Nullable String> concerned = new ArrayList<>(patients);
        if (concerned.isEmpty()) {
            concerned.add(null);
        }
        List<Entry> made = new ArrayList<>();
        for (String patient : concerned) {
            made.add(entries.entry(decided, facts, NOTIFY, type, patient, List.of(resource), OK, 0));
        }
        try {
            ledger.append(made, AuditRecorder.preconditions(decided));
            return true;
        } catch (LedgerFailure failure) {
            if (failure.isOvertaken()) {
                return false;
            }
            throw failure;
        }
    }
}
