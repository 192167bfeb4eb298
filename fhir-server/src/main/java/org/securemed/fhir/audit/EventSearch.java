package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.QualifiedParamList;
import ca.uhn.fhir.rest.param.ParameterUtil;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.AuditEvent;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.EntryQuery.Order;

/**
 * A search for AuditEvents as it was sent.
 *
 * @param ids ids of which the event must have one; empty if {@code _id} isn't asked
 * @param patients alternatives for the patient, each repetition of the parameter a set of its own; values as sent
 * @param patientIdentifiers likewise {@code patient.identifier}
 * @param from earliest time, inclusive, that can match
 * @param until latest time, exclusive, that can match
 * @param ops of which the entry must be one; empty if any can match
 * @param filter what else must hold
 * @param filters how many parameters {@code filter} stands for; 0 if it always holds
 * @param order of the answer
 * @param count most events on a page; 0 for none
 * @param total whether the number of all matches is asked for
 * @param includes names of reference parameters to follow
 * @param cursor where the page begins; null for the first one
 */
record EventSearch(
        Set<String> ids,
        List<Set<String>> patients,
        List<Set<String>> patientIdentifiers,
        @Nullable Instant from,
        @Nullable Instant until,
        Set<Op> ops,
        Predicate<AuditEvent> filter,
        int filters,
        Order order,
        int count,
        boolean total,
        Set<String> includes,
        @Nullable EventCursor cursor) {
    /** Our own paging parameter; its values are made by the server. */
    static final String CURSOR = "_cursor";

    private static final int DEFAULT_COUNT = 20;
    private static final int MOST = 200;

    private static final Set<String> CONTROLS =
            Set.of("_format", "_pretty", "_elements", "_summary", "_count", "_sort", "_total", "_include", CURSOR);
    private static final Set<String> INCLUDED = Set.of("patient", "agent", "entity", "source");

    /** @throws InvalidRequestException if a parameter is not known, or has a value that it can't have */
    static EventSearch parse(Map<String, String[]> parameters) {
        Parser parser = new Parser();
        parameters.forEach((name, values) -> {
            for (String value : values) {
                parser.take(name, value);
            }
        });
        return parser.search();
    }

    /** Collects what the parameters say. */
    private static final class Parser {
        private final Set<String> ids = new LinkedHashSet<>();
        private final List<Set<String>> patients = new ArrayList<>();
        private final List<Set<String>> patientIdentifiers = new ArrayList<>();
        private final Set<String> includes = new LinkedHashSet<>();
        private final Set<Op> ops = new HashSet<>();
        private @Nullable Instant from;
        private @Nullable Instant until;
        private Predicate<AuditEvent> filter = event -> true;
        private int filters;
        private Order order = Order.NEWEST_FIRST;
        private int count = DEFAULT_COUNT;
        private boolean countOnly;
        private boolean total;
        private @Nullable EventCursor cursor;

        void take(String name, String value) {
            int colon = name.indexOf(':');
            String base = colon < 0 ? name : name.substring(0, colon);
            String modifier = colon < 0 ? "" : name.substring(colon + 1);
            if (CONTROLS.contains(base)) {
                control(base, modifier, value);
            } else if (!value.isEmpty()) {
                condition(base, modifier, value);
            }
        }

        private void control(String name, String modifier, String value) {
            if (!modifier.isEmpty()) {
                throw new InvalidRequestException("A search parameter has a modifier that it does not know.");
            }
            switch (name) {
                case "_count" -> count = (int) Math.min(MOST, number(value));
                case "_sort" -> order = order(value);
                case "_total" -> total |= !value.equals("none");
                case "_summary" -> {
                    if (value.equals("count")) {
                        total = true;
                        countOnly = true;
                    }
                }
                case "_include" -> includes.add(include(value));
                case CURSOR -> cursor = EventCursor.parse(value);
                default -> {
                    // Format, prettiness and elements are HAPI's concern.
                }
            }
        }

        private static long number(String value) {
            if (!value.matches("[0-9]{1,9}")) {
                throw new InvalidRequestException("Give a count as a number, zero or more.");
            }
            return Long.parseLong(value);
        }

        private static Order order(String value) {
            return switch (value) {
                case "date", "_lastUpdated" -> Order.OLDEST_FIRST;
                case "-date", "-_lastUpdated" -> Order.NEWEST_FIRST;
                default -> throw new InvalidRequestException("AuditEvents are sorted by date or -date.");
            };
        }

        private static String include(String value) {
            String[] parts = value.split(":");
            if (parts.length < 2 || !parts[0].equals("AuditEvent") || !INCLUDED.contains(parts[1])) {
                throw new InvalidRequestException(
                        "Includes of AuditEvent are AuditEvent:patient, :agent, :entity and :source.");
            }
            return parts[1];
        }

        private void condition(String name, String modifier, String value) {
            Set<String> alternatives = alternatives(value);
            boolean identifier = modifier.equals("identifier");
            if (name.equals("_id")) {
                ids.addAll(alternatives);
            } else if (name.equals("patient") && (modifier.isEmpty() || modifier.equals("Patient"))) {
                patients.add(alternatives);
            } else if (name.equals("patient.identifier") || name.equals("patient") && identifier) {
                patientIdentifiers.add(alternatives);
            } else if (EventParameter.names().contains(name)) {
                if (name.equals("date") && modifier.isEmpty() && bounds(alternatives)) {
                    return;
                }
                if (name.equals("subtype") && modifier.isEmpty()) {
                    ops(alternatives);
                }
                filters++;
                filter = filter.and(test(name, modifier, alternatives));
            } else {
                throw new InvalidRequestException("Unknown search parameter for AuditEvent. Known: " + known());
            }
        }

        /** AND of "not" alternatives, OR of all others. */
        private static Predicate<AuditEvent> test(String name, String modifier, Set<String> alternatives) {
            Stream<Predicate<AuditEvent>> tests =
                    alternatives.stream().map(value -> EventParameter.test(name, modifier, value));
            return modifier.equals("not")
                    ? tests.reduce(event -> true, Predicate::and)
                    : tests.reduce(event -> false, Predicate::or);
        }

        /** Whether a date is one span, which the ledger's index of times finds. */
        private boolean bounds(Set<String> alternatives) {
            String value = alternatives.iterator().next();
            if (alternatives.size() != 1 || value.startsWith("ne")) {
                return false;
            }
            EventParameter.Span span = EventParameter.Span.of(value);
            Instant begin = span.from();
            if (begin != null && (from == null || begin.isAfter(from))) {
                from = begin;
            }
            Instant end = span.until();
            if (end != null && (until == null || end.isBefore(until))) {
                until = end;
            }
            return true;
        }

        /** The ops that a subtype can be of, if all alternatives tell; others' events may be of any. */
        private void ops(Set<String> alternatives) {
            Set<Op> possible = new HashSet<>();
            for (String value : alternatives) {
                Optional<Op> op = RestForm.opOf(value.substring(value.indexOf('|') + 1));
                if (op.isEmpty()) {
                    return;
                }
                possible.add(op.get());
            }
            possible.add(ForeignEvents.OP);
            if (ops.isEmpty()) {
                ops.addAll(possible);
            }
        }

        private static Set<String> alternatives(String value) {
            Set<String> alternatives = QualifiedParamList.splitQueryStringByCommasIgnoreEscape(null, value).stream()
                    .map(ParameterUtil::unescape)
                    .filter(one -> !one.isEmpty())
                    .collect(Collectors.toCollection(LinkedHashSet::new));
            if (alternatives.isEmpty()) {
                throw new InvalidRequestException("A search parameter has no value.");
            }
            return alternatives;
        }

        private static String known() {
            return Stream.of(
                            CONTROLS.stream(),
                            EventParameter.names().stream(),
                            Stream.of("_id", "patient", "patient.identifier"))
                    .flatMap(names -> names)
                    .sorted()
                    .collect(Collectors.joining(", "));
        }

        EventSearch search() {
            return new EventSearch(
                    Set.copyOf(ids),
                    List.copyOf(patients),
                    List.copyOf(patientIdentifiers),
                    from,
                    until,
                    Set.copyOf(ops),
                    filter,
                    filters,
                    order,
                    countOnly ? 0 : count,
                    total,
                    Set.copyOf(includes),
                    cursor);
        }
    }
}
