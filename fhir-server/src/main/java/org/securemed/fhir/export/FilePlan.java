package org.securemed.fhir.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.securemed.fhir.owner.PartitionContents.Held;

/** Divides what is there into files of one type each, of about the same size. For one thread. */
final class FilePlan {
    private static final int MOST_PARTITIONS = 1000;

    private final int most;
    private final Map<String, Part> open = new TreeMap<>();
    private final List<ExportJobs.File> full = new ArrayList<>();

    /** @param most about how many resources a file holds; a partition is never divided */
    FilePlan(int most) {
        this.most = most;
    }

    private static final class Part {
        private final List<Integer> partitions = new ArrayList<>();
        private long count;
    }

    /** Adds what lies in a partition. */
    void add(Held held) {
        Part part = open.computeIfAbsent(held.type(), type -> new Part());
        part.partitions.add(held.partition());
        part.count += held.count();
        if (part.count >= most || part.partitions.size() >= MOST_PARTITIONS) {
            close(held.type(), part);
            open.remove(held.type());
        }
    }

    /** All files, by type. */
    List<ExportJobs.File> files() {
        open.forEach(this::close);
        open.clear();
        full.sort(java.util.Comparator.comparing(ExportJobs.File::type));
        return List.copyOf(full);
    }

    private void close(String type, Part part) {
        full.add(new ExportJobs.File(
                UUID.randomUUID(), type, part.partitions.stream().sorted().toList()));
    }
}
