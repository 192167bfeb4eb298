package org.securemed.fhir.export;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.consent.PopulationGate;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.PartitionContents.Held;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out, in the background, where an export has to look: which partitions hold something of which type that the
 * requester may see. It reads nothing of what is there but what consents ask of it, and keeps numbers of partitions
 * only. A preparation that ended with its instance begins again when the requester asks for the status. Thread-safe.
 */
final class Preparations implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Preparations.class);
    private static final int CHUNK = 100;
    private static final String ANY_TYPE = "Patient";

    private final PopulationGate gate;
    private final ExportJobs jobs;
    private final int fileResources;
    private final ExecutorService threads;

    Preparations(PopulationGate gate, ExportJobs jobs, ExportProperties settings) {
        this.gate = gate;
        this.jobs = jobs;
        this.fileResources = settings.fileResources();
        this.threads = Executors.newFixedThreadPool(settings.threads(), work -> {
            Thread made = new Thread(work, "export");
            made.setDaemon(true);
            return made;
        });
    }

    /**
     * Prepares an export, or puts it behind those that are being prepared.
     *
     * @param members the patients of the Group; null if the export is of none
     */
    void begin(UUID job, UUID worker, ExportOrder order, Exchange asked, @Nullable Set<String> members) {
        threads.execute(() -> run(job, worker, order, asked, members));
    }

    private void run(UUID job, UUID worker, ExportOrder order, Exchange asked, @Nullable Set<String> members) {
        try {
            prepare(job, worker, order, asked, members);
        } catch (RuntimeException e) {
            if (threads.isShutdown()) {
                return;
            }
            log.atError()
                    .addKeyValue("job", job)
                    .addKeyValue("error", e.getClass().getName())
                    .log("an export failed");
            jobs.failed(job, worker);
        }
    }

    private void prepare(UUID job, UUID worker, ExportOrder order, Exchange asked, @Nullable Set<String> members) {
        Set<String> types = new TreeSet<>(gate.types(asked));
        if (!order.types().isEmpty()) {
            types.retainAll(order.types());
        }
        FilePlan plan = new FilePlan(fileResources);
        if (order.level() == ExportOrder.Level.SYSTEM) {
            visible(asked, PopulationGate.common(), types, order.since()).forEach(plan::add);
        }
        List<String> candidates = members == null
                ? gate.candidates(asked)
                : members.stream().sorted().toList();
        Set<Integer> seen = new HashSet<>();
        Set<String> patients = new HashSet<>();
        for (int from = 0; from < candidates.size(); from += CHUNK) {
            if (!jobs.goOn(job, worker, patients.size())) {
                return;
            }
            Set<Integer> partitions =
                    gate.partitions(candidates.subList(from, Math.min(candidates.size(), from + CHUNK)));
            partitions.removeAll(seen);
            seen.addAll(partitions);
            for (Held held : visible(asked, partitions, types, order.since())) {
                plan.add(held);
                patients.addAll(gate.patientsOf(held.partition()));
            }
        }
        if (jobs.goOn(job, worker, patients.size())) {
            jobs.ready(job, worker, plan.files());
        }
    }

    private List<Held> visible(Exchange asked, Set<Integer> partitions, Set<String> types, @Nullable Instant since) {
        RequestDetails decided = gate.anew(asked, ANY_TYPE);
        return gate.visible(decided, partitions, types, since);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
