package org.securemed.fhir.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.securemed.fhir.problem.Problem;

/**
 * What a JSON body must be before anything is made of it: one object in valid UTF-8, no name twice, no character that
 * FHIR does not allow, not too deep, and no number whose digits would fill the memory.
 *
 * @see <a href="https://hl7.org/fhir/R4/datatypes.html#string">FHIR R4, string</a>
 */
final class WellFormedJson {
    private static final int DEEPEST = 200;
    private static final int LONGEST_NUMBER = 100;

    /** Powers of ten that a double still holds, so that the value can be indexed. */
    private static final int LARGEST_EXPONENT = 300;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxNumberLength(LONGEST_NUMBER)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private WellFormedJson() {}

    /**
     * Checks a whole body.
     *
     * @return its {@code resourceType}, if it has one
     * @throws Problem if it is not well-formed
     */
    static Optional<String> check(byte[] body) {
        CharBuffer text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
        } catch (CharacterCodingException e) {
            throw malformed("The body is not UTF-8.");
        }
        try (JsonParser parser = JSON.createParser(text.array(), text.arrayOffset(), text.length())) {
            return check(parser);
        } catch (JsonProcessingException e) {
            throw malformed(
                    e.getLocation() == null
                            ? "The body is not well-formed JSON."
                            : "The body is not well-formed JSON at line %d, column %d."
                                    .formatted(
                                            e.getLocation().getLineNr(),
                                            e.getLocation().getColumnNr()));
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    private static Optional<String> check(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT && !parser.isExpectedStartArrayToken()) {
            throw malformed("The body is not a JSON object.");
        }
        Optional<String> type = Optional.empty();
        int depth = 1;
        while (depth > 0) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                throw malformed("The body ends too early.");
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            if (token == JsonToken.FIELD_NAME || token == JsonToken.VALUE_STRING) {
                requireCharacters(parser);
            }
            if (token == JsonToken.VALUE_NUMBER_FLOAT) {
                requireModest(parser.getText());
            }
            if (depth == 1 && token == JsonToken.VALUE_STRING && "resourceType".equals(parser.currentName())) {
                type = Optional.of(parser.getText());
            }
        }
        if (parser.nextToken() != null) {
            throw malformed("Something follows the JSON object.");
        }
        return type;
    }

    private static void requireCharacters(JsonParser parser) throws IOException {
        char[] text = parser.getTextCharacters();
        int end = parser.getTextOffset() + parser.getTextLength();
        for (int i = parser.getTextOffset(); i < end; i++) {
            char c = text[i];
            boolean control = c < 0x20 && c != '\t' && c != '\n' && c != '\r';
            boolean paired = !Character.isSurrogate(c)
                    || Character.isHighSurrogate(c) && i + 1 < end && Character.isLowSurrogate(text[++i]);
            if (control || !paired) {
                throw malformed("A string holds a character that FHIR does not allow.");
            }
        }
    }

    private static void requireModest(String number) {
        if (!isModest(new BigDecimal(number))) {
            throw malformed("A number is too large or too small.");
        }
    }

    /** Whether a number can be written out and indexed. */
    static boolean isModest(BigDecimal number) {
        return number.precision() <= LONGEST_NUMBER
                && Math.abs((long) number.precision() - number.scale()) <= LARGEST_EXPONENT;
    }

    private static Problem malformed(String diagnostics) {
        return Problem.badRequest("malformed-body", diagnostics);
    }
}
