package org.securemed.ledger.consent;

import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Transitions as canonical JSON; field {@code kind} names the transition, {@code v} the version of this format. */
final class TransitionCodec {
    private static final long FORMAT = 1;

    private TransitionCodec() {}

    static byte[] write(Transition transition) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("v", FORMAT);
        json.put("id", transition.id());
        json.put("subject", transition.subject());
        json.put("author", write(transition.author()));
        json.put("at", transition.at().toString());
        if (transition instanceof Transition.Grant grant) {
            json.put("kind", "grant");
            consent(json, grant.consentId(), grant.version());
            PolicyCodec.putText(json, "policy", grant.policy());
            json.put("provision", PolicyCodec.write(grant.provision()));
        } else if (transition instanceof Transition.Amend amend) {
            json.put("kind", "amend");
            consent(json, amend.consentId(), amend.version());
            PolicyCodec.putText(json, "policy", amend.policy());
            json.put("provision", PolicyCodec.write(amend.provision()));
        } else if (transition instanceof Transition.Revoke revoke) {
            json.put("kind", "revoke");
            consent(json, revoke.consentId(), revoke.version());
        } else if (transition instanceof Transition.Expire expire) {
            json.put("kind", "expire");
            consent(json, expire.consentId(), expire.version());
        } else if (transition instanceof Transition.BreakGlass breakGlass) {
            json.put("kind", "break-glass");
            json.put("reason", breakGlass.reason());
            json.put("until", breakGlass.until().toString());
        } else if (transition instanceof Transition.Appoint appoint) {
            json.put("kind", "appoint");
            json.put("representative", appoint.representative());
            putUntil(json, appoint.until());
        } else if (transition instanceof Transition.Dismiss dismiss) {
            json.put("kind", "dismiss");
            json.put("representative", dismiss.representative());
        } else if (transition instanceof Transition.RegisterKey register) {
            json.put("kind", "register-key");
            json.put("key", write(register.key()));
        } else if (transition instanceof Transition.RevokeKey revoke) {
            json.put("kind", "revoke-key");
            json.put("keyId", revoke.keyId());
        }
        return CanonicalJson.write(json);
    }

    static Transition read(byte[] bytes) throws TransitionException {
        Fields fields = CanonicalJson.read(bytes, Transition.MAX_BYTES);
        Transition transition;
        try {
            transition = read(fields);
        } catch (IllegalArgumentException e) {
            throw new TransitionException("a field has an impossible value: " + e.getMessage(), e);
        }
        fields.end();
        // Stricter than canonical JSON: an unsorted or repeated element, or a time in nanoseconds, has another form.
        if (!Arrays.equals(write(transition), bytes)) {
            throw new TransitionException("not in canonical form");
        }
        return transition;
    }

    private static Transition read(Fields fields) throws TransitionException {
        if (fields.number("v") != FORMAT) {
            throw new TransitionException("unknown version of the format");
        }
        String id = fields.text("id");
        String subject = fields.text("subject");
        Author author = readAuthor(fields.object("author"));
        Instant at = fields.instant("at");
        return switch (fields.text("kind")) {
            case "grant" ->
                new Transition.Grant(
                        id,
                        subject,
                        author,
                        at,
                        fields.text("consent"),
                        fields.number("version"),
                        fields.textOrEmpty("policy"),
                        PolicyCodec.readProvision(fields.object("provision")));
            case "amend" ->
                new Transition.Amend(
                        id,
                        subject,
                        author,
                        at,
                        fields.text("consent"),
                        fields.number("version"),
                        fields.textOrEmpty("policy"),
                        PolicyCodec.readProvision(fields.object("provision")));
            case "revoke" ->
                new Transition.Revoke(id, subject, author, at, fields.text("consent"), fields.number("version"));
            case "expire" ->
                new Transition.Expire(id, subject, author, at, fields.text("consent"), fields.number("version"));
            case "break-glass" ->
                new Transition.BreakGlass(id, subject, author, at, fields.text("reason"), fields.instant("until"));
            case "appoint" ->
                new Transition.Appoint(
                        id, subject, author, at, fields.text("representative"), fields.instantOr("until", Instant.MAX));
            case "dismiss" -> new Transition.Dismiss(id, subject, author, at, fields.text("representative"));
            case "register-key" -> new Transition.RegisterKey(id, subject, author, at, readKey(fields.object("key")));
            case "revoke-key" -> new Transition.RevokeKey(id, subject, author, at, fields.text("keyId"));
            default -> throw new TransitionException("unknown kind of transition");
        };
    }

    static Map<String, Object> write(RegisteredKey key) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", key.keyId());
        json.put("owner", key.owner());
        json.put("alg", key.algorithm().code());
        json.put("spki", key.publicKey());
        return json;
    }

    static RegisteredKey readKey(Fields fields) throws TransitionException {
        RegisteredKey key = new RegisteredKey(
                fields.text("id"),
                fields.text("owner"),
                RegisteredKey.Algorithm.ofCode(fields.text("alg")),
                fields.text("spki"));
        fields.end();
        return key;
    }

    static void putUntil(Map<String, Object> json, Instant until) {
        if (!until.equals(Instant.MAX)) {
            json.put("until", until.toString());
        }
    }

    private static void consent(Map<String, Object> json, String id, long version) {
        json.put("consent", id);
        json.put("version", version);
    }

    private static Map<String, Object> write(Author author) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("capacity", author.capacity().code());
        json.put("reference", author.reference());
        json.put("evidence", author.evidence().kind().code());
        json.put("evidenceReference", author.evidence().reference());
        return json;
    }

    private static Author readAuthor(Fields fields) throws TransitionException {
        Author author = new Author(
                Author.Capacity.ofCode(fields.text("capacity")),
                fields.text("reference"),
                new Evidence(Evidence.Kind.ofCode(fields.text("evidence")), fields.text("evidenceReference")));
        fields.end();
        return author;
    }
}
