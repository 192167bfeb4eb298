package org.securemed.fhir.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The writes of one database transaction. Their entries go into the outbox right before it commits, all at once, so
 * that a write and its record exist together or not at all; HAPI may roll back and try again, and then starts anew.
 */
final class WriteUnit implements TransactionSynchronization {
    private final Exchange exchange;
    private final RequestFacts facts;
    private final EntryFactory factory;
    private final LedgerGateway ledger;
    private final OwnerIndex index;
    private final List<Write> writes = new ArrayList<>();
    private final List<Entry> attached = new ArrayList<>();
    private List<Entry> entries = List.of();

    private record Write(IBaseResource resource, Op op) {}

    private WriteUnit(
            Exchange exchange, RequestFacts facts, EntryFactory factory, LedgerGateway ledger, OwnerIndex index) {
        this.exchange = exchange;
        this.facts = facts;
        this.factory = factory;
        this.ledger = ledger;
        this.index = index;
    }

    /** The unit of the transaction that is active on this thread. */
    static WriteUnit current(
            Exchange exchange, RequestFacts facts, EntryFactory factory, LedgerGateway ledger, OwnerIndex index) {
        for (TransactionSynchronization known : TransactionSynchronizationManager.getSynchronizations()) {
            if (known instanceof WriteUnit unit) {
                return unit;
            }
        }
        WriteUnit unit = new WriteUnit(exchange, facts, factory, ledger, index);
        TransactionSynchronizationManager.registerSynchronization(unit);
        return unit;
    }

    void add(IBaseResource resource, Op op) {
        writes.add(new Write(resource, op));
    }

    void add(Entry entry) {
        attached.add(entry);
    }

    @Override
    public void beforeCommit(boolean readOnly) {
        Map<String, Ownership> owners = index.findAll(writes.stream()
                .map(write -> write.resource().fhirType() + "/"
                        + write.resource().getIdElement().getIdPart())
                .toList());
        List<Entry> made = new ArrayList<>();
        for (Write write : writes) {
            made.addAll(entries(write, owners));
        }
        made.addAll(attached);
        entries = made;
        ledger.stage(made);
    }

    private List<Entry> entries(Write write, Map<String, Ownership> owners) {
        String type = write.resource().fhirType();
        IIdType id = write.resource().getIdElement();
        String name = type + "/" + id.getIdPart();
        String reference = id.hasVersionIdPart() ? name + "/_history/" + id.getVersionIdPart() : name;
        Set<String> patients = owners.containsKey(name) ? owners.get(name).patients() : Set.of();
        int status = write.op().equals(Op.CREATE) ? 201 : 200;
        List<Entry> made = new ArrayList<>();
        for (String patient : patients) {
            made.add(factory.entry(exchange, facts, write.op(), type, patient, List.of(reference), status, 0));
        }
        if (made.isEmpty()) {
            made.add(factory.entry(exchange, facts, write.op(), type, null, List.of(reference), status, 0));
        }
        return made;
    }

    @Override
    public void afterCommit() {
        exchange.staged(entries);
    }
}
