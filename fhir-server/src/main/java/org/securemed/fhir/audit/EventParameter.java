package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.param.DateParam;
import ca.uhn.fhir.rest.param.DateRangeParam;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import java.text.Normalizer;
import java.time.Instant;
import java.util.Date;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Reference;
import org.jspecify.annotations.Nullable;

/**
 * The search parameters of AuditEvent in FHIR R4, and those by identifier that IHE ITI-81 adds: how each tells whether
 * an event is asked for.
 *
 * @see <a href="https://hl7.org/fhir/R4/auditevent.html#search">AuditEvent, search parameters</a>
 */
final class EventParameter {
    private static final String ACTION = "http://hl7.org/fhir/audit-event-action";
    private static final String OUTCOME = "http://hl7.org/fhir/audit-event-outcome";

    private record Token(@Nullable String system, @Nullable String code) {
        static Token of(Coding coding) {
            return new Token(coding.getSystem(), coding.getCode());
        }

        static Token of(Identifier identifier) {
            return new Token(identifier.getSystem(), identifier.getValue());
        }
    }

    private interface Kind {
        /** Whether one of the alternatives of a parameter's value holds for an event. */
        Predicate<AuditEvent> test(String modifier, String value);
    }

    private static final Map<String, Kind> ALL = Map.ofEntries(
            Map.entry(
                    "action",
                    tokens(event -> Stream.of(new Token(
                            ACTION, event.hasAction() ? event.getAction().toCode() : null)))),
            Map.entry(
                    "outcome",
                    tokens(event -> Stream.of(new Token(
                            OUTCOME, event.hasOutcome() ? event.getOutcome().toCode() : null)))),
            Map.entry("type", tokens(event -> Stream.of(Token.of(event.getType())))),
            Map.entry("subtype", tokens(event -> event.getSubtype().stream().map(Token::of))),
            Map.entry(
                    "site",
                    tokens(event -> Stream.of(new Token(null, event.getSource().getSite())))),
            Map.entry(
                    "agent-role",
                    tokens(event -> event.getAgent().stream()
                            .flatMap(agent -> agent.getRole().stream())
                            .flatMap(role -> role.getCoding().stream())
                            .map(Token::of))),
            Map.entry(
                    "altid",
                    tokens(event -> event.getAgent().stream().map(agent -> new Token(null, agent.getAltId())))),
            Map.entry("entity-type", tokens(event -> event.getEntity().stream().map(e -> Token.of(e.getType())))),
            Map.entry("entity-role", tokens(event -> event.getEntity().stream().map(e -> Token.of(e.getRole())))),
            Map.entry("agent.identifier", identifiers(EventParameter::agents)),
            Map.entry("entity.identifier", identifiers(EventParameter::entities)),
            Map.entry("source.identifier", identifiers(EventParameter::sources)),
            Map.entry("agent", references(EventParameter::agents)),
            Map.entry("entity", references(EventParameter::entities)),
            Map.entry("source", references(EventParameter::sources)),
            Map.entry(
                    "address",
                    strings(event -> event.getAgent().stream()
                            .map(agent -> agent.getNetwork().getAddress()))),
            Map.entry("agent-name", strings(event -> event.getAgent().stream().map(agent -> agent.getName()))),
            Map.entry("entity-name", strings(event -> event.getEntity().stream().map(entity -> entity.getName()))),
            Map.entry("policy", (modifier, value) -> {
                requireModifier(modifier, Set.of(""));
                return event -> event.getAgent().stream()
                        .flatMap(agent -> agent.getPolicy().stream())
                        .anyMatch(policy -> value.equals(policy.getValue()));
            }),
            Map.entry("date", (modifier, value) -> {
                requireModifier(modifier, Set.of(""));
                return date(value, AuditEvent::getRecorded);
            }),
            Map.entry("_lastUpdated", (modifier, value) -> {
                requireModifier(modifier, Set.of(""));
                return date(value, event -> event.getMeta().getLastUpdated());
            }));

    private EventParameter() {}

    /** Names of all of them. */
    static Set<String> names() {
        return ALL.keySet();
    }

    /**
     * Whether an event is one that a parameter asks for.
     *
     * @param modifier without the colon; empty if there is none
     * @param value one alternative
     * @throws InvalidRequestException if the value or modifier is not one of this parameter
     */
    static Predicate<AuditEvent> test(String name, String modifier, String value) {
        Kind kind = ALL.get(name);
        if (kind == null) {
            throw new IllegalArgumentException("not a search parameter of AuditEvent");
        }
        return kind.test(modifier, value);
    }

