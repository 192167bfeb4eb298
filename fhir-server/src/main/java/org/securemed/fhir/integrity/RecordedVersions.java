package org.securemed.fhir.integrity;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.securemed.fhir.audit.AdoptionRecorder;
import org.securemed.fhir.audit.WrittenVersions;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;

/** What the ledger says was ever stored of a resource. It looks through all recorded writes. Thread-safe. */
final class RecordedVersions {
    /** What stores a version. */
    static final Set<Op> WRITES = Set.of(Op.CREATE, Op.UPDATE, Op.PATCH, Op.DELETE, AdoptionRecorder.ADOPT);

    private static final int PAGE = 1_000;

    private final Ledger ledger;
    private final WrittenVersions written;

    RecordedVersions(Ledger ledger, WrittenVersions written) {
        this.ledger = ledger;
        this.written = written;
    }

    /**
     * What is recorded of a resource.
     *
     * @param versions all that were ever stored
     * @param last the one that was stored last
     * @param patients logical ids of those to whom any version belongs; erased ones are not among them
     */
    record Recorded(SortedSet<Long> versions, long last, Set<String> patients) {
        Recorded {
            patients = Set.copyOf(patients);
        }

        boolean isEmpty() {
            return versions.isEmpty();
        }

        /** Whether it was taken away and then stored anew under its name, so that versions have been there twice. */
        boolean isWrittenAnew() {
            return !versions.isEmpty() && last != versions.last();
        }
    }

    /** Of one resource; of none, if nothing is recorded. */
    Recorded of(String type, String id) {
        SortedSet<Long> versions = new TreeSet<>();
        Set<String> patients = new HashSet<>();
        long last = 0;
        long lastIndex = -1;
        EntryQuery.Place after = null;
        List<StoredEntry> page;
        do {
            page = ledger.find(new EntryQuery(
                    Set.of(), null, WRITES, null, null, Long.MAX_VALUE, EntryQuery.Order.OLDEST_FIRST, after, PAGE));
            for (StoredEntry entry : page) {
                after = EntryQuery.Place.of(entry);
                if (!type.equals(entry.entry().resourceType())) {
                    continue;
                }
                WrittenVersions.Write write = written.writeOf(entry)
                        .filter(one -> one.version().type().equals(type)
                                && one.version().id().equals(id))
                        .orElse(null);
                if (write == null) {
                    continue;
                }
                versions.add(write.version().version());
                if (write.patient() != null) {
                    patients.add(write.patient());
                }
                if (entry.index() > lastIndex) {
                    lastIndex = entry.index();
                    last = write.version().version();
                }
            }
        } while (page.size() == PAGE);
        return new Recorded(versions, last, patients);
    }
}
