package org.securemed.ledger.consent;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.consent.ConsentRecord.Status;
import org.securemed.ledger.consent.TransitionResult.Refusal;

/** Who may make which transition from which state, and where it leads. */
final class TransitionRules {
    private static final int MAX_CONSENTS = 4096;
    private static final int MAX_ACTIVE = 512;
    private static final int MAX_BREAK_GLASS_ACCESSES = 256;
    private static final int MAX_REPRESENTATIVES = 64;
    private static final int MAX_KEYS = 64;
    /** How far ahead of the last version a revocation may point; further ahead it is not a race but an attack. */
    private static final long MAX_REVOKE_AHEAD = 1024;

    private final ConsentState state;
    private final Transition transition;
    private final Author author;

    private TransitionRules(ConsentState state, Transition transition) {
        this.state = state;
        this.transition = transition;
        this.author = transition.author();
    }

    static TransitionResult applySigned(ConsentState state, SignedTransition signed) {
        Author author = signed.transition().author();
        RegisteredKey key = state.keys().get(author.evidence().reference());
        boolean bySignature = author.evidence().kind() == Evidence.Kind.SIGNATURE;
        if (!bySignature || key == null || !key.owner().equals(author.reference())) {
            return refused(Refusal.EVIDENCE, "The evidence does not name a registered key of the author.");
        }
        if (!signed.isSignedBy(key)) {
            return refused(Refusal.EVIDENCE, "The signature does not verify.");
        }
        return apply(state, signed.transition(), true);
    }

    static TransitionResult apply(ConsentState state, Transition transition, boolean signatureVerified) {
        if (!transition.subject().equals(state.subject())) {
            return refused(Refusal.WRONG_SUBJECT, "The transition is about another patient.");
        }
        boolean claimsSignature = transition.author().evidence().kind() == Evidence.Kind.SIGNATURE;
        if (claimsSignature && !signatureVerified) {
            return refused(Refusal.EVIDENCE, "The evidence is a signature, but there is none.");
        }
        return new TransitionRules(state, transition).apply();
    }

    private TransitionResult apply() {
        // No pattern switch in Java 17; the last branch makes a forgotten kind a refusal.
        if (transition instanceof Transition.Grant grant) {
            return grant(grant);
        }
        if (transition instanceof Transition.Amend amend) {
            return amend(amend);
        }
        if (transition instanceof Transition.Revoke revoke) {
            return revoke(revoke);
        }
        if (transition instanceof Transition.Expire expire) {
            return expire(expire);
        }
        if (transition instanceof Transition.BreakGlass breakGlass) {
            return breakGlass(breakGlass);
        }
        if (transition instanceof Transition.Appoint appoint) {
            return appoint(appoint);
        }
        if (transition instanceof Transition.Dismiss dismiss) {
            return dismiss(dismiss);
        }
        if (transition instanceof Transition.RegisterKey register) {
            return registerKey(register);
        }
        if (transition instanceof Transition.RevokeKey revoke) {
            return revokeKey(revoke);
        }
        return refused(Refusal.NOT_ALLOWED, "No rule allows this transition.");
    }

    private TransitionResult grant(Transition.Grant grant) {
        @Nullable TransitionResult notAllowed = mayChangeConsents();
        if (notAllowed != null) {
            return notAllowed;
        }
        long last = state.consentVersion(grant.consentId());
        if (grant.version() != last + 1) {
            return stale(last);
        }
        ConsentRecord known = state.consents().get(grant.consentId());
        if (known != null && known.status() == Status.ACTIVE) {
            return refused(Refusal.WRONG_STATUS, "The Consent is active already; amend it instead.");
        }
        boolean full = state.active().size() >= MAX_ACTIVE
                || known == null && state.consents().size() >= MAX_CONSENTS;
        if (full) {
            return refused(Refusal.LIMIT, "The patient has too many Consents.");
        }
        Map<String, ConsentRecord> consents = new TreeMap<>(state.consents());
        List<String> superseded = supersede(consents, grant.consentId(), grant.provision());
        long revokedAt = known == null ? 0 : known.revokedAt();
        consents.put(
                grant.consentId(),
                active(grant.consentId(), grant.version(), revokedAt, grant.policy(), grant.provision()));
        return applied(consents, superseded);
    }

    private TransitionResult amend(Transition.Amend amend) {
        @Nullable TransitionResult notAllowed = mayChangeConsents();
        if (notAllowed != null) {
            return notAllowed;
        }
        ConsentRecord known = state.consents().get(amend.consentId());
        if (known == null) {
            return refused(Refusal.UNKNOWN, "The Consent was never granted.");
        }
        if (amend.version() != known.version() + 1) {
            return stale(known.version());
        }
        if (known.status() != Status.ACTIVE) {
            return refused(Refusal.WRONG_STATUS, "The Consent is not active; grant it again instead.");
        }
        Map<String, ConsentRecord> consents = new TreeMap<>(state.consents());
        List<String> superseded = supersede(consents, amend.consentId(), amend.provision());
        consents.put(
                amend.consentId(),
                active(amend.consentId(), amend.version(), known.revokedAt(), amend.policy(), amend.provision()));
        return applied(consents, superseded);
    }

