package org.securemed.fhir.server;

import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;

/** What the parameters of a request must be before a search is made of them. */
final class WellFormedParameters {
    private static final Pattern COUNT = Pattern.compile("[0-9]{1,9}");
    /** A number with an exponent of four digits or more, also with a prefix, as an alternative, or in a composite. */
    private static final Pattern IMMODEST =
            Pattern.compile("(^|[,$])[a-z]{0,2}[+-]?[0-9.]+[eE][+-]?[0-9]{4,}([,$|]|$)");

    private static final Pattern IMMODEST_IN_URL = Pattern.compile(
            "(?:=|,|%2[Cc]|\\$|%24)[a-z]{0,2}(?:[+-]|%2[Bb])?[0-9.]+[eE](?:[+-]|%2[Bb])?[0-9]{4,}(?![0-9A-Za-z-])");

    private static final Pattern TYPE = Pattern.compile("[A-Z][A-Za-z]{1,63}");
    private static final Set<String> COUNTS = Set.of("_count", "_offset", "_getpagesoffset");
    private static final Set<String> SUMMARIES = Set.of("true", "false", "text", "data", "count");

    /** FHIR R4's modifiers, and HAPI's own. */
    private static final Set<String> MODIFIERS = Set.of(
            "missing",
            "exact",
            "contains",
            "text",
            "not",
            "above",
            "below",
            "in",
            "not-in",
            "of-type",
            "identifier",
            "iterate",
            "recurse",
            "nickname");

    private WellFormedParameters() {}

    /**
     * Checks all parameters of a request.
     *
     * @param numeric whether the values of a search parameter are, or may be, numbers
     * @throws Problem if a parameter is not one that can be meant
     */
    static void check(Map<String, String[]> parameters, Predicate<String> numeric) {
        parameters.forEach((name, values) -> {
            requireText(name);
            requireModifier(name);
            for (String value : values) {
                requireText(value);
                if (COUNTS.contains(name) && !COUNT.matcher(value).matches()) {
                    throw malformed("Give a count as a number, zero or more.");
                }
                if (IMMODEST.matcher(value).find() && numeric.test(name)) {
                    throw malformed("A number is too large or too small.");
                }
                if (name.equals("_summary") && !SUMMARIES.contains(value)) {
                    throw malformed("Summaries are true, false, text, data and count.");
                }
            }
        });
    }

    /** U+FFFD stands where a byte was not UTF-8. */
    private static void requireText(@Nullable String text) {
        if (text != null && text.chars().anyMatch(c -> c < 0x20 || c == '\uFFFD')) {
            throw malformed("Send parameters as UTF-8 text without control characters.");
        }
    }

    /** A modifier that is not known must not be ignored: FHIR R4, section 3.1.1.4. */
    private static void requireModifier(String name) {
        int colon = name.indexOf(':');
        if (colon < 0 || name.startsWith("_has")) {
            return;
        }
        String modifier = name.substring(colon + 1);
        int dot = modifier.indexOf('.');
        String first = dot < 0 ? modifier : modifier.substring(0, dot);
        if (!MODIFIERS.contains(first) && !TYPE.matcher(first).matches()) {
            throw malformed("A search parameter has a modifier that is not known.");
        }
    }

    /**
     * Checks the URL of a conditional interaction, which holds parameters of its own.
     *
     * @throws Problem if it holds a number whose digits would fill the memory
     */
    static void checkConditional(@Nullable String url) {
        if (url != null && IMMODEST_IN_URL.matcher(url).find()) {
            throw malformed("A number is too large or too small.");
        }
    }

    private static Problem malformed(String diagnostics) {
        return Problem.badRequest("malformed-parameters", diagnostics);
    }
}
