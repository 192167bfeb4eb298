package org.securemed.ledger.consent;

import java.util.Set;
import java.util.function.Function;

/** The answer to one request for one resource of one patient; recorded as it is. */
public sealed interface Decision {
    /** The step, Consent version or policy that settled it. */
    Basis basis();

    /** Handles both answers. */
    <T> T fold(Function<Permit, T> permit, Function<Deny, T> deny);

    /** Whether the resource may be accessed. */
    default boolean permits() {
        return this instanceof Permit;
    }

    /**
     * The access is permitted.
     *
     * @param basis what it rests on
     * @param obligations what must be done as well
     */
    record Permit(Basis basis, Set<Obligation> obligations) implements Decision {
        public Permit {
            obligations = Set.copyOf(obligations);
        }

        @Override
        public <T> T fold(Function<Permit, T> permit, Function<Deny, T> deny) {
            return permit.apply(this);
        }
    }

    /**
     * The access is refused. To the requester the resource does not exist: {@code reason} is for the record only.
     *
     * @param basis what it rests on
     * @param reason why
     */
    record Deny(Basis basis, Reason reason) implements Decision {
        @Override
        public <T> T fold(Function<Permit, T> permit, Function<Deny, T> deny) {
            return deny.apply(this);
        }
    }

    /** Why access is refused. */
    enum Reason {
        /** An active Consent says deny. */
        CONSENT_DENIES,
        /** No active Consent applies, and the implicit policy does not permit. */
        NO_CONSENT_APPLIES
    }
}
