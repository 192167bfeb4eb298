package org.securemed.ledger.consent;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes the fields out of a JSON object one by one; a field that nobody asked for is refused by {@link #end}. */
final class Fields {
    private final Map<String, Object> rest;

    /** @param object is taken over and emptied */
    Fields(Map<String, Object> object) {
        this.rest = object;
    }

    String text(String name) throws TransitionException {
        return require(name, optionalText(name));
    }

    /** Empty if the field is absent; an empty string must be left out, so that there is one form. */
    String textOrEmpty(String name) throws TransitionException {
        String text = optionalText(name);
        if (text == null) {
            return "";
        }
        if (text.isEmpty()) {
            throw new TransitionException("field " + name + " is empty");
        }
        return text;
    }

    long number(String name) throws TransitionException {
        return require(name, rest.remove(name) instanceof Long number ? number : null);
    }

    Instant instant(String name) throws TransitionException {
        return parseInstant(name, text(name));
    }

    Instant instantOr(String name, Instant absent) throws TransitionException {
        String text = optionalText(name);
        return text == null ? absent : parseInstant(name, text);
    }

    Fields object(String name) throws TransitionException {
        return asObject(name, require(name, rest.remove(name)));
    }

    boolean has(String name) {
        return rest.containsKey(name);
    }

    /** Absent reads as empty; an empty array must be left out. */
    List<Fields> objects(String name) throws TransitionException {
        List<Fields> objects = new ArrayList<>();
        for (Object element : array(name)) {
            objects.add(asObject(name, element));
        }
        return objects;
    }

    /** Absent reads as empty; an empty array must be left out. */
    List<String> texts(String name) throws TransitionException {
        List<String> texts = new ArrayList<>();
        for (Object element : array(name)) {
            texts.add(require(name, element instanceof String text ? text : null));
        }
        return texts;
    }

    /** To be called when all known fields are taken. */
    void end() throws TransitionException {
        if (!rest.isEmpty()) {
            throw new TransitionException(
                    "unknown or misplaced field " + rest.keySet().iterator().next());
        }
    }

    private List<?> array(String name) throws TransitionException {
        if (!rest.containsKey(name)) {
            return List.of();
        }
        List<?> array = require(name, rest.remove(name) instanceof List<?> list ? list : null);
        if (array.isEmpty()) {
            throw new TransitionException("field " + name + " is empty");
        }
        return array;
    }

    private @Nullable String optionalText(String name) throws TransitionException {
        Object value = rest.remove(name);
        if (value == null) {
            return null;
        }
        return require(name, value instanceof String text ? text : null);
    }

    private static Fields asObject(String name, Object value) throws TransitionException {
        if (!(value instanceof Map<?, ?> object)) {
            throw new TransitionException("field " + name + " is missing or of the wrong kind");
        }
        return new Fields(asTree(object));
    }

    /** Every object that {@link CanonicalJson} reads has Strings for keys. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object> asTree(Map<?, ?> object) {
        return (Map<String, Object>) object;
    }

    private static Instant parseInstant(String name, String text) throws TransitionException {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new TransitionException("field " + name + " is not an instant in UTC", e);
        }
    }

    private static <T> T require(String name, @Nullable T value) throws TransitionException {
        if (value == null) {
            throw new TransitionException("field " + name + " is missing or of the wrong kind");
        }
        return value;
    }
}
