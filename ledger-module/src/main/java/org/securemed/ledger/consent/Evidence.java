package org.securemed.ledger.consent;

/**
 * How it is known that the author of a transition wanted it.
 *
 * @param kind what kind of evidence
 * @param reference where it is: a session or token id, a {@code DocumentReference/…} or other FHIR reference, a key id;
 *     1 to 256 characters
 */
public record Evidence(Kind kind, String reference) {
    /** Kinds of evidence. */
    public enum Kind {
        /** An authenticated session of the author. */
        SESSION("session"),
        /** A signed form or other document, stored and named. */
        DOCUMENT("document"),
        /** A signature over the transition by a registered key of the author. */
        SIGNATURE("signature");

        private final String code;

        Kind(String code) {
            this.code = code;
        }

        /** The code in canonical bytes. */
        public String code() {
            return code;
        }

        static Kind ofCode(String code) {
            for (Kind kind : values()) {
                if (kind.code.equals(code)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("unknown kind of evidence");
        }
    }

    public Evidence {
        Texts.code(reference);
        if (kind == Kind.DOCUMENT) {
            Texts.reference(reference);
        }
    }

    /** An authenticated session. */
    public static Evidence session(String id) {
        return new Evidence(Kind.SESSION, id);
    }

    /** A stored document. */
    public static Evidence document(String reference) {
        return new Evidence(Kind.DOCUMENT, reference);
    }

    /** A signature by the registered key {@code keyId}. */
    public static Evidence signature(String keyId) {
        return new Evidence(Kind.SIGNATURE, keyId);
    }
}
