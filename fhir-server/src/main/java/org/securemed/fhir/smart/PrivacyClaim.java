package org.securemed.fhir.smart;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.DataReference;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.ProvisionType;
import org.securemed.ledger.consent.Residual;

/**
 * The claim {@code extensions.ihe_pcf} of an access token, as it is written and read. What can't be enforced is not
 * read: a restriction that is not understood must not be passed over.
 *
 * @see <a href="https://profiles.ihe.net/ITI/PCF/other.html#updates-to-iti-71">IHE PCF, updates to ITI-71,
 *     3.71.4.2.2.1.4</a>
 */
final class PrivacyClaim {
    private static final String ACP = "acp";
    private static final String RESIDUAL = "residual";
    private static final String TYPE = "type";
    private static final String SECURITY_LABEL = "securityLabel";
    private static final String DATA_PERIOD = "dataPeriod";
    private static final String DATA = "data";
    private static final String MEANING = "meaning";
    private static final String REFERENCE = "reference";
    private static final Set<String> RULE = Set.of(TYPE, SECURITY_LABEL, DATA_PERIOD, DATA);

    private static final Set<String> CLAIM = Set.of(Claims.PATIENT_ID, Claims.DOC_ID, ACP, RESIDUAL);
    private static final Set<String> PERIOD = Set.of("start", "end");

    private static final int MOST = 100;

    private PrivacyClaim() {}

    /** What is said of consents, in the words of PCF. */
    static Map<String, Object> write(TokenConsents.Said said, String fhirBase) {
        Map<String, Object> claim = new LinkedHashMap<>();
        claim.put(Claims.PATIENT_ID, fhirBase + "/Patient/" + said.patient());
        claim.put(
                Claims.DOC_ID,
                said.consents().stream().map(id -> fhirBase + "/Consent/" + id).toList());
        if (!said.policies().isEmpty()) {
            claim.put(ACP, said.policies());
        }
        if (!said.residual().rules().isEmpty()) {
            claim.put(
                    RESIDUAL,
                    said.residual().rules().stream()
                            .map(rule -> write(rule, fhirBase))
                            .toList());
        }
        return claim;
    }

    private static Map<String, Object> write(Residual.Rule rule, String fhirBase) {
        Map<String, Object> written = new LinkedHashMap<>();
        written.put(TYPE, rule.type() == ProvisionType.PERMIT ? "permit" : "forbid");
        if (!rule.securityLabels().isEmpty()) {
            written.put(
                    SECURITY_LABEL,
                    rule.securityLabels().stream()
                            .map(label -> inOrder("system", label.system(), "code", label.code()))
                            .toList());
        }
        if (!rule.dataPeriod().equals(Period.ALWAYS)) {
            Map<String, Object> period = new LinkedHashMap<>();
            if (!rule.dataPeriod().start().equals(Instant.MIN)) {
                period.put("start", rule.dataPeriod().start().toString());
            }
            if (!rule.dataPeriod().until().equals(Instant.MAX)) {
                // FHIR's end is inclusive.
                period.put("end", rule.dataPeriod().until().minusMillis(1).toString());
            }
            written.put(DATA_PERIOD, period);
        }
        if (!rule.data().isEmpty()) {
            written.put(
                    DATA,
                    rule.data().stream()
                            .map(data -> inOrder(
                                    MEANING,
                                    data.meaning().code(),
                                    REFERENCE,
                                    Map.of(REFERENCE, fhirBase + "/" + data.reference())))
                            .toList());
        }
        return written;
    }

