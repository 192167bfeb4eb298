package org.securemed.ledger.consent;

import java.time.Instant;

/**
 * One change of a patient's consents, as the ledger stores it. Its canonical bytes (RFC 8785) are what is hashed and
 * signed; {@link #parse} accepts these bytes and no others.
 *
 * <p>Versions: a Consent that was never granted has version 0. {@link Grant} and {@link Amend} carry the version they
 * lead to, which must be the last one plus one, so a replayed or late one is refused. {@link Revoke} wins every race:
 * it applies whatever grew in between.
 */
public sealed interface Transition {
    /**
     * Longest canonical form, in bytes: sealed together with a signature it must fit the 20 KiB that an entry takes.
     */
    int MAX_BYTES = 20_000;

    /** Id of the transition, unique in the log. */
    String id();

    /** The patient, {@code Patient/…}. */
    String subject();

    /** Who makes it. */
    Author author();

    /** When it was made, in milliseconds. */
    Instant at();

    /** JCS bytes, at most {@link #MAX_BYTES}. */
    default byte[] canonicalBytes() {
        byte[] bytes = TransitionCodec.write(this);
        if (bytes.length > MAX_BYTES) {
            throw new IllegalStateException("a transition of %d bytes; at most %d".formatted(bytes.length, MAX_BYTES));
        }
        return bytes;
    }

    /**
     * Reads canonical bytes.
     *
     * @throws TransitionException if the bytes are not the canonical form of a valid transition
     */
    static Transition parse(byte[] bytes) throws TransitionException {
        return TransitionCodec.read(bytes);
    }

    /**
     * A Consent becomes active.
     *
     * @param consentId FHIR id of the Consent
     * @param version version of this Consent in the contract: last + 1
     * @param policy URI of the policy it is based on, {@code Consent.policy.uri}; empty if none is named
     * @param provision what it says
     */
    record Grant(
            String id,
            String subject,
            Author author,
            Instant at,
            String consentId,
            long version,
            String policy,
            Provision provision)
            implements Transition {
        public Grant {
            TransitionHeader.check(id, subject);
            at = Texts.instant(at);
            Texts.id(consentId);
            TransitionHeader.checkVersion(version);
            Texts.system(policy);
        }
    }

    /** An active Consent says something else from now on. Components as in {@link Grant}. */
    record Amend(
            String id,
            String subject,
            Author author,
            Instant at,
            String consentId,
            long version,
            String policy,
            Provision provision)
            implements Transition {
        public Amend {
            TransitionHeader.check(id, subject);
            at = Texts.instant(at);
            Texts.id(consentId);
            TransitionHeader.checkVersion(version);
            Texts.system(policy);
        }
    }

    /**
     * A Consent stops being active.
     *
     * @param consentId FHIR id of the Consent
     * @param version the version that the author saw, plus one; the Consent moves to it or, if it went on meanwhile, to
     *     its last version plus one
     */
    record Revoke(String id, String subject, Author author, Instant at, String consentId, long version)
            implements Transition {
        public Revoke {
            TransitionHeader.check(id, subject);
            at = Texts.instant(at);
            Texts.id(consentId);
            TransitionHeader.checkVersion(version);
        }
    }

    /** A Consent whose period is over is closed; it has not been deciding anything since. */
    record Expire(String id, String subject, Author author, Instant at, String consentId, long version)
            implements Transition {
        public Expire {
            TransitionHeader.check(id, subject);
            at = Texts.instant(at);
            Texts.id(consentId);
            TransitionHeader.checkVersion(version);
        }
    }

    /**
     * A user breaks the glass. Whether their role may do so is checked before; that it was declared, why, and until
     * when, is in here.
     *
     * @param reason what the user said, 1 to 1024 characters
     * @param until end of the access, exclusive; at most {@link ConsentContract#MAX_BREAK_GLASS} after {@code at}
     */
    record BreakGlass(String id, String subject, Author author, Instant at, String reason, Instant until)
            implements Transition {
        public BreakGlass {
            TransitionHeader.check(id, subject);
            at = Texts.instant(at);
            until = Texts.instant(until);
            if (Texts.text(reason).isBlank()) {
                throw new IllegalArgumentException("breaking the glass needs a reason");
            }
        }
    }

    /**
     * Somebody may act for the patient.
     *
     * @param representative reference of the person, such as {@code RelatedPerson/4}
     * @param until until when (a child's eighteenth birthday); {@link Instant#MAX} if open
     */
    record Appoint(String id, String subject, Author author, Instant at, String representative, Instant until)
            implements Transition {
        public Appoint {
            TransitionHeader.check(id, subject);
            at = Texts.instant(at);
            until = Texts.instant(until);
            Texts.reference(representative);
        }
    }

    /** A representative no longer acts for the patient. */
    record Dismiss(String id, String subject, Author author, Instant at, String representative) implements Transition {
        public Dismiss {
            TransitionHeader.check(id, subject);
            at = Texts.instant(at);
            Texts.reference(representative);
        }
    }

    /**
     * A key with which its owner signs transitions of this patient.
     *
     * @param key the key
     */
    record RegisterKey(String id, String subject, Author author, Instant at, RegisteredKey key) implements Transition {
        public RegisterKey {
            TransitionHeader.check(id, subject);
            at = Texts.instant(at);
        }
    }

    /** A registered key signs nothing any more. */
    record RevokeKey(String id, String subject, Author author, Instant at, String keyId) implements Transition {
        public RevokeKey {
            TransitionHeader.check(id, subject);
            at = Texts.instant(at);
            Texts.id(keyId);
        }
    }
}