    /**
     * The times that a value of a date parameter spans.
     *
     * @param from inclusive; null if it has no beginning
     * @param until exclusive; null if it has no end
     */
    record Span(@Nullable Instant from, @Nullable Instant until) {
        /** @throws InvalidRequestException if the value is no date, or excludes one */
        static Span of(String value) {
            DateRangeParam range = range(value);
            Date from = range.getLowerBoundAsInstant();
            Date until = range.getUpperBoundAsInstant();
            return new Span(
                    from == null ? null : from.toInstant(),
                    until == null ? null : until.toInstant().plusMillis(1));
        }
    }

    private static DateRangeParam range(String value) {
        DateParam date = new DateParam();
        try {
            date.setValueAsString(value);
            return new DateRangeParam(date);
        } catch (RuntimeException e) {
            throw new InvalidRequestException("Give a date as YYYY, YYYY-MM, YYYY-MM-DD or a time with its zone.", e);
        }
    }

    private static Predicate<AuditEvent> date(String value, Function<AuditEvent, @Nullable Date> time) {
        if (value.startsWith("ne")) {
            return date(value.substring(2), time).negate();
        }
        Span span = Span.of(value);
        return event -> {
            Date recorded = time.apply(event);
            Instant instant = recorded == null ? Instant.EPOCH : recorded.toInstant();
            return (span.from() == null || !instant.isBefore(span.from()))
                    && (span.until() == null || instant.isBefore(span.until()));
        };
    }

    private static Kind tokens(Function<AuditEvent, Stream<Token>> values) {
        return (modifier, value) -> {
            requireModifier(modifier, Set.of("", "not"));
            Predicate<Token> asked = token(value);
            Predicate<AuditEvent> any = event -> values.apply(event).anyMatch(asked);
            return modifier.equals("not") ? any.negate() : any;
        };
    }

    private static Predicate<Token> token(String value) {
        int bar = value.indexOf('|');
        String system = bar < 0 ? "" : value.substring(0, bar);
        String code = value.substring(bar + 1);
        return found -> (code.isEmpty() ? !system.isEmpty() : code.equals(found.code()))
                && (bar < 0 || (system.isEmpty() ? found.system() == null : system.equals(found.system())));
    }

    private static Kind identifiers(Function<AuditEvent, Stream<Reference>> references) {
        return tokens(event -> references.apply(event).map(reference -> Token.of(reference.getIdentifier())));
    }

    private static Kind references(Function<AuditEvent, Stream<Reference>> references) {
        return (modifier, value) -> {
            if (modifier.equals("identifier")) {
                return identifiers(references).test("", value);
            }
            if (!modifier.isEmpty() && !Character.isUpperCase(modifier.charAt(0))) {
                throw modifier();
            }
            String asked = modifier.isEmpty() || value.contains("/") ? value : modifier + "/" + value;
            return event -> references.apply(event).anyMatch(found -> refersTo(found.getReference(), asked));
        };
    }

    /** By type and id, with or without version or server; a bare id means any type. */
    private static boolean refersTo(@Nullable String found, String asked) {
        if (found == null) {
            return false;
        }
        int history = found.indexOf("/_history/");
        String current = history < 0 ? found : found.substring(0, history);
        return found.equals(asked)
                || current.equals(asked)
                || asked.endsWith("/" + current) && asked.contains("://")
                || !asked.contains("/") && current.endsWith("/" + asked);
    }

    private static Kind strings(Function<AuditEvent, Stream<@Nullable String>> values) {
        return (modifier, value) -> {
            requireModifier(modifier, Set.of("", "contains", "exact"));
            String asked = plain(value);
            Predicate<String> holds = switch (modifier) {
                case "exact" -> value::equals;
                case "contains" -> found -> plain(found).contains(asked);
                default -> found -> plain(found).startsWith(asked);
            };
            return event -> values.apply(event).filter(Objects::nonNull).anyMatch(holds);
        };
    }

    private static String plain(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFD)
                .replaceAll("\\p{M}+", "")
                .toLowerCase(Locale.ROOT);
    }

    private static Stream<Reference> agents(AuditEvent event) {
        return event.getAgent().stream().map(AuditEvent.AuditEventAgentComponent::getWho);
    }

    private static Stream<Reference> entities(AuditEvent event) {
        return event.getEntity().stream().map(AuditEvent.AuditEventEntityComponent::getWhat);
    }

    private static Stream<Reference> sources(AuditEvent event) {
        return Stream.of(event.getSource().getObserver());
    }

    private static void requireModifier(String modifier, Set<String> known) {
        if (!known.contains(modifier)) {
            throw modifier();
        }
    }

    private static InvalidRequestException modifier() {
        return new InvalidRequestException("A search parameter has a modifier that it does not know.");
    }
}
