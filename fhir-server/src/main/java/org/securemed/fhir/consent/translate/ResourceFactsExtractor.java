package org.securemed.fhir.consent.translate;

import java.time.ZoneId;
import org.hl7.fhir.r4.model.Resource;
import org.securemed.ledger.consent.ResourceFacts;

/**
 * What a consent decision needs to know of an R4 resource. Thread-safe.
 *
 * <ul>
 *   <li>Labels: {@code meta.security} of the resource and of every resource inside it (contained, Bundle entries).
 *   <li>Codes: codings of the elements that say what the resource is ({@code code}, {@code type}, {@code category}…);
 *       every other coding in it is mentioned.
 *   <li>Dates: every date, time and period among its own elements, but those that are about something else (birth,
 *       death, expiry of a product), and those of the resources inside it; if there is none, {@code meta.lastUpdated}.
 *   <li>Authors: who authored, recorded, asserted, performed, requested or attested it; not those of resources inside
 *       it.
 *   <li>References: all literal references, contained resources' included.
 * </ul>
 */
public final class ResourceFactsExtractor {
    private final Periods periods;

    /** @param zone time zone of dates without time */
    public ResourceFactsExtractor(ZoneId zone) {
        this.periods = new Periods(zone);
    }

    /** The facts of {@code resource}; its reference is empty if it has no id yet. */
    public ResourceFacts extract(Resource resource) {
        FactCollector collector = new FactCollector(periods);
        collector.collect(resource);
        String id = resource.getIdElement().getIdPart();
        return collector.facts(resource.fhirType(), id == null ? "" : resource.fhirType() + "/" + id);
    }
}
