package org.securemed.ledger.consent;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.erdtman.jcs.JsonCanonicalizer;

/**
 * JSON of the contract: objects, arrays, strings and whole numbers below 2^53 in magnitude; written in canonical form.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8785">RFC 8785, JSON Canonicalization Scheme</a>
 */
final class CanonicalJson {
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(32)
                    .maxStringLength(4096)
                    .maxNameLength(128)
                    .maxNumberLength(17)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private CanonicalJson() {}

    /** JCS bytes of {@code value}: a Map with String keys, a List, a String or a Long, nested at will. */
    static byte[] write(Map<String, Object> value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            try (JsonGenerator out = JSON.createGenerator(bytes)) {
                write(out, value);
            }
            return new JsonCanonicalizer(bytes.toByteArray()).getEncodedUTF8();
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail to be written", e);
        }
    }

    /**
     * Reads one object, in canonical form or not: whoever needs that form writes what was read and compares.
     *
     * @throws TransitionException if the bytes are more than {@code maxBytes}, or no such JSON
     */
    static Fields read(byte[] bytes, int maxBytes) throws TransitionException {
        if (bytes.length > maxBytes) {
            throw new TransitionException("longer than %d bytes".formatted(maxBytes));
        }
        Map<String, Object> object;
        try (JsonParser in = JSON.createParser(bytes)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                throw new TransitionException("not a JSON object");
            }
            object = object(in);
            if (in.nextToken() != null) {
                throw new TransitionException("something follows the JSON object");
            }
        } catch (IOException e) {
            throw new TransitionException("not JSON within the limits of the contract", e);
        }
        return new Fields(object);
    }

    private static void write(JsonGenerator out, Object value) throws IOException {
        if (value instanceof Map<?, ?> object) {
            out.writeStartObject();
            for (Map.Entry<?, ?> entry : object.entrySet()) {
                out.writeFieldName((String) entry.getKey());
                write(out, entry.getValue());
            }
            out.writeEndObject();
        } else if (value instanceof List<?> array) {
            out.writeStartArray();
            for (Object element : array) {
                write(out, element);
            }
            out.writeEndArray();
        } else if (value instanceof Long number) {
            out.writeNumber(number);
        } else {
            out.writeString((String) value);
        }
    }

    private static Object value(JsonParser in, JsonToken token) throws IOException, TransitionException {
        return switch (token) {
            case START_OBJECT -> object(in);
            case START_ARRAY -> array(in);
            case VALUE_STRING -> in.getText();
            case VALUE_NUMBER_INT -> in.getLongValue();
            default -> throw new TransitionException("JSON holds a null, boolean or fraction");
        };
    }

    private static Map<String, Object> object(JsonParser in) throws IOException, TransitionException {
        Map<String, Object> object = new LinkedHashMap<>();
        while (in.nextToken() != JsonToken.END_OBJECT) {
            String name = in.currentName();
            object.put(name, value(in, in.nextToken()));
        }
        return object;
    }

    private static List<Object> array(JsonParser in) throws IOException, TransitionException {
        List<Object> array = new ArrayList<>();
        for (JsonToken token = in.nextToken(); token != JsonToken.END_ARRAY; token = in.nextToken()) {
            array.add(value(in, token));
        }
        return array;
    }
}
