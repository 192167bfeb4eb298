package org.securemed.ledger.entry;

import java.util.regex.Pattern;

/**
 * What was done: a short code such as {@code read} or {@code consent.grant}.
 *
 * @param code lower-case letters, digits, {@code . - $}; at most 64
 */
public record Op(String code) {
    private static final Pattern FORM = Pattern.compile("[a-z][a-z0-9.$-]{0,63}");

    /** FHIR RESTful interactions. */
    public static final Op READ = new Op("read");

    public static final Op VREAD = new Op("vread");
    public static final Op HISTORY = new Op("history");
    public static final Op SEARCH = new Op("search");
    public static final Op CREATE = new Op("create");
    public static final Op UPDATE = new Op("update");
    public static final Op PATCH = new Op("patch");
    public static final Op DELETE = new Op("delete");

    /** Consent contract transitions; breaking the glass is one too. */
    public static final Op CONSENT_GRANT = new Op("consent.grant");

    public static final Op CONSENT_AMEND = new Op("consent.amend");
    public static final Op CONSENT_REVOKE = new Op("consent.revoke");
    public static final Op CONSENT_EXPIRE = new Op("consent.expire");
    public static final Op CONSENT_APPOINT = new Op("consent.appoint");
    public static final Op CONSENT_DISMISS = new Op("consent.dismiss");
    public static final Op CONSENT_REGISTER_KEY = new Op("consent.register-key");
    public static final Op CONSENT_REVOKE_KEY = new Op("consent.revoke-key");
    /** Where the consents of all patients stand. */
    public static final Op CONSENT_SNAPSHOT = new Op("consent.snapshot");

    public static final Op BREAK_GLASS = new Op("break-glass");

    /** The log about itself: a key announced or certified, a checkpoint, a patient erased. */
    public static final Op KEY = new Op("key");

    public static final Op CHECKPOINT = new Op("checkpoint");
    public static final Op ERASE = new Op("erase");

    /** The bytes of which entries may be gone; of whom none may go, and that they may again. */
    public static final Op RETENTION = new Op("retention");

    public static final Op HOLD = new Op("hold");
    public static final Op HOLD_RELEASE = new Op("hold.release");

    public Op {
        if (!FORM.matcher(code).matches()) {
            throw new IllegalArgumentException("an op is a lower-case code of at most 64 characters");
        }
    }

    @Override
    public String toString() {
        return code;
    }
}
