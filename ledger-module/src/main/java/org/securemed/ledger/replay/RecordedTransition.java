package org.securemed.ledger.replay;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionException;
import org.securemed.ledger.consent.TransitionResult;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.SealException;

/**
 * A consent transition as its entry holds it, so that replaying the entries of a patient leads to the patient's state
 * again, step by step.
 *
 * <p>Of the entry: {@code op} says which kind of transition it is; {@code d.outcome} is {@code version N}, the version
 * of the state that it led to, by which transitions are ordered (two may come into the log in the other order);
 * {@code h} is the {@linkplain PatientKey#commitment commitment} to the hash of that state; {@code c} is sealed for the
 * entry's id: two bytes length of the signature (0 for none), the signature, the canonical transition.
 */
public final class RecordedTransition {
    private static final Map<Class<? extends Transition>, Op> OPS = Map.of(
            Transition.Grant.class, Op.CONSENT_GRANT,
            Transition.Amend.class, Op.CONSENT_AMEND,
            Transition.Revoke.class, Op.CONSENT_REVOKE,
            Transition.Expire.class, Op.CONSENT_EXPIRE,
            Transition.BreakGlass.class, Op.BREAK_GLASS,
            Transition.Appoint.class, Op.CONSENT_APPOINT,
            Transition.Dismiss.class, Op.CONSENT_DISMISS,
            Transition.RegisterKey.class, Op.CONSENT_REGISTER_KEY,
            Transition.RevokeKey.class, Op.CONSENT_REVOKE_KEY);
    private static final Set<Op> ALL_OPS = Set.copyOf(OPS.values());

    // At most 8 digits: an outcome has 16 characters.
    private static final Pattern VERSION = Pattern.compile("version ([1-9][0-9]{0,7})");

    private final Transition transition;
    private final @Nullable SignedTransition signed;

    private RecordedTransition(Transition transition, @Nullable SignedTransition signed) {
        this.transition = transition;
        this.signed = signed;
    }

    /** Ops of the entries that hold transitions. */
    public static Set<Op> ops() {
        return ALL_OPS;
    }

    /**
     * Begins the entry of a transition; the caller says who made it.
     *
     * @param id the entry's
     * @param key of the patient
     * @param state where the transition led to
     */
    public static Entry.Builder entry(
            UUID id, Instant time, String instance, PatientKey key, Transition transition, ConsentState state) {
        return entry(id, time, instance, key, transition, new byte[0], transition.canonicalBytes(), state);
    }

    /** As {@link #entry(UUID, Instant, String, PatientKey, Transition, ConsentState)}, with the author's signature. */
    public static Entry.Builder entry(
            UUID id, Instant time, String instance, PatientKey key, SignedTransition signed, ConsentState state) {
        return entry(id, time, instance, key, signed.transition(), signed.signature(), signed.canonicalBytes(), state);
    }

    private static Entry.Builder entry(
            UUID id,
            Instant time,
            String instance,
            PatientKey key,
            Transition transition,
            byte[] signature,
            byte[] canonical,
            ConsentState state) {
        byte[] plain = ByteBuffer.allocate(Short.BYTES + signature.length + canonical.length)
                .putShort((short) signature.length)
                .put(signature)
                .put(canonical)
                .array();
        return Entry.builder(id, time, instance, op(transition))
                .resourceType("Consent")
                .patient(key.pseudonym())
                .decision(new Decision(
                        "version " + state.version(),
                        null,
                        "securemed-consent/" + ConsentContract.ENGINE_VERSION,
                        List.of()))
                .resourceCommitment(Bytes.of(key.commitment(state.stateHash())))
                .outcome(0)
                .sealed(Bytes.of(key.seal(id.toString(), plain)));
    }

    /**
     * The version of the state that an entry's transition led to; needs no key.
     *
     * @throws ReplayException if the entry does not say
     */
    public static long version(Entry entry) throws ReplayException {
        Decision decision = entry.decision();
        Matcher matcher = VERSION.matcher(decision == null ? "" : decision.outcome());
        if (!matcher.matches()) {
            throw new ReplayException("no version of the consent state is named");
        }
        return Long.parseLong(matcher.group(1));
    }

    /**
     * Opens the transition that an entry holds.
     *
     * @param key of the entry's patient
     * @throws ReplayException if it does not open, or is not a transition of the kind that the entry says
     */
    public static RecordedTransition open(Entry entry, PatientKey key) throws ReplayException {
        Bytes sealed = entry.sealed();
        if (sealed == null) {
            throw new ReplayException("no transition is sealed in it");
        }
        try {
            RecordedTransition recorded = read(key.open(entry.id().toString(), sealed.toByteArray()));
            if (!op(recorded.transition).equals(entry.op())) {
                throw new ReplayException("the transition is of another kind than the entry");
            }
            return recorded;
        } catch (SealException | TransitionException e) {
            throw new ReplayException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Whether an entry is committed to {@code state}. */
    public static boolean commitsTo(Entry entry, PatientKey key, ConsentState state) {
        Bytes commitment = entry.resourceCommitment();
        return commitment != null && MessageDigest.isEqual(commitment.toByteArray(), key.commitment(state.stateHash()));
    }

    /** The transition. */
    public Transition transition() {
        return transition;
    }

    /** Where it leads from {@code state}, with its signature verified if it has one. */
    public TransitionResult applyTo(ConsentState state) {
        return signed == null ? ConsentContract.apply(state, transition) : ConsentContract.apply(state, signed);
    }

    private static RecordedTransition read(byte[] plain) throws ReplayException, TransitionException {
        if (plain.length < Short.BYTES) {
            throw new ReplayException("the sealed transition is cut off");
        }
        ByteBuffer buffer = ByteBuffer.wrap(plain);
        int signatureLength = Short.toUnsignedInt(buffer.getShort());
        if (signatureLength > buffer.remaining()) {
            throw new ReplayException("the sealed transition is cut off");
        }
        byte[] signature = new byte[signatureLength];
        buffer.get(signature);
        byte[] canonical = new byte[buffer.remaining()];
        buffer.get(canonical);
        if (signatureLength == 0) {
            return new RecordedTransition(Transition.parse(canonical), null);
        }
        SignedTransition signed = SignedTransition.of(canonical, signature);
        return new RecordedTransition(signed.transition(), signed);
    }

    private static Op op(Transition transition) {
        Op op = OPS.get(transition.getClass());
        if (op == null) {
            throw new IllegalStateException("a kind of transition without an op: " + transition.getClass());
        }
        return op;
    }
}