    private static Map<String, Object> inOrder(String first, Object one, String second, Object other) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(first, one);
        map.put(second, other);
        return map;
    }

    /**
     * What a claim opens.
     *
     * @param fhirBase of this server; data and patients elsewhere are not known here
     * @throws IllegalArgumentException if something in it is malformed, or can't be enforced
     */
    static PrivacyGrant read(Map<?, ?> claim, String fhirBase) {
        requireOnly(CLAIM, claim);
        String patient = reference(claim.get(Claims.PATIENT_ID), fhirBase);
        if (!patient.startsWith("Patient/")) {
            throw new IllegalArgumentException("patient_id names no patient");
        }
        List<Residual.Rule> rules = new ArrayList<>();
        for (Object rule : list(claim.get(RESIDUAL))) {
            rules.add(rule(map(rule), fhirBase));
        }
        return new PrivacyGrant(patient.substring("Patient/".length()), new Residual(rules));
    }

    private static Residual.Rule rule(Map<?, ?> rule, String fhirBase) {
        requireOnly(RULE, rule);
        List<Coding> labels = new ArrayList<>();
        for (Object label : list(rule.get(SECURITY_LABEL))) {
            Map<?, ?> coding = map(label);
            labels.add(Coding.ifValid(text(coding.get("system")), text(coding.get("code")))
                    .orElseThrow(() -> new IllegalArgumentException("a label is malformed")));
        }
        List<DataReference> data = new ArrayList<>();
        for (Object one : list(rule.get(DATA))) {
            Map<?, ?> named = map(one);
            data.add(new DataReference(
                    DataReference.Meaning.ofCode(text(named.get(MEANING))), reference(named.get(REFERENCE), fhirBase)));
        }
        Period period = rule.get(DATA_PERIOD) == null ? Period.ALWAYS : period(map(rule.get(DATA_PERIOD)));
        return new Residual.Rule(type(text(rule.get(TYPE))), labels, period, data);
    }

    private static ProvisionType type(String code) {
        return switch (code) {
            case "permit" -> ProvisionType.PERMIT;
            // PCF's own example of a Consent about an author says deny.
            case "forbid", "deny" -> ProvisionType.DENY;
            default -> throw new IllegalArgumentException("the type of a residual is permit or forbid");
        };
    }

    private static Period period(Map<?, ?> period) {
        requireOnly(PERIOD, period);
        Object start = period.get("start");
        Object end = period.get("end");
        if (start == null && end == null) {
            throw new IllegalArgumentException("a period has a start or an end");
        }
        return new Period(
                start == null ? Instant.MIN : span(text(start)).start(),
                end == null ? Instant.MAX : span(text(end)).until());
    }

    /** All of what a FHIR date or time may mean. */
    private static Period span(String text) {
        try {
            return switch (text.length()) {
                case 4 ->
                    days(
                            Year.parse(text).atDay(1),
                            Year.parse(text).plusYears(1).atDay(1));
                case 7 ->
                    days(
                            YearMonth.parse(text).atDay(1),
                            YearMonth.parse(text).plusMonths(1).atDay(1));
                case 10 -> days(LocalDate.parse(text), LocalDate.parse(text).plusDays(1));
                default -> {
                    Instant instant = OffsetDateTime.parse(text).toInstant();
                    yield new Period(instant, text.indexOf('.') < 0 ? instant.plusSeconds(1) : instant.plusMillis(1));
                }
            };
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("a date is malformed", e);
        }
    }

    private static Period days(LocalDate first, LocalDate after) {
        ZoneId zone = ZoneId.systemDefault();
        return new Period(
                first.atStartOfDay(zone).toInstant(), after.atStartOfDay(zone).toInstant());
    }

    /** {@code Type/id} of this server, from a text or a Reference. */
    private static String reference(@Nullable Object value, String fhirBase) {
        String text = text(value instanceof Map<?, ?> reference ? reference.get(REFERENCE) : value);
        String relative = text.startsWith(fhirBase + "/") ? text.substring(fhirBase.length() + 1) : text;
        if (!relative.matches("[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\\-.]{1,64}")) {
            throw new IllegalArgumentException("a reference leads to another server, or to nothing");
        }
        return relative;
    }

    private static void requireOnly(Set<String> known, Map<?, ?> object) {
        if (!known.containsAll(object.keySet())) {
            throw new IllegalArgumentException("an element is not known");
        }
    }

    private static Map<?, ?> map(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException("an object is something else");
    }

    private static Collection<?> list(@Nullable Object value) {
        if (value == null) {
            return List.of();
        }
        if (value instanceof Collection<?> many && many.size() <= MOST && !many.isEmpty()) {
            return many;
        }
        throw new IllegalArgumentException("a list is something else, empty or too long");
    }

    private static String text(@Nullable Object value) {
        if (value instanceof String text && !text.isBlank() && text.length() <= 256) {
            return text;
        }
        throw new IllegalArgumentException("a text is missing or too long");
    }
}