    private TransitionResult revoke(Transition.Revoke revoke) {
        @Nullable TransitionResult notAllowed = mayChangeConsents();
        if (notAllowed != null) {
            return notAllowed;
        }
        ConsentRecord known = state.consents().get(revoke.consentId());
        if (known == null) {
            return refused(Refusal.UNKNOWN, "The Consent was never granted.");
        }
        boolean replayed = revoke.version() <= known.revokedAt();
        if (replayed || revoke.version() > known.version() + MAX_REVOKE_AHEAD) {
            return stale(known.version());
        }
        if (known.status() != Status.ACTIVE) {
            return refused(Refusal.WRONG_STATUS, "The Consent is not active.");
        }
        return ended(known, Status.REVOKED, Math.max(revoke.version(), known.version() + 1));
    }

    private TransitionResult expire(Transition.Expire expire) {
        if (author.capacity() != Author.Capacity.CUSTODIAN) {
            return refused(Refusal.NOT_ALLOWED, "Only the custodian's system closes what is over.");
        }
        ConsentRecord known = state.consents().get(expire.consentId());
        if (known == null) {
            return refused(Refusal.UNKNOWN, "The Consent was never granted.");
        }
        if (expire.version() != known.version() + 1) {
            return stale(known.version());
        }
        Provision provision = known.provision();
        if (provision == null) {
            return refused(Refusal.WRONG_STATUS, "The Consent is not active.");
        }
        if (provision.period().until().isAfter(expire.at())) {
            return refused(Refusal.TIME, "The period of the Consent is not over.");
        }
        return ended(known, Status.EXPIRED, expire.version());
    }

    private TransitionResult breakGlass(Transition.BreakGlass breakGlass) {
        if (author.capacity() != Author.Capacity.USER) {
            return refused(Refusal.NOT_ALLOWED, "A user declares break-glass for themselves only.");
        }
        boolean possible = breakGlass.until().isAfter(breakGlass.at())
                && !breakGlass.until().isAfter(breakGlass.at().plus(ConsentContract.MAX_BREAK_GLASS));
        if (!possible) {
            return refused(Refusal.TIME, "Break-glass ends after it begins, and within 24 hours.");
        }
        List<BreakGlassAccess> accesses = new ArrayList<>();
        for (BreakGlassAccess access : state.breakGlass()) {
            if (access.id().equals(breakGlass.id())) {
                return refused(Refusal.STALE, "This break-glass was declared already.");
            }
            if (access.until().isAfter(breakGlass.at())) {
                accesses.add(access);
            }
        }
        if (accesses.size() >= MAX_BREAK_GLASS_ACCESSES) {
            return refused(Refusal.LIMIT, "Too many break-glass accesses are in force.");
        }
        accesses.add(new BreakGlassAccess(breakGlass.id(), author.reference(), breakGlass.at(), breakGlass.until()));
        return new TransitionResult.Applied(
                new ConsentState(
                        state.subject(),
                        state.version() + 1,
                        state.consents(),
                        accesses,
                        state.representatives(),
                        state.keys()),
                List.of());
    }

    private TransitionResult appoint(Transition.Appoint appoint) {
        @Nullable TransitionResult notAllowed = mayAppoint();
        if (notAllowed != null) {
            return notAllowed;
        }
        if (appoint.representative().equals(state.subject()) || !appoint.until().isAfter(appoint.at())) {
            return refused(Refusal.TIME, "A representative is somebody else, and for a time yet to come.");
        }
        if (state.representatives().size() >= MAX_REPRESENTATIVES
                && !state.representatives().containsKey(appoint.representative())) {
            return refused(Refusal.LIMIT, "Too many representatives.");
        }
        Map<String, Instant> representatives = new TreeMap<>(state.representatives());
        representatives.put(appoint.representative(), appoint.until());
        return appliedRepresentatives(representatives);
    }

    private TransitionResult dismiss(Transition.Dismiss dismiss) {
        boolean resigns = author.capacity() == Author.Capacity.REPRESENTATIVE
                && author.reference().equals(dismiss.representative());
        @Nullable TransitionResult notAllowed = resigns ? null : mayAppoint();
        if (notAllowed != null) {
            return notAllowed;
        }
        if (!state.representatives().containsKey(dismiss.representative())) {
            return refused(Refusal.UNKNOWN, "This person does not act for the patient.");
        }
        Map<String, Instant> representatives = new TreeMap<>(state.representatives());
        representatives.remove(dismiss.representative());
        return appliedRepresentatives(representatives);
    }

