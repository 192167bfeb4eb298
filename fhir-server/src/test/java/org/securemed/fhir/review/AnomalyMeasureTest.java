package org.securemed.fhir.review;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * How well the rules tell planted cases from normal traffic. Prints the figures that {@code docs/review.md} quotes;
 * other seeds with {@code -Dsecuremed.anomaly.seed=…}.
 */
class AnomalyMeasureTest {
    private static final long SEED = Long.getLong("securemed.anomaly.seed", 20260301);

    @Test
    void planted_cases_are_found_and_normal_traffic_is_left_alone() {
        SeededTraffic traffic = new SeededTraffic(SEED);
        AnomalyDetector detector = new AnomalyDetector(traffic, Settings.defaults());
        Set<String> found = new HashSet<>();
        Map<String, Integer> wrong = new HashMap<>();
        Set<String> told = new HashSet<>();
        int right = 0;
        int all = 0;
        for (Observed observed : traffic.stream()) {
            var finding = detector.observe(observed);
            if (finding.isEmpty()) {
                continue;
            }
            String planted = finding.get().events().stream()
                    .flatMap(event -> traffic.planted(event).stream())
                    .findFirst()
                    .orElse("");
            // As they are kept: one a day for the same person, patient and reasons.
            String name = observed.user()
                    + observed.patient()
                    + finding.get().reasons()
                    + observed.at().toString().substring(0, 10);
            if (!told.add(name)) {
                continue;
            }
            all++;
            if (planted.isEmpty()) {
                finding.get()
                        .reasons()
                        .forEach(reason -> wrong.merge(reason.rule().code(), 1, Integer::sum));
            } else {
                right++;
                found.add(planted);
            }
        }
        Map<String, int[]> byCase = new TreeMap<>();
        for (String name : traffic.cases()) {
            int[] counts = byCase.computeIfAbsent(name.replaceAll(" [0-9]+$", ""), key -> new int[2]);
            counts[0] += found.contains(name) ? 1 : 0;
            counts[1]++;
        }
        double precision = right / (double) all;
        double recall = found.size() / (double) traffic.cases().size();
        StringBuilder report = new StringBuilder("seed %d: %d interactions, %d planted cases, %d findings%n"
                .formatted(SEED, traffic.stream().size(), traffic.cases().size(), all));
        double once = found.size() / (double) (found.size() + all - right);
        report.append("precision %.3f (findings that show a planted case; %.3f if each case counts once),"
                        .formatted(precision, once))
                .append(" recall %.3f (planted cases found)%n".formatted(recall));
        byCase.forEach((name, counts) -> report.append("  %-32s %d of %d%n".formatted(name, counts[0], counts[1])));
        report.append("reasons of false findings: ")
                .append(new TreeMap<>(wrong))
                .append('\n');
        System.out.print(report);

        assertThat(precision).as(report.toString()).isGreaterThan(0.4);
        assertThat(recall).as(report.toString()).isGreaterThan(0.85);
    }
}
