package org.securemed.fhir.smart;

import org.jspecify.annotations.Nullable;
import org.springframework.security.core.AuthenticationException;

/** A card does not log anybody in, or its signature does not count. */
public final class CardLogInException extends AuthenticationException {
    private static final long serialVersionUID = 1L;

    private final String code;
    private final @Nullable String device;

    /**
     * @param code why, in lower case with hyphens
     * @param device which card it is, {@code Device/…}; null if that is not known for certain
     */
    CardLogInException(String code, @Nullable String device) {
        super(code);
        this.code = code;
        this.device = device;
    }

    /** Why. */
    public String code() {
        return code;
    }

    /** Which card. */
    public @Nullable String device() {
        return device;
    }
}
