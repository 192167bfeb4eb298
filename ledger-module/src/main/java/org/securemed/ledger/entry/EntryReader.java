package org.securemed.ledger.entry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads entries strictly. */
final class EntryReader {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(Entry.MAX_BYTES)
                    .maxStringLength(Entry.MAX_BYTES)
                    .maxNestingDepth(3)
                    .maxNumberLength(20)
                    .maxNameLength(16)
                    .build())
            .build();

    private final JsonParser json;
    private @Nullable Long version;
    private @Nullable UUID id;
    private @Nullable Long time;
    private @Nullable String instance;
    private @Nullable Op op;
    private @Nullable String actor;
    private @Nullable String role;
    private @Nullable String purpose;
    private @Nullable String resourceType;
    private @Nullable Pseudonym patient;
    private @Nullable Bytes resourceCommitment;
    private @Nullable Bytes searchCommitment;
    private @Nullable Decision decision;
    private @Nullable Long outcome;
    private @Nullable Long status;
    private @Nullable String request;
    private @Nullable Long previous;
    private @Nullable Bytes sealed;
    private @Nullable String statement;

    private EntryReader(JsonParser json) {
        this.json = json;
    }

    static Entry read(byte[] bytes) throws EntryException {
        if (bytes.length > Entry.MAX_BYTES) {
            throw new EntryException("the entry has %d bytes, more than %d".formatted(bytes.length, Entry.MAX_BYTES));
        }
        try (JsonParser json = JSON.createParser(bytes)) {
            return new EntryReader(json).entry();
        } catch (IOException e) {
            throw new EntryException("the entry is not the JSON it should be", e);
        } catch (IllegalArgumentException e) {
            throw new EntryException("the entry has a value outside its limits: " + e.getMessage(), e);
        }
    }

    private Entry entry() throws IOException, EntryException {
        expect(json.nextToken(), JsonToken.START_OBJECT);
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String member = json.currentName();
            json.nextToken();
            member(member);
        }
        if (json.nextToken() != null) {
            throw new EntryException("something follows the entry");
        }
        if (version == null || version != Entry.VERSION) {
            throw new EntryException("the entry has no version that is known");
        }
        if (id == null || time == null || instance == null || op == null) {
            throw new EntryException("the entry lacks one of id, t, inst, op");
        }
        return new Entry(
                id,
                Instant.ofEpochMilli(time),
                instance,
                op,
                actor,
                role,
                purpose,
                resourceType,
                patient,
                resourceCommitment,
                searchCommitment,
                decision,
                toInteger(outcome),
                toInteger(status),
                request,
                previous,
                sealed,
                statement);
    }

    private void member(String name) throws IOException, EntryException {
        switch (name) {
            case "v" -> version = number();
            case "id" -> id = uuid(text());
            case "t" -> time = number();
            case "inst" -> instance = text();
            case "op" -> op = new Op(text());
            case "actor" -> actor = text();
            case "role" -> role = text();
            case "pou" -> purpose = text();
            case "res" -> resourceType = text();
            case "p" -> patient = Pseudonym.parse(text());
            case "h" -> resourceCommitment = bytes();
            case "q" -> searchCommitment = bytes();
            case "d" -> decision = decision();
            case "out" -> outcome = number();
            case "st" -> status = number();
            case "req" -> request = text();
            case "prev" -> previous = number();
            case "c" -> sealed = bytes();
            case "x" -> statement = text();
            default -> throw new EntryException("the entry has a member that is not known");
        }
    }

    private Decision decision() throws IOException, EntryException {
        expect(json.currentToken(), JsonToken.START_OBJECT);
        String result = null;
        String reason = null;
        String policy = null;
        List<Long> basis = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String member = json.currentName();
            json.nextToken();
            switch (member) {
                case "outcome" -> result = text();
                case "reason" -> reason = text();
                case "policy" -> policy = text();
                case "basis" -> basis = basis();
                default -> throw new EntryException("the decision has a member that is not known");
            }
        }
        if (result == null || basis == null) {
            throw new EntryException("the decision lacks its outcome or basis");
        }
        return new Decision(result, reason, policy, basis);
    }

    private List<Long> basis() throws IOException, EntryException {
        expect(json.currentToken(), JsonToken.START_ARRAY);
        List<Long> indexes = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            indexes.add(number());
        }
        return indexes;
    }

    private String text() throws IOException, EntryException {
        expect(json.currentToken(), JsonToken.VALUE_STRING);
        return json.getText();
    }

    private long number() throws IOException, EntryException {
        expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT);
        return json.getLongValue();
    }

    private Bytes bytes() throws IOException, EntryException {
        String text = text();
        Bytes bytes = Bytes.of(Base64.getDecoder().decode(text));
        if (!bytes.toBase64().equals(text)) {
            throw new EntryException("bytes are not in their one form of base64");
        }
        return bytes;
    }

    private static UUID uuid(String text) throws EntryException {
        UUID id = UUID.fromString(text);
        if (!id.toString().equals(text)) {
            throw new EntryException("the id is not a UUID in its usual form");
        }
        return id;
    }

    private static @Nullable Integer toInteger(@Nullable Long value) {
        return value == null ? null : Math.toIntExact(Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, value)));
    }

    private static void expect(@Nullable JsonToken found, JsonToken expected) throws EntryException {
        if (found != expected) {
            throw new EntryException("the entry has %s where %s belongs".formatted(found, expected));
        }
    }
}
