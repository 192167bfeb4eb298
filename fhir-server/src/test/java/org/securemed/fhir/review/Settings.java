package org.securemed.fhir.review;

import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Map;

/** The settings as they are if nobody sets anything. */
final class Settings {
    private Settings() {}

    static ReviewProperties defaults() {
        return with(Map.of());
    }

    static ReviewProperties with(Map<String, Double> scores) {
        return new ReviewProperties(
                true,
                Duration.ofSeconds(10),
                3,
                0.5,
                scores,
                ZoneOffset.UTC,
                LocalTime.of(6, 0),
                LocalTime.of(20, 0),
                15,
                5,
                Duration.ofMinutes(2),
                Duration.ofMinutes(5),
                Duration.ofDays(3),
                Duration.ofDays(7),
                1000);
    }
}
