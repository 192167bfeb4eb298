package org.securemed.fhir.consent;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.Purposes;

/**
 * An element that is left out of what is shown for a purpose.
 *
 * @param purpose of use; it covers those below it
 * @param type FHIR resource type
 * @param path names of elements, from the resource's
 */
record Redaction(Coding purpose, String type, List<String> path) {
    private static final Pattern FORM =
            Pattern.compile("([A-Z]{3,12}):([A-Z][A-Za-z]{1,63})((?:\\.[a-z][A-Za-z0-9]{0,63}){1,5})");

    Redaction {
        path = List.copyOf(path);
    }

    /**
     * Reads {@code HPAYMT:Patient.telecom}.
     *
     * @throws IllegalArgumentException if it has another form, or the purpose is none
     */
    static Redaction parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches() || !Purposes.isKnown(Purposes.of(form.group(1)))) {
            throw new IllegalArgumentException(
                    "securemed.consent.redactions: purposes of v3-ActReason and elements, like HPAYMT:Patient.telecom");
        }
        return new Redaction(
                Purposes.of(form.group(1)),
                form.group(2),
                List.of(form.group(3).substring(1).split("\\.")));
    }

    /** {@code Type.element}. */
    String element() {
        return type + "." + String.join(".", path);
    }
}
