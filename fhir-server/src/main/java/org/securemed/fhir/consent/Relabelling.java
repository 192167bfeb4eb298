package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hl7.fhir.r4.model.Resource;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.Requester;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Labels what was stored before the lists named its codes: when a server starts with other lists than before, it goes
 * over all resources, by the facts in the owner index, and stores those that lack a label anew, recorded like any other
 * write. Interrupted, it goes on where it was. Several instances may do it at once, which takes no longer and does no
 * harm.
 */
final class Relabelling {
    private static final Logger log = LoggerFactory.getLogger(Relabelling.class);
    private static final int BATCH = 500;

    private final OwnerIndex index;
    private final Labelling labelling;
    private final HouseRequests requests;
    private final FhirContext context;
    private final JdbcTemplate jdbc;
    private final String issuer;

    /** @param issuer of this server, in whose name is written */
    Relabelling(
            OwnerIndex index,
            Labelling labelling,
            HouseRequests requests,
            FhirContext context,
            JdbcTemplate jdbc,
            String issuer) {
        this.index = index;
        this.labelling = labelling;
        this.requests = requests;
        this.context = context;
        this.jdbc = jdbc;
        this.issuer = issuer;
    }

    /** Begins, beside the work of the server. */
    @EventListener(ApplicationReadyEvent.class)
    public void begin() {
        Thread thread = new Thread(this::run, "relabelling");
        thread.setDaemon(true);
        thread.start();
    }

    /** Goes over all that these lists have not been applied to yet. */
    void run() {
        Progress progress = progress();
        if (progress.finished()) {
            return;
        }
        long all = index.count();
        List<String> batch = index.after(progress.position(), BATCH);
        while (!batch.isEmpty()) {
            progress = progress.with(batch.get(batch.size() - 1), batch.size(), relabel(batch));
            save(progress, false);
            log.atInfo()
                    .addKeyValue("seen", progress.seen())
                    .addKeyValue("of", all)
                    .addKeyValue("labelled", progress.labelled())
                    .log("labelling what is stored");
            batch = index.after(progress.position(), BATCH);
        }
        save(progress, true);
    }

    private int relabel(List<String> references) {
        int labelled = 0;
        for (Map.Entry<String, String> entry : new TreeMap<>(index.facts(references)).entrySet()) {
            boolean lacks = FactsText.read(entry.getKey(), entry.getValue())
                    .filter(labelling::lacks)
                    .isPresent();
            if (lacks && relabel(entry.getKey())) {
                labelled++;
            }
        }
        return labelled;
    }

    private boolean relabel(String reference) {
        int slash = reference.indexOf('/');
        String type = reference.substring(0, slash);
        try {
            requests.change(
                    Requester.custodian(issuer),
                    context.getResourceDefinition(type).getImplementingClass().asSubclass(Resource.class),
                    reference.substring(slash + 1),
                    resource -> {
                        labelling.label(resource);
                        return resource;
                    });
            return true;
        } catch (BaseServerResponseException | Problem e) {
            // Deleted or changed meanwhile; who wrote it has had it labelled.
            log.atWarn()
                    .addKeyValue("type", type)
                    .addKeyValue("error", e.getClass().getName())
                    .log("a resource was not labelled anew");
            return false;
        }
    }

    private Progress progress() {
        List<Progress> known = jdbc.query(
                "select position, seen, labelled, finished_at is not null from securemed.relabelling where lists = ?",
                (row, number) -> new Progress(row.getString(1), row.getLong(2), row.getLong(3), row.getBoolean(4)),
                labelling.digest());
        return known.isEmpty() ? new Progress("", 0, 0, false) : known.get(0);
    }

    private void save(Progress progress, boolean finished) {
        jdbc.update(
                "insert into securemed.relabelling (lists, position, seen, labelled, finished_at)"
                        + " values (?, ?, ?, ?, case when ? then now() end) on conflict (lists) do update"
                        + " set position = excluded.position, seen = excluded.seen, labelled = excluded.labelled,"
                        + " finished_at = excluded.finished_at",
                labelling.digest(),
                progress.position(),
                progress.seen(),
                progress.labelled(),
                finished);
    }

    private record Progress(String position, long seen, long labelled, boolean finished) {
        Progress with(String next, int more, int moreLabelled) {
            return new Progress(next, seen + more, labelled + moreLabelled, false);
        }
    }
}
