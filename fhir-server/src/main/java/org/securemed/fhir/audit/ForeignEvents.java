package org.securemed.fhir.audit;

import ca.uhn.fhir.context.FhirContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Meta;
import org.hl7.fhir.r4.model.Reference;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/**
 * AuditEvents that other systems send (IHE ITI-20) and disclosures that people report: kept in the ledger as evidence
 * of what was said, not of what happened, with who said it. Nothing is refused for what a profile asks. Thread-safe.
 *
 * <p>Its entry has the time that the event says; its id, and meta.lastUpdated, the time when it came.
 *
 * <p>An event that names several patients is kept once for each, without the others; under their own keys if they are
 * patients of this server.
 */
final class ForeignEvents {
    /** An event that another system sent. */
    static final Op OP = new Op("foreign");

    /** A disclosure that was reported. */
    static final Op DISCLOSURE = new Op("disclosure");

    /** The most base64 digits of a packed event that fit into an entry beside the rest. */
    private static final int MOST = 16 * 1024;

    /** The most patients that one event is kept for. */
    private static final int MOST_PATIENTS = 50;

    private static final String PATIENT = "Patient/";

    private final FhirContext fhir;
    private final EntryFactory entries;
    private final OwnerFinder finder;
    private final OwnerIndex index;

    ForeignEvents(FhirContext fhir, EntryFactory entries, OwnerFinder finder, OwnerIndex index) {
        this.fhir = fhir;
        this.entries = entries;
        this.finder = finder;
        this.index = index;
    }

    /** Whether an entry holds an event of somebody else. */
    static boolean holds(Entry entry) {
        return entry.op().equals(OP) || entry.op().equals(DISCLOSURE);
    }

    /**
     * The entries that keep an event, at least one: as many as it names patients, here or not, so that neither their
     * number nor what each of them holds tells whom there is.
     *
     * @throws ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException 413 {@code too-large} if it does not fit
     *     into one, or names too many
     */
    List<Entry> entries(Exchange exchange, RequestFacts facts, Op op, AuditEvent event) {
        Set<String> named = named(event);
        if (named.size() > MOST_PATIENTS) {
            throw AuditRefusal.tooLarge("Send an AuditEvent about at most " + MOST_PATIENTS + " patients.");
        }
        Set<String> known = known(named);
        if (named.size() < 2) {
            return List.of(
                    entry(exchange, facts, op, event, known.stream().findFirst().orElse(null)));
        }
        List<Entry> made = new ArrayList<>();
        for (String patient : named) {
            AuditEvent own = event.copy();
            own.getEntity().removeIf(entity -> isOther(entity.getWhat(), patient));
            made.add(entry(exchange, facts, op, own, known.contains(patient) ? patient : null));
        }
        return made;
    }

    /** The patients of this server whom it is about. */
    Set<String> patients(AuditEvent event) {
        return known(named(event));
    }

    private Set<String> known(Set<String> named) {
        return index.partitionsOf(named).keySet();
    }

    /** Logical ids of those whom its entities name, or else anything in it; whether they are here does not matter. */
    private Set<String> named(AuditEvent event) {
        Set<String> named = new TreeSet<>();
        for (AuditEvent.AuditEventEntityComponent entity : event.getEntity()) {
            named.addAll(named(entity.getWhat()));
        }
        return named.isEmpty() ? ids(event) : named;
    }

    private Set<String> named(Reference what) {
        AuditEvent only = new AuditEvent();
        only.addEntity().setWhat(what);
        return ids(only);
    }

    private Set<String> ids(AuditEvent event) {
        return finder.references(event).stream()
                .filter(reference -> reference.startsWith(PATIENT))
                .map(reference -> reference.substring(PATIENT.length()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private boolean isOther(Reference what, String patient) {
        return named(what).stream().anyMatch(other -> !other.equals(patient));
    }

    private Entry entry(Exchange exchange, RequestFacts facts, Op op, AuditEvent event, @Nullable String patient) {
        Instant recorded = event.hasRecorded() ? event.getRecorded().toInstant() : Instant.MAX;
        return entries.foreign(exchange, facts, op, patient, recorded, packed(event));
    }

    private String packed(AuditEvent event) {
        AuditEvent kept = event.copy();
        kept.setId((String) null);
        Meta meta = kept.getMeta();
        meta.setVersionIdElement(null);
        meta.setLastUpdatedElement(null);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(fhir.newJsonParser().encodeResourceToString(kept).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
        String text = Base64.getEncoder().encodeToString(bytes.toByteArray());
        if (text.length() > MOST) {
            throw AuditRefusal.tooLarge("Send a smaller AuditEvent.");
        }
        return text;
    }
}
