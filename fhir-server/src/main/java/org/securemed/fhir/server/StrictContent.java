package org.securemed.fhir.server;

import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.parser.json.BaseJsonLikeValue.ScalarType;
import ca.uhn.fhir.parser.json.BaseJsonLikeValue.ValueType;
import org.jspecify.annotations.Nullable;

/**
 * Refuses content that HAPI would otherwise leave out with nothing but a line in a log: what a client believes to be
 * stored is stored.
 */
final class StrictContent extends LenientErrorHandler {
    private static final int LONGEST_NAME = 64;

    @Override
    public void unknownElement(@Nullable IParseLocation location, String name) {
        throw new DataFormatException("Unknown element: " + brief(name));
    }

    @Override
    public void unknownAttribute(@Nullable IParseLocation location, String name) {
        throw new DataFormatException("Unknown attribute: " + brief(name));
    }

    @Override
    public void unexpectedRepeatingElement(@Nullable IParseLocation location, String name) {
        throw new DataFormatException("An element that may appear once appears again: " + brief(name));
    }

    @Override
    public void incorrectJsonType(
            @Nullable IParseLocation location,
            String name,
            ValueType expected,
            @Nullable ScalarType expectedScalar,
            ValueType found,
            @Nullable ScalarType foundScalar) {
        throw new DataFormatException("An element has a JSON type that does not fit: " + brief(name));
    }

    private static String brief(String name) {
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME);
    }
}
