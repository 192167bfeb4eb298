package org.securemed.fhir.consent;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.securemed.fhir.server.TestServer.Answer;

/** An answer without what differs between any two answers: random ids, the time of day, the order of triples. */
final class Normal {
    private static final Pattern UUID = Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    /** Data never carry today's date. */
    private static final Pattern NOW = Pattern.compile("(" + LocalDate.now(ZoneOffset.UTC) + "|"
            + LocalDate.now(ZoneOffset.UTC).plusDays(1) + "|"
            + LocalDate.now(ZoneOffset.UTC).minusDays(1) + ")[T ][0-9:.]+(Z|[+-][0-9:]{5})?");

    private static final Set<String> VARYING =
            Set.of("date", "x-request-id", "content-length", "last-modified", "keep-alive", "connection", ":status");

    private Normal() {}

    static String of(Answer answer) {
        Map<String, String> headers = new TreeMap<>();
        answer.response().headers().map().forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            headers.put(lower, VARYING.contains(lower) ? "*" : values.toString());
        });
        headers.remove("content-length");
        headers.remove("connection");
        headers.remove("keep-alive");
        headers.remove("transfer-encoding");
        String body = headers.getOrDefault("content-type", "").contains("turtle")
                ? Stream.of(text(answer.text()).split("\\s+")).sorted().collect(Collectors.joining("\n"))
                : answer.text();
        return text(answer.status() + "\n" + headers + "\n" + body);
    }

    static String text(String text) {
        return NOW.matcher(UUID.matcher(text).replaceAll("<uuid>"))
                .replaceAll("<now>")
                .replaceAll("Took [0-9]+ms", "Took <a while>");
    }
}
