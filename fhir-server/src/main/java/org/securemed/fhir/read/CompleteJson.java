package org.securemed.fhir.read;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Date;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.InstantType;

/**
 * Puts back into a stored text what HAPI leaves out of it: id, versionId and lastUpdated. The result is, byte for byte,
 * what HAPI's parser and encoder would make of it. Where they would change more than that, there is no result.
 */
final class CompleteJson {
    private static final JsonFactory JSON = new JsonFactory();

    /** What stands behind versionId and lastUpdated. */
    private static final Set<String> LISTS = Set.of("profile", "security", "tag");

    private static final String META = ",\"meta\":{";

    private final String baseUrl;

    /** @param baseUrl of the FHIR endpoint: references that name it are made relative by HAPI */
    CompleteJson(String baseUrl) {
        this.baseUrl = baseUrl;
    }

    /** The resource as JSON; empty if HAPI has to make it. */
    Optional<String> of(StoredVersion stored) {
        String text = stored.text();
        String head = "{\"resourceType\":\"" + stored.type() + "\"";
        if (!text.startsWith(head) || text.startsWith(",\"id\"", head.length()) || isReworked(text)) {
            return Optional.empty();
        }
        StringBuilder json = new StringBuilder(text.length() + 160)
                .append(head)
                .append(",\"id\":\"")
                .append(stored.id())
                .append('"')
                .append(META)
                .append("\"versionId\":\"")
                .append(stored.version())
                .append("\",\"lastUpdated\":\"")
                .append(new InstantType(Date.from(stored.updated())).getValueAsString())
                .append('"');
        if (!text.startsWith(META, head.length())) {
            return Optional.of(
                    json.append('}').append(text, head.length(), text.length()).toString());
        }
        int members = head.length() + META.length();
        if (text.startsWith("}", members)) {
            return Optional.of(json.append(text, members, text.length()).toString());
        }
        return isInOrder(text, members - 1)
                ? Optional.of(
                        json.append(',').append(text, members, text.length()).toString())
                : Optional.empty();
    }

    /** What HAPI renames, resolves or leaves out on its way out. */
    private boolean isReworked(String text) {
        return text.contains("\"contained\"")
                || text.contains("\"_id\"")
                || text.contains("/_history/")
                || text.contains(baseUrl);
    }

    /** Whether meta has only lists, of one element each: HAPI sorts longer ones. */
    private static boolean isInOrder(String text, int meta) {
        try (JsonParser json = JSON.createParser(new java.io.StringReader(text.substring(meta)))) {
            json.nextToken();
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                if (!LISTS.contains(name) || json.nextToken() != JsonToken.START_ARRAY) {
                    return false;
                }
                json.nextToken();
                json.skipChildren();
                if (json.nextToken() != JsonToken.END_ARRAY) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