    private TransitionResult registerKey(Transition.RegisterKey register) {
        @Nullable TransitionResult notAllowed = mayChangeConsents();
        if (notAllowed != null) {
            return notAllowed;
        }
        RegisteredKey key = register.key();
        boolean ownerActs = key.owner().equals(state.subject()) || state.isRepresentative(key.owner(), register.at());
        boolean forItsOwner = author.capacity() == Author.Capacity.RECORDER
                || author.capacity() == Author.Capacity.PATIENT
                || key.owner().equals(author.reference());
        if (!ownerActs || !forItsOwner) {
            return refused(Refusal.NOT_ALLOWED, "A key belongs to the patient or to a representative.");
        }
        if (state.keys().containsKey(key.keyId())) {
            return refused(Refusal.STALE, "A key of this id is registered.");
        }
        if (state.keys().size() >= MAX_KEYS) {
            return refused(Refusal.LIMIT, "Too many keys.");
        }
        Map<String, RegisteredKey> keys = new TreeMap<>(state.keys());
        keys.put(key.keyId(), key);
        return appliedKeys(keys);
    }

    private TransitionResult revokeKey(Transition.RevokeKey revoke) {
        @Nullable TransitionResult notAllowed = mayChangeConsents();
        if (notAllowed != null) {
            return notAllowed;
        }
        if (!state.keys().containsKey(revoke.keyId())) {
            return refused(Refusal.UNKNOWN, "No key of this id is registered.");
        }
        Map<String, RegisteredKey> keys = new TreeMap<>(state.keys());
        keys.remove(revoke.keyId());
        return appliedKeys(keys);
    }

    /** Null if the author may: the patient, a representative in office, or a recorder with a named document. */
    private @Nullable TransitionResult mayChangeConsents() {
        if (author.capacity() == Author.Capacity.REPRESENTATIVE) {
            return state.isRepresentative(author.reference(), transition.at())
                    ? null
                    : refused(Refusal.NOT_ALLOWED, "The author does not act for the patient.");
        }
        return mayAppoint();
    }

    /** Null if the author may: the patient, or a recorder with a named document. */
    private @Nullable TransitionResult mayAppoint() {
        return switch (author.capacity()) {
            case PATIENT ->
                author.reference().equals(state.subject())
                        ? null
                        : refused(Refusal.NOT_ALLOWED, "The author is not this patient.");
            case RECORDER ->
                author.evidence().kind() == Evidence.Kind.DOCUMENT
                        ? null
                        : refused(Refusal.EVIDENCE, "A recorder names the document that the patient signed.");
            case REPRESENTATIVE, USER, CUSTODIAN ->
                refused(Refusal.NOT_ALLOWED, "The author may not change this patient's consents.");
        };
    }

    private static List<String> supersede(Map<String, ConsentRecord> consents, String newId, Provision provision) {
        List<String> superseded = new ArrayList<>();
        for (Map.Entry<String, ConsentRecord> entry : consents.entrySet()) {
            ConsentRecord old = entry.getValue();
            Provision said = old.provision();
            if (said != null && !old.id().equals(newId) && said.sameGranteeAndScope(provision)) {
                superseded.add(old.id());
                entry.setValue(old.ended(Status.SUPERSEDED, old.version() + 1));
            }
        }
        return superseded;
    }

    private static ConsentRecord active(String id, long version, long revokedAt, String policy, Provision provision) {
        return new ConsentRecord(id, version, Status.ACTIVE, revokedAt, policy, provision);
    }

    private TransitionResult ended(ConsentRecord known, Status how, long version) {
        Map<String, ConsentRecord> consents = new TreeMap<>(state.consents());
        consents.put(known.id(), known.ended(how, version));
        return applied(consents, List.of());
    }

    private TransitionResult applied(Map<String, ConsentRecord> consents, List<String> superseded) {
        return new TransitionResult.Applied(
                new ConsentState(
                        state.subject(),
                        state.version() + 1,
                        consents,
                        state.breakGlass(),
                        state.representatives(),
                        state.keys()),
                superseded);
    }

    private TransitionResult appliedRepresentatives(Map<String, Instant> representatives) {
        return new TransitionResult.Applied(
                new ConsentState(
                        state.subject(),
                        state.version() + 1,
                        state.consents(),
                        state.breakGlass(),
                        representatives,
                        state.keys()),
                List.of());
    }

    private TransitionResult appliedKeys(Map<String, RegisteredKey> keys) {
        return new TransitionResult.Applied(
                new ConsentState(
                        state.subject(),
                        state.version() + 1,
                        state.consents(),
                        state.breakGlass(),
                        state.representatives(),
                        keys),
                List.of());
    }

    private static TransitionResult stale(long last) {
        return refused(Refusal.STALE, "The last version is %d; the transition is replayed or late.".formatted(last));
    }

    private static TransitionResult refused(Refusal refusal, String text) {
        return new TransitionResult.Refused(refusal, text);
    }
}
