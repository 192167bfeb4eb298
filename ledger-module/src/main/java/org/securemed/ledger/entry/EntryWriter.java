package org.securemed.ledger.entry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.erdtman.jcs.JsonCanonicalizer;
import org.jspecify.annotations.Nullable;

/**
 * Writes entries in canonical form (RFC 8785). Members are written in their order and numbers are whole, so that only
 * text can still differ from it: what needs an escape, or is not ASCII, goes through the canonicalizer.
 */
final class EntryWriter {
    private static final JsonFactory JSON = new JsonFactory();

    private EntryWriter() {}

    static byte[] write(Entry entry) {
        StringWriter text = new StringWriter(1024);
        try (JsonGenerator json = JSON.createGenerator(text)) {
            members(entry, json);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
        String json = text.toString();
        byte[] canonical = isPlain(json) ? json.getBytes(StandardCharsets.US_ASCII) : canonicalize(json);
        if (canonical.length > Entry.MAX_BYTES) {
            throw new IllegalArgumentException(
                    "the entry has %d bytes, more than %d".formatted(canonical.length, Entry.MAX_BYTES));
        }
        return canonical;
    }

    private static void members(Entry entry, JsonGenerator json) throws IOException {
        json.writeStartObject();
        text(json, "actor", entry.actor());
        bytes(json, "c", entry.sealed());
        decision(json, entry.decision());
        bytes(json, "h", entry.resourceCommitment());
        json.writeStringField("id", entry.id().toString());
        json.writeStringField("inst", entry.instance());
        json.writeStringField("op", entry.op().code());
        number(json, "out", entry.outcome());
        text(json, "p", entry.patient() == null ? null : entry.patient().toString());
        text(json, "pou", entry.purpose());
        number(json, "prev", entry.previous());
        bytes(json, "q", entry.searchCommitment());
        text(json, "req", entry.request());
        text(json, "res", entry.resourceType());
        text(json, "role", entry.role());
        number(json, "st", entry.status());
        json.writeNumberField("t", entry.time().toEpochMilli());
        json.writeNumberField("v", Entry.VERSION);
        text(json, "x", entry.statement());
        json.writeEndObject();
    }

    private static void decision(JsonGenerator json, @Nullable Decision decision) throws IOException {
        if (decision == null) {
            return;
        }
        json.writeObjectFieldStart("d");
        json.writeArrayFieldStart("basis");
        for (long index : decision.basis()) {
            json.writeNumber(index);
        }
        json.writeEndArray();
        json.writeStringField("outcome", decision.outcome());
        text(json, "policy", decision.policy());
        text(json, "reason", decision.reason());
        json.writeEndObject();
    }

    private static void text(JsonGenerator json, String member, @Nullable String value) throws IOException {
        if (value != null) {
            json.writeStringField(member, value);
        }
    }

    private static void bytes(JsonGenerator json, String member, @Nullable Bytes value) throws IOException {
        if (value != null) {
            json.writeStringField(member, value.toBase64());
        }
    }

    private static void number(JsonGenerator json, String member, @Nullable Number value) throws IOException {
        if (value != null) {
            json.writeNumberField(member, value.longValue());
        }
    }

    private static boolean isPlain(String json) {
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c < 0x20 || c > 0x7e || c == '\\') {
                return false;
            }
        }
        return true;
    }

    private static byte[] canonicalize(String json) {
        try {
            return new JsonCanonicalizer(json).getEncodedUTF8();
        } catch (IOException e) {
            throw new IllegalArgumentException("the entry has no canonical form", e);
        }
    }
}
