package org.securemed.fhir.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;

/** What the ledger of the test server has recorded since a moment. */
final class Trail {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PAGE = 1000;

    private final Ledger ledger;
    private final SubjectKeys keys;
    private final long from;

    private Trail(Ledger ledger, SubjectKeys keys, long from) {
        this.ledger = ledger;
        this.keys = keys;
        this.from = from;
    }

    /** Begins now. */
    static Trail of(TestServer server) {
        Ledger ledger = server.bean(Ledger.class);
        return new Trail(ledger, server.bean(SubjectKeys.class), ledger.size());
    }

    /**
     * An exchange that was recorded.
     *
     * @param op what was done
     * @param status HTTP status
     * @param requestId X-Request-ID
     * @param resources versioned references
     */
    record Step(String op, int status, String requestId, List<String> resources) {}

    /** Exchanges that were recorded since, in the order of the log. */
    List<Step> steps() {
        List<Step> steps = new ArrayList<>();
        long position = from;
        List<StoredEntry> page = ledger.range(position, PAGE);
        while (!page.isEmpty()) {
            for (StoredEntry stored : page) {
                Step step = step(stored.entry());
                if (step != null) {
                    steps.add(step);
                }
            }
            position += page.size();
            page = position < ledger.size() ? ledger.range(position, PAGE) : List.of();
        }
        return steps;
    }

    private @Nullable Step step(Entry entry) {
        Integer status = entry.status();
        Bytes sealed = entry.sealed();
        if (status == null || sealed == null) {
            return null;
        }
        try {
            JsonNode detail =
                    JSON.readTree(keys.open(entry.patient(), entry.id(), sealed).orElseThrow());
            List<String> resources = new ArrayList<>();
            detail.path("resources").forEach(reference -> resources.add(reference.asText()));
            return new Step(entry.op().code(), status, detail.path("requestId").asText(), resources);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
