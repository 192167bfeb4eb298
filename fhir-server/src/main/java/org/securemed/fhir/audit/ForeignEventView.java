package org.securemed.fhir.audit;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Date;
import java.util.zip.GZIPInputStream;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Reference;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;

/** AuditEvents of other systems, as {@link ForeignEvents} kept them. */
final class ForeignEventView {
    /** Extension: who sent the event; this server vouches for that and for nothing else in it. */
    static final String SUBMITTED_BY = "https://securemed.org/fhir/StructureDefinition/submitted-by";

    private static final int MOST_UNPACKED = 1024 * 1024;

    private final FhirContext fhir;
    private final EventParts parts;

    ForeignEventView(FhirContext fhir, EventParts parts) {
        this.fhir = fhir;
        this.parts = parts;
    }

    /** The event as it was sent, with its place in the ledger and who sent it. */
    AuditEvent of(long place, Entry entry, EntryDetail detail) {
        AuditEvent event = unpacked(detail.content() == null ? "" : detail.content());
        event.setId(entry.id().toString());
        event.getMeta().setLastUpdated(Date.from(EntryIds.timeOf(entry.id())));
        parts.addLedger(event, place);
        Reference by = new Reference();
        by.setDisplay(EventParts.present(detail.name()) ? detail.name() : detail.client());
        if (EventParts.present(detail.user())) {
            by.setReference(detail.user());
        } else {
            by.getIdentifier().setValue(detail.client());
        }
        event.addExtension(SUBMITTED_BY, by);
        return event;
    }

    private AuditEvent unpacked(String content) {
        try (GZIPInputStream gzip =
                new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(content)))) {
            byte[] json = gzip.readNBytes(MOST_UNPACKED);
            return fhir.newJsonParser().parseResource(AuditEvent.class, new String(json, StandardCharsets.UTF_8));
        } catch (IOException | DataFormatException e) {
            throw new IllegalStateException("an event that was kept can't be read", e);
        }
    }
}
