package org.securemed.fhir.retention;

import jakarta.validation.constraints.NotNull;
import java.time.Period;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of retention, keys {@code securemed.retention.*}.
 *
 * @param period for how long entries are kept at least, ISO 8601; six years or more (45 CFR 164.316 (b)(2)(i), 45 CFR
 *     164.528 (a))
 * @param shorter whether the period may be shorter, for development; refused in {@code production}
 * @param rate how many entries are deleted a second at most
 */
@Validated
@ConfigurationProperties("securemed.retention")
public record RetentionProperties(
        @DefaultValue("P6Y") @NotNull Period period,
        @DefaultValue("false") boolean shorter,
        @DefaultValue("500") int rate) {
    private static final int MONTHS = 72;

    public RetentionProperties {
        if (period.isNegative() || !shorter && period.toTotalMonths() < MONTHS) {
            throw new IllegalArgumentException("securemed.retention.period is six years or more, such as P6Y");
        }
        if (rate < 1 || rate > 100_000) {
            throw new IllegalArgumentException("securemed.retention.rate is 1 to 100000");
        }
    }
}
