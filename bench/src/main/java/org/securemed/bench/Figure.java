package org.securemed.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * A figure of both servers.
 *
 * @param name {@code operation/clients/measure}
 * @param ours median of our rounds, for CPU the mean of all requests
 * @param rival the same of the rival's
 * @param runs rounds of each
 */
public record Figure(String name, String unit, double ours, double rival, int runs) {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Figure ofRounds(
            String name, String unit, List<Round> ours, List<Round> rival, ToDoubleFunction<Round> measure) {
        return new Figure(
                name,
                unit,
                median(ours.stream().mapToDouble(measure).toArray()),
                median(rival.stream().mapToDouble(measure).toArray()),
                ours.size());
    }

    /** CPU for each answered request, over all rounds together: a round is short beside a clock tick. */
    static Figure ofCpu(String name, List<Round> ours, List<Round> rival, Function<Round, Duration> cpu) {
        return new Figure(name, "ms/request", perRequest(ours, cpu), perRequest(rival, cpu), ours.size());
    }

    private static double perRequest(List<Round> rounds, Function<Round, Duration> cpu) {
        Duration total = rounds.stream().map(cpu).reduce(Duration.ZERO, Duration::plus);
        return total.toNanos()
                / 1e6
                / rounds.stream().mapToLong(Round::requests).sum();
    }

    /** Ours divided by the rival's. */
    public double ratio() {
        return ours / rival;
    }

    /** One line of JSON; a figure that could not be taken is null. */
    public String json() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", name);
        fields.put("unit", unit);
        fields.put("ours", rounded(ours));
        fields.put("rival", rounded(rival));
        fields.put("ratio", rounded(ratio()));
        fields.put("runs", runs);
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a figure is not JSON", e);
        }
    }

    /** Four significant digits are more than any of this is good for. */
    private static Object rounded(double value) {
        if (!Double.isFinite(value)) {
            return NullNode.getInstance();
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(4));
        return rounded.setScale(Math.max(0, rounded.scale()));
    }

    /** The middle value, or the mean of the two middle ones; NaN of nothing. */
    public static double median(double... values) {
        if (values.length == 0) {
            return Double.NaN;
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
