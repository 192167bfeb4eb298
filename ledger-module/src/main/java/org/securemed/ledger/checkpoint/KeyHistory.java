package org.securemed.ledger.checkpoint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.securemed.ledger.merkle.Hash;

/**
 * The keys of one log as its own entries certify, follow and revoke them: told of these in the order of the log, it
 * says whose signature counts where. One thread at a time.
 *
 * <p>A key counts from the block that holds its certificate on, up to the block that holds its revocation. A checkpoint
 * is signed by the newest log key that its tree announces.
 */
public final class KeyHistory {
    private static final long NEVER = Long.MAX_VALUE;

    // By the index of the entry that announced it; the first one from the beginning.
    private final TreeMap<Long, VerifyKey> logKeys = new TreeMap<>();
    private final Map<Hash, Span<VerifyKey>> instances = new LinkedHashMap<>();
    private final Map<String, Span<CosignVerifyKey>> cosigners = new LinkedHashMap<>();
    // When an earlier log key's signature beside the newer one's stopped to count.
    private final Map<VerifyKey, Long> retired = new HashMap<>();

    /** @param initial the key the log began with; its name is the origin */
    public KeyHistory(VerifyKey initial) {
        logKeys.put(-1L, initial);
    }

    /** A history of its own that was told the same. */
    public KeyHistory copy() {
        KeyHistory copy = new KeyHistory(initialKey());
        copy.logKeys.putAll(logKeys);
        copy.instances.putAll(instances);
        copy.cosigners.putAll(cosigners);
        copy.retired.putAll(retired);
        return copy;
    }

    /** Whether a statement in an entry is about keys. */
    public static boolean concerns(String statement) {
        return InstanceCertificate.isClaimedBy(statement)
                || CosignerCertificate.isClaimedBy(statement)
                || LogKeySuccession.isClaimedBy(statement)
                || KeyRevocation.isClaimedBy(statement);
    }

    /**
     * The key a log began with, for somebody who trusts one of its later keys: each key signed for the one that it
     * followed. The answer is {@code known} if no succession leads to it.
     *
     * @param statements the log's statements about keys, in order; others than successions are skipped
     */
    public static VerifyKey initial(VerifyKey known, Iterable<String> statements) {
        List<LogKeySuccession> successions = new ArrayList<>();
        for (String statement : statements) {
            if (LogKeySuccession.isClaimedBy(statement)) {
                try {
                    successions.add(0, LogKeySuccession.verify(SignedNote.parse(statement)));
                } catch (NoteException e) {
                    // It leads nowhere; whoever replays the history finds it.
                    continue;
                }
            }
        }
        VerifyKey key = known;
        for (LogKeySuccession succession : successions) {
            if (succession.to().equals(key)) {
                key = succession.from();
            }
        }
        return key;
    }

    /**
     * Takes the next statement in. Two instances may say the same: the second time it changes nothing.
     *
     * @param index of its entry, greater than that of the one before
     * @throws NoteException if it is not by the log's key of that place, or says what cannot be; then nothing changed
     */
    public void learn(long index, String statement) throws NoteException {
        SignedNote note = SignedNote.parse(statement);
        if (LogKeySuccession.isClaimedBy(statement)) {
            succeed(index, LogKeySuccession.verify(note));
        } else if (KeyRevocation.isClaimedBy(statement)) {
            revoke(index, KeyRevocation.verify(note, logKey()));
        } else if (CosignerCertificate.isClaimedBy(statement)) {
            certify(index, CosignerCertificate.verify(note, logKey()).key());
        } else {
            certify(index, InstanceCertificate.verify(note, logKey()).key());
        }
    }

    /** The key the log began with. */
    public VerifyKey initialKey() {
        return logKeys.firstEntry().getValue();
    }

    /** The newest log key. */
    public VerifyKey logKey() {
        return logKeys.lastEntry().getValue();
    }

    /** The log key that signs a checkpoint of this size. */
    public VerifyKey logKeyAt(long size) {
        return logKeys.lowerEntry(Math.max(0, size)).getValue();
    }

    /** All log keys so far, the first one first. */
    public List<VerifyKey> logKeys() {
        return List.copyOf(logKeys.values());
    }

