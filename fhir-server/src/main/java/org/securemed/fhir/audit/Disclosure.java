package org.securemed.fhir.audit;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventEntityComponent;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;

/**
 * One line of an accounting of disclosures.
 *
 * @param date when
 * @param recipient who received it
 * @param address of the recipient, if known; otherwise empty
 * @param description what was disclosed
 * @param purpose why
 * @param event id of the AuditEvent
 * @see <a href="https://www.ecfr.gov/current/title-45/section-164.528">45 CFR 164.528 (b)(2)</a>
 */
record Disclosure(Instant date, String recipient, String address, String description, String purpose, String event) {

    /**
     * Treatment, payment, operations of the hospital, and what the patient asked for: no disclosure that is accounted
     * for (45 CFR 164.528 (a)(1)).
     */
    private static final Set<String> EXEMPT = Set.of(
            "TREAT",
            "ETREAT",
            "BTG",
            "CAREMGT",
            "HPAYMT",
            "CLMATTCH",
            "COVAUTH",
            "COVERAGE",
            "ELIGDTRM",
            "HOPERAT",
            "HACCRED",
            "HCOMPL",
            "HDECD",
            "HOUTCOMS",
            "HPRGRP",
            "HQUALIMP",
            "HSYSADMIN",
            "PATADMIN",
            "PATSFTY",
            "PERFMSR",
            "RECORDMGT",
            "SYSDEV",
            "TRAIN",
            "PATRQT",
            "FAMRQT");

    private static final Set<String> SHOWING = Set.of("read", "vread", "search", "history");

    /** What an entry says of a disclosure; empty if it is none that is accounted for. */
    static Optional<Disclosure> of(AuditEventStore.Seen seen) {
        Entry entry = seen.stored().entry();
        AuditEvent event = seen.events().get(0);
        if (ForeignEvents.holds(entry)) {
            return isDisclosure(entry, event) ? Optional.of(reported(entry, event)) : Optional.empty();
        }
        return isAccounted(entry, seen.detail()) ? Optional.of(shown(entry, seen.detail())) : Optional.empty();
    }

    private static boolean isDisclosure(Entry entry, AuditEvent event) {
        return entry.op().equals(ForeignEvents.DISCLOSURE)
                || event.getSubtype().stream().anyMatch(subtype -> "disclose".equals(subtype.getCode()));
    }

    private static boolean isAccounted(Entry entry, EntryDetail detail) {
        Decision decision = entry.decision();
        boolean permitted = decision == null || decision.outcome().equals("permit");
        boolean showing =
                SHOWING.contains(entry.op().code()) || entry.op().code().startsWith("operation.");
        boolean exempt = entry.purpose() != null && EXEMPT.contains(entry.purpose());
        boolean self = detail.patient() != null && detail.patient().equals(detail.user());
        return EventParts.succeeded(entry)
                && permitted
                && showing
                && !exempt
                && !self
                && !"AuditEvent".equals(entry.resourceType());
    }

    private static Disclosure shown(Entry entry, EntryDetail detail) {
        List<String> resources = detail.resources();
        String what = resources == null || resources.isEmpty()
                ? Objects.requireNonNullElse(entry.resourceType(), "record") + ", found by search"
                : String.join(", ", resources);
        return new Disclosure(
                entry.time(),
                Stream.of(detail.name(), detail.organizationName(), detail.client())
                        .filter(EventParts::present)
                        .distinct()
                        .collect(Collectors.joining(", ")),
                text(detail.address()),
                what,
                entry.purpose() == null ? "not stated" : entry.purpose(),
                entry.id().toString());
    }

    private static Disclosure reported(Entry entry, AuditEvent event) {
        Optional<AuditEventAgentComponent> recipient = event.getAgent().stream()
                .filter(agent ->
                        agent.getType().getCoding().stream().anyMatch(coding -> "110152".equals(coding.getCode())))
                .findFirst();
        return new Disclosure(
                event.hasPeriod() && event.getPeriod().hasStart()
                        ? event.getPeriod().getStart().toInstant()
                        : entry.time(),
                recipient.map(Disclosure::name).orElse("not stated"),
                recipient
                        .map(agent -> agent.getLocation().hasDisplay()
                                ? agent.getLocation().getDisplay()
                                : text(agent.getNetwork().getAddress()))
                        .orElse(""),
                event.getEntity().stream()
                        .filter(entity -> !"1".equals(entity.getType().getCode()))
                        .map(Disclosure::description)
                        .filter(EventParts::present)
                        .collect(Collectors.joining(", ")),
                event.getPurposeOfEvent().stream().map(Disclosure::purpose).collect(Collectors.joining(", ")),
                entry.id().toString());
    }

    private static String name(AuditEventAgentComponent agent) {
        return Stream.of(
                        agent.getName(),
                        agent.getWho().getDisplay(),
                        agent.getWho().getReference())
                .filter(EventParts::present)
                .findFirst()
                .orElse("not stated");
    }

    private static String description(AuditEventEntityComponent entity) {
        return Stream.of(
                        entity.getDescription(),
                        entity.getName(),
                        entity.getWhat().getDisplay(),
                        entity.getWhat().getReference())
                .filter(EventParts::present)
                .findFirst()
                .orElse("");
    }

    private static String purpose(CodeableConcept purpose) {
        return purpose.hasText()
                ? purpose.getText()
                : text(purpose.getCodingFirstRep().getCode());
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }
}
