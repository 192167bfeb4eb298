package org.securemed.card.reader.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.securemed.card.outbound.StrictJson;

/**
 * A transition of a patient's consent contract that the patient is asked to sign. It is shown from the very bytes that
 * are signed: whoever sent them says nothing about them.
 */
final class ConsentToSign {
    private static final byte[] CONTEXT = "securemed/consent-transition/v1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST = 20_000;

    private final byte[] transition;
    private final ObjectNode json;

    private ConsentToSign(byte[] transition, ObjectNode json) {
        this.transition = transition;
        this.json = json;
    }

    /**
     * Reads a grant or a revocation.
     *
     * @param text base64url
     * @throws IllegalArgumentException if it is anything else: no other transition is signed here
     */
    static ConsentToSign parse(String text) {
        byte[] bytes = Base64.getUrlDecoder().decode(text);
        if (bytes.length == 0 || bytes.length > LONGEST) {
            throw new IllegalArgumentException("too long");
        }
        try {
            ObjectNode json = StrictJson.object(bytes);
            String kind = json.path("kind").asText();
            if (!kind.equals("grant") && !kind.equals("revoke")) {
                throw new IllegalArgumentException("neither a grant nor a revocation");
            }
            return new ConsentToSign(bytes, json);
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON", e);
        }
    }

    /** As it came. */
    byte[] transition() {
        return transition.clone();
    }

    /** What the card signs. */
    byte[] message() {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(CONTEXT);
        message.writeBytes(transition);
        return message.toByteArray();
    }

    /** What it means, line by line. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("Patient: " + json.path("subject").asText());
        if (json.path("kind").asText().equals("revoke")) {
            lines.add("This consent ends: Consent/" + json.path("consent").asText());
            return lines;
        }
        JsonNode provision = json.path("provision");
        boolean permit = provision.path("type").asText().equals("permit");
        lines.add(permit ? "You let in" : "You keep out");
        lines.add("Who: " + joined(provision.path("actors"), "reference", "anybody"));
        lines.add("For what: " + joined(provision.path("purposes"), "code", "anything"));
        lines.add("What: " + joined(provision.path("classes"), "", "everything"));
        JsonNode period = provision.path("period");
        lines.add("From: " + period.path("start").asText("now"));
        lines.add("Until: " + period.path("until").asText("you end it"));
        if (provision.path("provisions").size() > 0) {
            lines.add("With exceptions: see the text below.");
        }
        return lines;
    }

    /** The text that is signed. */
    String text() {
        return new String(transition, StandardCharsets.UTF_8);
    }

    private static String joined(JsonNode many, String field, String none) {
        List<String> texts = new ArrayList<>();
        many.forEach(one ->
                texts.add(field.isEmpty() ? one.asText() : one.path(field).asText(one.toString())));
        return texts.isEmpty() ? none : String.join(", ", texts);
    }
}
