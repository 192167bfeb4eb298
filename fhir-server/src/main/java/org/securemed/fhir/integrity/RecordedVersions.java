package org.securemed.fhir.integrity;

import com.google.common.hash.BloomFilter;
import com.google.common.hash.Funnels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.securemed.fhir.audit.AdoptionRecorder;
import org.securemed.fhir.audit.WrittenVersions;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;

/**
 * What the ledger says was ever stored of a resource. The first time it looks through all recorded writes, and
 * remembers of each part of the log which resources it may name; afterwards through the parts that may name the one
 * that is asked for, and what came since. What is remembered takes about three bytes for each write, and what it says
 * of a resource it can only say too often: nothing that is recorded is overlooked. Thread-safe.
 */
final class RecordedVersions {
    /** What stores a version. */
    static final Set<Op> WRITES = Set.of(Op.CREATE, Op.UPDATE, Op.PATCH, Op.DELETE, AdoptionRecorder.ADOPT);

    private static final int PAGE = 1_000;
    private static final int NAMES = 2_048;
    private static final double WRONG = 0.0001;

    private final Ledger ledger;
    private final WrittenVersions written;
    private final WaitingEntries waiting;
    private final int names;
    private final List<Part> parts = new ArrayList<>();
    private long looked;

    RecordedVersions(Ledger ledger, WrittenVersions written, WaitingEntries waiting) {
        this(ledger, written, waiting, NAMES);
    }

    /** @param names how many writes a part of the log has at most */
    RecordedVersions(Ledger ledger, WrittenVersions written, WaitingEntries waiting, int names) {
        this.names = names;
        this.ledger = ledger;
        this.written = written;
        this.waiting = waiting;
    }

    /**
     * What is recorded of a resource.
     *
     * @param versions all that were ever stored
     * @param last the one that was stored last
     * @param patients logical ids of those to whom it belongs; erased ones are not among them
     * @param until index before which all entries were looked at
     */
    record Recorded(SortedSet<Long> versions, long last, Set<String> patients, long until) {
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

    /** Names of some writes, of entries from one index to another. */
    private static final class Part {
        private final long from;
        private final BloomFilter<CharSequence> names;
        private long to;
        private int count;

        Part(long from, int names) {
            this.names = BloomFilter.create(Funnels.stringFunnel(StandardCharsets.UTF_8), names, WRONG);
            this.from = from;
            this.to = from;
        }
    }

    /** Of one resource; of none, if nothing is recorded. */
    Recorded of(String type, String id) {
        String name = type + "/" + id;
        Found found = new Found(type, id);
        for (long[] range : mayName(name)) {
            each(range[0], range[1], found::add);
        }
        return found.recorded(looked());
    }

    /**
     * With what came since, in the log or on its way there: all there is, if nothing can be stored of the resource
     * meanwhile.
     */
    Recorded completed(String type, String id, Recorded before) {
        Found found = new Found(type, id);
        found.add(before);
        // First what is on its way: it may arrive meanwhile.
        List<WrittenVersions.Write> staged = waiting.all().stream()
                .filter(entry -> WRITES.contains(entry.op()))
                .sorted(Comparator.comparing(Entry::time))
                .flatMap(entry -> written.writeOf(entry).stream())
                .toList();
        long size = ledger.size();
        each(before.until(), size, found::add);
        staged.forEach(found::add);
        return found.recorded(size);
    }

    private synchronized long looked() {
        return looked;
    }

    /** Ranges of indexes that hold whatever is recorded of a resource, ascending. */
    synchronized List<long[]> mayName(String name) {
        look();
        List<long[]> ranges = new ArrayList<>();
        for (Part part : parts) {
            if (part.names.mightContain(name)) {
                ranges.add(new long[] {part.from, part.to});
            }
        }
        return ranges;
    }

    private void look() {
        long size = ledger.size();
        while (looked < size) {
            looked = page(
                    looked,
                    size,
                    entry -> written.of(entry).ifPresent(version -> {
                        Part part = parts.isEmpty() ? null : parts.get(parts.size() - 1);
                        if (part == null || part.count == names) {
                            part = new Part(entry.index(), names);
                            parts.add(part);
                        }
                        part.names.put(version.type() + "/" + version.id());
                        part.count++;
                        part.to = entry.index() + 1;
                    }));
        }
    }

    private void each(long from, long to, Consumer<StoredEntry> entry) {
        for (long next = from; next < to; ) {
            next = page(next, to, entry);
        }
    }

    /** Shows some recorded writes, ascending; returns the index before which these are all. */
    private long page(long from, long to, Consumer<StoredEntry> consumer) {
        long end = to;
        List<StoredEntry> page = new ArrayList<>();
        for (Op op : WRITES) {
            List<StoredEntry> some = ledger.range(op, from, PAGE);
            if (some.size() == PAGE) {
                end = Math.min(end, some.get(PAGE - 1).index() + 1);
            }
            page.addAll(some);
        }
        long before = end;
        page.stream()
                .filter(entry -> entry.index() < before)
                .sorted(Comparator.comparingLong(StoredEntry::index))
                .forEach(consumer);
        return end;
    }

    /** What was found of a resource; confined to its thread. */
    private final class Found {
        private final String type;
        private final String id;
        private final SortedSet<Long> versions = new TreeSet<>();
        private final Set<String> patients = new HashSet<>();
        private long last;

        Found(String type, String id) {
            this.type = type;
            this.id = id;
        }

        void add(Recorded before) {
            versions.addAll(before.versions());
            patients.addAll(before.patients());
            last = before.last();
        }

        void add(StoredEntry entry) {
            written.writeOf(entry).ifPresent(this::add);
        }

        void add(WrittenVersions.Write write) {
            WrittenVersions.Version version = write.version();
            if (!version.type().equals(type) || !version.id().equals(id)) {
                return;
            }
            versions.add(version.version());
            if (write.patient() != null) {
                patients.add(write.patient());
            }
            last = version.version();
        }

        Recorded recorded(long until) {
            return new Recorded(versions, last, patients, until);
        }
    }
}
