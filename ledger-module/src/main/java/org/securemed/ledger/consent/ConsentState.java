package org.securemed.ledger.consent;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * All consents of one patient at one version: the fold of the patient's transitions. Immutable; equal histories give
 * equal {@linkplain #canonicalBytes() bytes} and so equal {@linkplain #stateHash() hashes}.
 */
public final class ConsentState {
    private final String subject;
    private final long version;
    /** In the order of their ids. A list, because a million states are in memory and few maps are ever asked for. */
    private final List<ConsentRecord> consents;

    private final List<BreakGlassAccess> breakGlass;
    private final Map<String, Instant> representatives;
    private final Map<String, RegisteredKey> keys;
    /** The active ones in the order of their ids: what a decision walks over. */
    private final List<ConsentRecord> active;

    ConsentState(
            String subject,
            long version,
            Map<String, ConsentRecord> consents,
            List<BreakGlassAccess> breakGlass,
            Map<String, Instant> representatives,
            Map<String, RegisteredKey> keys) {
        TransitionHeader.checkSubject(subject);
        this.subject = subject;
        this.version = version;
        this.consents = List.copyOf(new TreeMap<>(consents).values());
        this.breakGlass = List.copyOf(breakGlass);
        this.representatives = Map.copyOf(representatives);
        this.keys = Map.copyOf(keys);
        List<ConsentRecord> found = new ArrayList<>();
        for (ConsentRecord consent : this.consents) {
            if (consent.status() == ConsentRecord.Status.ACTIVE) {
                found.add(consent);
            }
        }
        this.active = found.size() == this.consents.size() ? this.consents : List.copyOf(found);
    }

    /** The state of a patient who has said nothing yet: version 0. */
    public static ConsentState initial(String subject) {
        return new ConsentState(subject, 0, Map.of(), List.of(), Map.of(), Map.of());
    }

    /**
     * Reads {@link #canonicalBytes()}.
     *
     * @throws TransitionException if the bytes are not the canonical form of a state
     */
    public static ConsentState parse(byte[] bytes) throws TransitionException {
        return StateCodec.read(bytes);
    }

    /**
     * Reads {@link #canonicalBytes()} whose origin and integrity the caller has verified, as by a seal: whether they
     * are canonical is not checked again.
     *
     * @throws TransitionException if the bytes are not a state
     */
    public static ConsentState restore(byte[] authenticBytes) throws TransitionException {
        return StateCodec.restore(authenticBytes);
    }

    /** The patient, {@code Patient/…}. */
    public String subject() {
        return subject;
    }

    /** Number of transitions applied. */
    public long version() {
        return version;
    }

    /** Every Consent ever granted, by FHIR id. */
    public Map<String, ConsentRecord> consents() {
        Map<String, ConsentRecord> byId = new TreeMap<>();
        consents.forEach(consent -> byId.put(consent.id(), consent));
        return Collections.unmodifiableMap(byId);
    }

    /** The active Consents in the order of their ids; their periods may not have begun or may be over. */
    public List<ConsentRecord> active() {
        return active;
    }

    /** Declared break-glass accesses that were not over at the last transition. */
    public List<BreakGlassAccess> breakGlass() {
        return breakGlass;
    }

    /** Who may act for the patient, and until when (exclusive). */
    public Map<String, Instant> representatives() {
        return representatives;
    }

    /** Registered keys by id. */
    public Map<String, RegisteredKey> keys() {
        return keys;
    }

    /** What is kept of the Consent {@code consentId}; empty if it was never granted. */
    public Optional<ConsentRecord> consent(String consentId) {
        for (ConsentRecord consent : consents) {
            if (consent.id().equals(consentId)) {
                return Optional.of(consent);
            }
        }
        return Optional.empty();
    }

    /** Version of the Consent {@code consentId}, 0 if it was never granted. */
    public long consentVersion(String consentId) {
        return consent(consentId).map(ConsentRecord::version).orElse(0L);
    }

    /** Whether {@code reference} acts for the patient at {@code at}. */
    public boolean isRepresentative(String reference, Instant at) {
        Instant until = representatives.get(reference);
        return until != null && at.isBefore(until);
    }

    /** JCS bytes of the whole state. */
    public byte[] canonicalBytes() {
        return StateCodec.write(this);
    }

    /** SHA-256 of {@link #canonicalBytes()}, 32 bytes: two replays agree if these agree. */
    public byte[] stateHash() {
        try {
            return MessageDigest.getInstance("SHA-256").digest(canonicalBytes());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "ConsentState[version=%d, active=%d]".formatted(version, active.size());
    }
}
