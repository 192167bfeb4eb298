package org.securemed.ledger.consent;

import java.util.List;
import java.util.Set;

/**
 * What a decision needs to know of one resource version.
 *
 * @param resourceType FHIR type name
 * @param reference relative literal reference of the resource; empty if it has no id yet
 * @param securityLabels {@code meta.security}
 * @param codes codings that say what it is: what a permit by code is about
 * @param mentionedCodes every other coding in it; a deny by code is about these as well
 * @param dates when it was authored or is clinically relevant; empty if that is unknown
 * @param authors references of who authored, performed or asserted it
 * @param references every relative literal reference that the resource makes
 */
public record ResourceFacts(
        String resourceType,
        String reference,
        Set<Coding> securityLabels,
        Set<Coding> codes,
        Set<Coding> mentionedCodes,
        List<Period> dates,
        Set<String> authors,
        Set<String> references) {

    public ResourceFacts {
        securityLabels = Set.copyOf(securityLabels);
        codes = Set.copyOf(codes);
        mentionedCodes = Set.copyOf(mentionedCodes);
        dates = List.copyOf(dates);
        authors = Set.copyOf(authors);
        references = Set.copyOf(references);
    }

    /** A resource of which nothing but type and reference is known: no label, code, date, author or reference. */
    public static ResourceFacts of(String resourceType, String reference) {
        return new ResourceFacts(resourceType, reference, Set.of(), Set.of(), Set.of(), List.of(), Set.of(), Set.of());
    }

    /** These facts with other labels. */
    public ResourceFacts labelled(Coding... labels) {
        return new ResourceFacts(
                resourceType, reference, Set.of(labels), codes, mentionedCodes, dates, authors, references);
    }

    /** These facts with other codes. */
    public ResourceFacts coded(Coding... values) {
        return new ResourceFacts(
                resourceType, reference, securityLabels, Set.of(values), mentionedCodes, dates, authors, references);
    }

    /** These facts with other codes mentioned. */
    public ResourceFacts mentioning(Coding... values) {
        return new ResourceFacts(
                resourceType, reference, securityLabels, codes, Set.of(values), dates, authors, references);
    }

    /** These facts with other dates. */
    public ResourceFacts dated(Period... values) {
        return new ResourceFacts(
                resourceType, reference, securityLabels, codes, mentionedCodes, List.of(values), authors, references);
    }

    /** These facts with other authors. */
    public ResourceFacts authoredBy(String... values) {
        return new ResourceFacts(
                resourceType, reference, securityLabels, codes, mentionedCodes, dates, Set.of(values), references);
    }

    /** These facts with other references. */
    public ResourceFacts referringTo(String... values) {
        return new ResourceFacts(
                resourceType, reference, securityLabels, codes, mentionedCodes, dates, authors, Set.of(values));
    }
}
