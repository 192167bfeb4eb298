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
import java.util.zip.GZIPOutputStream;
import org.hl7.fhir.instance.model.api.IBaseResource;
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
 * <p>An event that names several patients of this server is kept once for each, under their own keys, and without the
 * others.
 */
final class ForeignEvents {
    /** An event that another system sent. */
    static final Op OP = new Op("foreign");

    /** A disclosure that was reported. */
    static final Op DISCLOSURE = new Op("disclosure");

    /** The most base64 digits of a packed event that fit into an entry beside the rest. */
    private static final int MOST = 16 * 1024;

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
     * The entries that keep an event, at least one.
     *
     * @throws ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException 413 {@code too-large} if it does not fit
     *     into one
     */
    List<Entry> entries(Exchange exchange, RequestFacts facts, Op op, AuditEvent event) {
        Set<String> patients = patients(event);
        if (patients.size() < 2) {
            String patient = patients.isEmpty() ? null : patients.iterator().next();
            return List.of(entry(exchange, facts, op, event, patient));
        }
        List<Entry> made = new ArrayList<>();
        for (String patient : patients) {
            AuditEvent own = event.copy();
            own.getEntity().removeIf(entity -> isOther(entity.getWhat(), patient, patients));
            made.add(entry(exchange, facts, op, own, patient));
        }
        return made;
    }

    /** The patients of this server whom it is about. */
    Set<String> patients(AuditEvent event) {
        Set<String> patients = new TreeSet<>();
        for (AuditEvent.AuditEventEntityComponent entity : event.getEntity()) {
            AuditEvent only = new AuditEvent();
            only.addEntity().setWhat(entity.getWhat());
            addPatients(only, patients);
        }
        if (patients.isEmpty()) {
            addPatients(event, patients);
        }
        return patients;
    }

    private void addPatients(IBaseResource resource, Set<String> patients) {
        finder.references(resource).stream()
                .filter(reference -> reference.startsWith(PATIENT))
                .map(reference -> reference.substring(PATIENT.length()))
                .filter(patient -> index.partitionOf(patient).isPresent())
                .forEach(patients::add);
    }

    private boolean isOther(Reference what, String patient, Set<String> patients) {
        AuditEvent only = new AuditEvent();
        only.addEntity().setWhat(what);
        return finder.references(only).stream()
                .anyMatch(reference -> !reference.equals(PATIENT + patient)
                        && reference.startsWith(PATIENT)
                        && patients.contains(reference.substring(PATIENT.length())));
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