    /** The earlier log keys that may sign a checkpoint of this size beside the newest one. */
    public Set<VerifyKey> outgoingAt(long size) {
        Set<VerifyKey> outgoing = new LinkedHashSet<>(logKeys.headMap(size).values());
        outgoing.remove(logKeyAt(size));
        outgoing.removeIf(key -> retired.getOrDefault(key, NEVER) < size);
        return outgoing;
    }

    /** The instance key with this fingerprint, whether or not it was revoked. */
    public Optional<VerifyKey> instanceKey(Hash fingerprint) {
        return Optional.ofNullable(instances.get(fingerprint)).map(Span::key);
    }

    /** All instance keys that were ever certified. */
    public List<VerifyKey> instanceKeys() {
        return instances.values().stream().map(Span::key).toList();
    }

    /** Whether the key with this fingerprint was certified and is not revoked by now. */
    public boolean isInForce(Hash fingerprint) {
        Span<VerifyKey> span = instances.get(fingerprint);
        return span != null && span.until == NEVER;
    }

    /** Whether the key may sign a block that begins at {@code firstIndex} and ends before {@code treeSize}. */
    public boolean maySign(Hash fingerprint, long firstIndex, long treeSize) {
        Span<VerifyKey> span = instances.get(fingerprint);
        return span != null && span.from < treeSize && span.until >= firstIndex;
    }

    /** Who must cosign a checkpoint of this size. */
    public Set<CosignVerifyKey> cosignersAt(long size) {
        Set<CosignVerifyKey> needed = new LinkedHashSet<>();
        for (Span<CosignVerifyKey> span : cosigners.values()) {
            if (span.from < size && span.until >= size) {
                needed.add(span.key);
            }
        }
        return needed;
    }

    /**
     * The checkpoint in a note, if the key of that place signed it.
     *
     * @throws NoteException if it is none of this log, or not signed by that key
     */
    public Checkpoint verify(SignedNote note) throws NoteException {
        return Checkpoint.verify(note, logKeyAt(Checkpoint.claimed(note).size()));
    }

    private void succeed(long index, LogKeySuccession succession) throws NoteException {
        if (succession.to().equals(logKey())) {
            return;
        }
        if (!succession.from().equals(logKey())) {
            throw new NoteException("the succession is not from the log's key");
        }
        if (logKeys.containsValue(succession.to())) {
            throw new NoteException("the succession leads back to a key of before");
        }
        logKeys.put(index, succession.to());
    }

    private void revoke(long index, KeyRevocation revocation) throws NoteException {
        for (Map.Entry<Hash, Span<VerifyKey>> entry : instances.entrySet()) {
            Span<VerifyKey> span = entry.getValue();
            if (span.key.toString().equals(revocation.vkey())) {
                entry.setValue(span.endedAt(index));
                return;
            }
        }
        Span<CosignVerifyKey> cosigner = cosigners.get(revocation.vkey());
        if (cosigner != null) {
            cosigners.put(revocation.vkey(), cosigner.endedAt(index));
            return;
        }
        for (VerifyKey key : logKeys.values()) {
            if (key.toString().equals(revocation.vkey()) && !key.equals(logKey())) {
                retired.putIfAbsent(key, index);
                return;
            }
        }
        throw new NoteException("the revoked key is none of this log, or the one that signs");
    }

    private void certify(long index, CosignVerifyKey key) throws NoteException {
        Span<CosignVerifyKey> before = cosigners.putIfAbsent(key.toString(), new Span<>(key, index, NEVER));
        if (before != null && before.until != NEVER) {
            throw new NoteException("the cosigner was revoked");
        }
    }

    private void certify(long index, VerifyKey key) throws NoteException {
        Span<VerifyKey> before = instances.putIfAbsent(key.fingerprint(), new Span<>(key, index, NEVER));
        if (before != null && (before.until != NEVER || !before.key.equals(key))) {
            throw new NoteException("the instance's key was revoked, or is another's");
        }
    }

    /**
     * @param from index of the certificate
     * @param until index of the revocation
     */
    private record Span<K>(K key, long from, long until) {
        Span<K> endedAt(long index) {
            return new Span<>(key, from, Math.min(until, index));
        }
    }
}
