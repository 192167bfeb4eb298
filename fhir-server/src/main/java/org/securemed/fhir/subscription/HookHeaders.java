package org.securemed.fhir.subscription;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Headers that a subscriber wants to find in notifications, as lines of name and value. */
final class HookHeaders {
    private static final Pattern LINE =
            Pattern.compile("([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}):[ \\t]*([\\x20-\\x7e]{1,2000})");
    private static final int MOST = 10;

    private HookHeaders() {}

    /** These lines as they are kept; empty if one is no header that may be set, or there are too many. */
    static Optional<String> of(List<String> lines) {
        if (lines.size() > MOST) {
            return Optional.empty();
        }
        for (String line : lines) {
            Matcher header = LINE.matcher(line);
            if (!header.matches() || !maySet(header.group(1), header.group(2))) {
                return Optional.empty();
            }
        }
        return Optional.of(String.join("\n", lines));
    }

    private static boolean maySet(String name, String value) {
        if (name.equalsIgnoreCase("Content-Type")) {
            return false;
        }
        try {
            // The JDK refuses those that would change how the request is understood.
            java.net.http.HttpRequest.newBuilder().header(name, value);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    static Map<String, String> read(@Nullable String kept) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (kept != null) {
            kept.lines()
                    .map(LINE::matcher)
                    .filter(Matcher::matches)
                    .forEach(header -> headers.put(header.group(1), header.group(2)));
        }
        return headers;
    }
}
