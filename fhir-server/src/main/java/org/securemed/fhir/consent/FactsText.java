package org.securemed.fhir.consent;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.ResourceFacts;

/** The facts of a resource as a text for the owner index: JSON with one array for each kind of fact. */
final class FactsText {
    private static final JsonFactory JSON = new JsonFactory();

    /** Neither a system nor a code has it: both are printable. */
    private static final char BETWEEN = '\n';

    private FactsText() {}

    /** The facts as a text, sorted. */
    static String of(ResourceFacts facts) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartObject();
            codings(out, "label", facts.securityLabels());
            codings(out, "code", facts.codes());
            codings(out, "mentions", facts.mentionedCodes());
            texts(out, "author", facts.authors());
            texts(out, "refers", facts.references());
            out.writeArrayFieldStart("date");
            for (Period date : facts.dates()) {
                out.writeString(bound(date.start(), Instant.MIN));
                out.writeString(bound(date.until(), Instant.MAX));
            }
            out.writeEndArray();
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail to be written", e);
        }
        return text.toString();
    }

    /**
     * The facts of a resource.
     *
     * @param reference {@code Type/id}
     * @return empty if the text is none of ours; then nothing is known of the resource
     */
    static Optional<ResourceFacts> read(String reference, String text) {
        Set<Coding> labels = new LinkedHashSet<>();
        Set<Coding> codes = new LinkedHashSet<>();
        Set<Coding> mentioned = new LinkedHashSet<>();
        Set<String> authors = new LinkedHashSet<>();
        Set<String> references = new LinkedHashSet<>();
        List<Period> dates = new ArrayList<>();
        try (JsonParser in = JSON.createParser(text)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            while (in.nextToken() == JsonToken.FIELD_NAME) {
                String name = in.currentName();
                List<String> values = values(in);
                switch (name) {
                    case "label" -> codings(values, labels);
                    case "code" -> codings(values, codes);
                    case "mentions" -> codings(values, mentioned);
                    case "author" -> authors.addAll(values);
                    case "refers" -> references.addAll(values);
                    case "date" -> dates(values, dates);
                    default -> {
                        return Optional.empty();
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
        return Optional.of(new ResourceFacts(
                reference.substring(0, reference.indexOf('/')),
                reference,
                labels,
                codes,
                mentioned,
                dates,
                authors,
                references));
    }

    private static void codings(JsonGenerator out, String name, Collection<Coding> codings) throws IOException {
        List<String> values = new ArrayList<>();
        for (Coding coding : codings) {
            values.add(coding.system() + BETWEEN + coding.code());
        }
        texts(out, name, values);
    }

    private static void texts(JsonGenerator out, String name, Collection<String> values) throws IOException {
        if (values.isEmpty()) {
            return;
        }
        out.writeArrayFieldStart(name);
        for (String value : values.stream().sorted().toList()) {
            out.writeString(value);
        }
        out.writeEndArray();
    }

    private static String bound(Instant instant, Instant none) {
        return instant.equals(none) ? "" : instant.toString();
    }

    private static List<String> values(JsonParser in) throws IOException {
        if (in.nextToken() != JsonToken.START_ARRAY) {
            throw new IOException("not an array");
        }
        List<String> values = new ArrayList<>();
        while (in.nextToken() == JsonToken.VALUE_STRING) {
            values.add(in.getText());
        }
        if (in.currentToken() != JsonToken.END_ARRAY) {
            throw new IOException("not a text");
        }
        return values;
    }

    private static void codings(List<String> values, Set<Coding> into) {
        for (String value : values) {
            int between = value.indexOf(BETWEEN);
            into.add(new Coding(value.substring(0, between), value.substring(between + 1)));
        }
    }

    private static void dates(List<String> values, List<Period> into) {
        for (int i = 0; i + 1 < values.size(); i += 2) {
            into.add(new Period(instant(values.get(i), Instant.MIN), instant(values.get(i + 1), Instant.MAX)));
        }
    }

    private static Instant instant(String text, Instant none) {
        return text.isEmpty() ? none : Instant.parse(text);
    }
}
