package org.securemed.fhir.review;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the rules that look for snooping and of the review of emergencies, keys {@code securemed.review.*}.
 *
 * @param enabled whether the rules run
 * @param interval between two looks at what is new
 * @param findingsAtOnce how many entries each of them adds to the log, findings or not, if anybody did anything since
 *     the last
 * @param threshold score from which an access becomes a finding, 0 to 1
 * @param scores how much each rule weighs, by its code; 0 switches it off
 * @param zone of the working hours
 * @param dayBegins when the working hours begin
 * @param dayEnds when they end
 * @param patientsPerHour so many patients without a care relationship in an hour are too many
 * @param denialsPerHour so many refused patients in an hour are too many
 * @param searchWindow how soon after a search an opened record was searched for
 * @param cardWindow within which a card can't be at two places
 * @param lookBack how far the rules go back when they run for the first time
 * @param rate how many entries a second they look at when they are behind
 * @param due how soon a declared emergency is to be reviewed
 */
@Validated
@ConfigurationProperties("securemed.review")
public record ReviewProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("10s") @NotNull Duration interval,
        @DefaultValue("3") int findingsAtOnce,
        @DefaultValue("0.5") double threshold,
        @DefaultValue Map<String, Double> scores,
        @DefaultValue("UTC") @NotNull ZoneId zone,
        @DefaultValue("06:00") @NotNull LocalTime dayBegins,
        @DefaultValue("20:00") @NotNull LocalTime dayEnds,
        @DefaultValue("15") int patientsPerHour,
        @DefaultValue("5") int denialsPerHour,
        @DefaultValue("2m") @NotNull Duration searchWindow,
        @DefaultValue("5m") @NotNull Duration cardWindow,
        @DefaultValue("3d") @NotNull Duration due,
        @DefaultValue("7d") @NotNull Duration lookBack,
        @DefaultValue("1000") int rate) {
    public ReviewProperties {
        scores = Map.copyOf(scores);
        boolean wrong = interval.toMillis() < 1
                || findingsAtOnce < 1
                || threshold <= 0
                || threshold > 1
                || patientsPerHour < 2
                || denialsPerHour < 2
                || lookBack.isNegative()
                || searchWindow.toMillis() < 1
                || cardWindow.toMillis() < 1
                || due.toMillis() < 1
                || rate < 1
                || scores.values().stream().anyMatch(score -> score < 0 || score > 1)
                || !dayBegins.isBefore(dayEnds);
        if (wrong) {
            throw new IllegalArgumentException("securemed.review: scores and threshold are 0 to 1, counts at least 2,"
                    + " durations positive, and the day begins before it ends");
        }
    }

    /** How much a rule weighs. */
    double weight(Suspicion.Rule rule) {
        return scores.getOrDefault(rule.code(), rule.weight());
    }
}
