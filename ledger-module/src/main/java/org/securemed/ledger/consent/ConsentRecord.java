package org.securemed.ledger.consent;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the state keeps of one Consent.
 *
 * @param id FHIR id
 * @param version version in the contract, from 1
 * @param status whether it counts
 * @param revokedAt the last version at which it was revoked, 0 if never; an older revocation is a replay
 * @param policy URI of the policy it is based on; empty if none
 * @param provision what it says; null once it is not active, because nothing reads it then
 */
public record ConsentRecord(
        String id,
        long version,
        Status status,
        long revokedAt,
        String policy,
        @Nullable Provision provision) {

    /** Whether a Consent counts. */
    public enum Status {
        ACTIVE("active"),
        REVOKED("revoked"),
        /** Replaced by a newer Consent for the same grantee and scope. */
        SUPERSEDED("superseded"),
        EXPIRED("expired");

        private final String code;

        Status(String code) {
            this.code = code;
        }

        /** The code in canonical bytes. */
        public String code() {
            return code;
        }

        static Status ofCode(String code) {
            for (Status status : values()) {
                if (status.code.equals(code)) {
                    return status;
                }
            }
            throw new IllegalArgumentException("unknown status");
        }
    }

    public ConsentRecord {
        Texts.id(id);
        TransitionHeader.checkVersion(version);
        if (revokedAt < 0 || revokedAt > version) {
            throw new IllegalArgumentException("revoked at a version it never had");
        }
        if ((status == Status.ACTIVE) != (provision != null)) {
            throw new IllegalArgumentException("an active Consent, and no other, has a provision");
        }
    }

    /** What it says, if it is active. */
    public Optional<Provision> activeProvision() {
        return Optional.ofNullable(provision);
    }

    ConsentRecord ended(Status how, long atVersion) {
        return new ConsentRecord(id, atVersion, how, how == Status.REVOKED ? atVersion : revokedAt, policy, null);
    }
}
