package org.securemed.fhir.consent.translate;

import ca.uhn.fhir.model.api.TemporalPrecisionEnum;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.util.Optional;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.Period;

/**
 * FHIR dates and periods as spans of instants: {@code 2022} is the whole year, an end includes all of its day. A date
 * without time is one of the custodian's time zone.
 */
public final class Periods {
    private final ZoneId zone;

    public Periods(ZoneId zone) {
        this.zone = zone;
    }

    /** All of what {@code value} may mean; empty if it has no value. */
    public Optional<org.securemed.ledger.consent.Period> of(BaseDateTimeType value) {
        if (!value.hasValue()) {
            return Optional.empty();
        }
        try {
            return Optional.of(span(value));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /**
     * From the start of {@code start} to the end of {@code end}, either of which may be missing; empty if both are, or
     * if it ends before it starts.
     */
    public Optional<org.securemed.ledger.consent.Period> of(Period period) {
        Optional<org.securemed.ledger.consent.Period> start = of(period.getStartElement());
        Optional<org.securemed.ledger.consent.Period> end = of(period.getEndElement());
        boolean lost = period.getStartElement().hasValue() != start.isPresent()
                || period.getEndElement().hasValue() != end.isPresent();
        if (lost || start.isEmpty() && end.isEmpty()) {
            return Optional.empty();
        }
        Instant from = start.map(org.securemed.ledger.consent.Period::start).orElse(Instant.MIN);
        Instant until = end.map(org.securemed.ledger.consent.Period::until).orElse(Instant.MAX);
        return !from.isBefore(until)
                ? Optional.empty()
                : Optional.of(new org.securemed.ledger.consent.Period(from, until));
    }

    private org.securemed.ledger.consent.Period span(BaseDateTimeType value) {
        TemporalPrecisionEnum precision = value.getPrecision();
        if (precision == TemporalPrecisionEnum.YEAR) {
            Year year = Year.parse(value.getValueAsString());
            return days(year.atDay(1), year.plusYears(1).atDay(1));
        }
        if (precision == TemporalPrecisionEnum.MONTH) {
            YearMonth month = YearMonth.parse(value.getValueAsString());
            return days(month.atDay(1), month.plusMonths(1).atDay(1));
        }
        if (precision == TemporalPrecisionEnum.DAY) {
            LocalDate day = LocalDate.parse(value.getValueAsString());
            return days(day, day.plusDays(1));
        }
        Instant instant = value.getValue().toInstant();
        Instant next = precision == TemporalPrecisionEnum.MILLI
                ? instant.plusMillis(1)
                : precision == TemporalPrecisionEnum.SECOND ? instant.plusSeconds(1) : instant.plusSeconds(60);
        return new org.securemed.ledger.consent.Period(instant, next);
    }

    private org.securemed.ledger.consent.Period days(LocalDate first, LocalDate after) {
        return new org.securemed.ledger.consent.Period(
                first.atStartOfDay(zone).toInstant(), after.atStartOfDay(zone).toInstant());
    }
}
