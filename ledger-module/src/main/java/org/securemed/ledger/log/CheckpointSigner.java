package org.securemed.ledger.log;

import java.time.Clock;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningException;
import org.securemed.ledger.checkpoint.SigningKey;

/** Signs checkpoints as the log's entries about keys demand it. One thread at a time. */
final class CheckpointSigner {
    private final LedgerKeys signers;
    private final KeyEntries keys;
    private final Clock clock;
    private final Alarm alarm;
    private final Set<String> alarmed = new HashSet<>();

    CheckpointSigner(LedgerKeys signers, KeyEntries keys, Clock clock, Alarm alarm) {
        this.signers = signers;
        this.keys = keys;
        this.clock = clock;
        this.alarm = alarm;
    }

    /**
     * The signed checkpoint.
     *
     * @return empty if the log has gone over to keys that this instance does not have; others sign then
     * @throws LedgerUnavailableException if the token that holds a key does not sign
     */
    Optional<SignedNote> sign(Checkpoint checkpoint) {
        long size = checkpoint.size();
        if (!keys.logKeyAt(size).equals(signers.log().verifyKey())) {
            return without("log key " + keys.logKeyAt(size));
        }
        Set<CosignVerifyKey> cosigners = keys.cosignersAt(size);
        @Nullable CosignKey cosigner = signers.cosigner();
        for (CosignVerifyKey needed : cosigners) {
            if (cosigner == null || !cosigner.verifyKey().equals(needed)) {
                return without("cosigner " + needed.name());
            }
        }
        try {
            SignedNote note = checkpoint.sign(signers.log());
            @Nullable SigningKey outgoing = signers.outgoing();
            if (outgoing != null && keys.outgoingAt(size).contains(outgoing.verifyKey())) {
                note = note.with(checkpoint.sign(outgoing).signatures().get(0));
            }
            if (cosigner != null && cosigners.contains(cosigner.verifyKey())) {
                note = note.with(cosigner.cosign(checkpoint, clock.instant()));
            }
            return Optional.of(note);
        } catch (SigningException e) {
            throw new LedgerUnavailableException("the checkpoint is not signed", e);
        }
    }

    private Optional<SignedNote> without(String key) {
        if (alarmed.add(key)) {
            alarm.raise("checkpoint-key-missing", "this instance publishes no checkpoints: it lacks the " + key);
        }
        return Optional.empty();
    }
}
