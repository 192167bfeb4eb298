package org.securemed.fhir.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.NewVersions;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The writes of one exchange in one database transaction. Their entries go into the outbox right before it commits, all
 * at once, so that a write and its record exist together or not at all, with a commitment to the bytes that were
 * stored; HAPI may roll back and try again, and then starts anew.
 *
 * <p>HAPI tells of conditional deletes while the transaction is already committing. The unit must be known by then, so
 * it begins before anything is deleted; what is added to it so late goes into the outbox at once.
 */
final class WriteUnit implements TransactionSynchronization {
    private final Exchange exchange;
    private final EntryFactory factory;
    private final LedgerGateway ledger;
    private final OwnerIndex index;
    private final NewVersions versions;
    private final List<Write> writes = new ArrayList<>();
    private final List<Entry> attached = new ArrayList<>();
    private final List<Entry> staged = new ArrayList<>();
    private boolean committing;

    private record Write(IBaseResource resource, Op op, RequestFacts facts) {}

    private WriteUnit(
            Exchange exchange, EntryFactory factory, LedgerGateway ledger, OwnerIndex index, NewVersions versions) {
        this.versions = versions;
        this.exchange = exchange;
        this.factory = factory;
        this.ledger = ledger;
        this.index = index;
    }

    /** The exchange's unit in the transaction that is active on this thread; another request of it has its own. */
    static WriteUnit current(
            Exchange exchange, EntryFactory factory, LedgerGateway ledger, OwnerIndex index, NewVersions versions) {
        for (TransactionSynchronization known : TransactionSynchronizationManager.getSynchronizations()) {
            if (known instanceof WriteUnit unit && unit.exchange == exchange) {
                return unit;
            }
        }
        WriteUnit unit = new WriteUnit(exchange, factory, ledger, index, versions);
        TransactionSynchronizationManager.registerSynchronization(unit);
        return unit;
    }

    void add(IBaseResource resource, Op op, RequestFacts facts) {
        Write write = new Write(resource, op, facts);
        writes.add(write);
        if (committing) {
            stage(List.of(write), List.of());
        }
    }

    void add(Entry entry) {
        attached.add(entry);
        if (committing) {
            stage(List.of(), List.of(entry));
        }
    }

    @Override
    public void beforeCommit(boolean readOnly) {
        committing = true;
        stage(writes, attached);
    }

    private void stage(List<Write> some, List<Entry> others) {
        Map<String, Ownership> owners = index.findAll(some.stream()
                .map(write -> write.resource().fhirType() + "/"
                        + write.resource().getIdElement().getIdPart())
                .toList());
        Map<String, VersionBytes> stored = some.isEmpty() ? Map.of() : versions.written();
        List<Entry> made = new ArrayList<>();
        for (Write write : some) {
            made.addAll(entries(write, owners, stored));
        }
        made.addAll(others);
        if (!made.isEmpty()) {
            staged.addAll(made);
            ledger.stage(made);
        }
    }

    private List<Entry> entries(Write write, Map<String, Ownership> owners, Map<String, VersionBytes> stored) {
        VersionBytes version = stored.get(reference(write));
        if (version == null) {
            throw new IllegalStateException("a write whose stored bytes are not known can't be recorded");
        }
        Ownership ownership = owners.get(version.resource());
        Set<String> patients = ownership == null ? Set.of() : ownership.patients();
        int status = write.op().equals(Op.CREATE) ? 201 : 200;
        List<Entry> made = new ArrayList<>();
        for (String patient : patients) {
            made.add(factory.written(exchange, write.facts(), write.op(), patient, version, status));
        }
        if (made.isEmpty()) {
            made.add(factory.written(exchange, write.facts(), write.op(), null, version, status));
        }
        return made;
    }

    private static String reference(Write write) {
        IIdType id = write.resource().getIdElement();
        String name = write.resource().fhirType() + "/" + id.getIdPart();
        return id.hasVersionIdPart() ? name + "/_history/" + id.getVersionIdPart() : name;
    }

    @Override
    public void afterCommit() {
        exchange.staged(staged);
        for (Write write : writes) {
            exchange.wrote(reference(write));
            exchange.wrote(write.resource().fhirType() + "/"
                    + write.resource().getIdElement().getIdPart());
        }
    }
}
