package org.securemed.ledger.witness;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.log.CheckpointVault;
import org.securemed.ledger.merkle.ConsistencyProof;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.ProofException;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.storage.FileCheckpointVault;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A witness: for each log that it knows it keeps the last checkpoint it cosigned, durably before it answers, and
 * cosigns only what extends that. Thread safe, also among processes that share the directory.
 */
public final class CosigningWitness {
    private static final Logger log = LoggerFactory.getLogger(CosigningWitness.class);

    private final List<CosignKey> keys;
    private final Clock clock;
    private final Map<String, KnownOrigin> byOrigin = new HashMap<>();
    private final Map<String, KnownOrigin> byHash = new HashMap<>();
    private final Equivocations equivocations;

    /**
     * @param directory state and evidence
     * @param logKeys of the logs to witness; several of one name when a log's keys follow one another
     * @param keys each cosigns every checkpoint; the first should be Ed25519, which every log reads
     */
    public CosigningWitness(Path directory, List<VerifyKey> logKeys, List<CosignKey> keys, Clock clock) {
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("a witness has a key");
        }
        this.keys = List.copyOf(keys);
        this.clock = clock;
        this.equivocations = new Equivocations(directory.resolve("evidence"));
        for (VerifyKey key : logKeys) {
            String hash = originHash(key.name());
            KnownOrigin origin = byOrigin.computeIfAbsent(
                    key.name(),
                    name -> new KnownOrigin(
                            new ArrayList<>(), new FileCheckpointVault(directory.resolve(hash + ".checkpoint"))));
            origin.keys.add(key);
            byHash.put(hash, origin);
        }
    }

    /** Lower-case hexadecimal SHA-256 of an origin: the name of a log below a witness's monitoring prefix. */
    public static String originHash(String origin) {
        return TreeHash.sha256(origin.getBytes(StandardCharsets.UTF_8)).toString();
    }

    /** Answers a request. A checkpoint that is cosigned has been kept durably. */
    public WitnessAnswer add(WitnessRequest request) {
        Checkpoint checkpoint;
        try {
            checkpoint = Checkpoint.claimed(request.note());
        } catch (NoteException e) {
            return new WitnessAnswer.Refused(400, String.valueOf(e.getMessage()));
        }
        KnownOrigin origin = byOrigin.get(checkpoint.origin());
        if (origin == null) {
            return new WitnessAnswer.Refused(404, "this log is not witnessed here");
        }
        if (!isSigned(request.note(), origin)) {
            return new WitnessAnswer.Refused(403, "no key of the log that is trusted here signed the checkpoint");
        }
        if (request.oldSize() > checkpoint.size()) {
            return new WitnessAnswer.Refused(400, "the old size is larger than the checkpoint's");
        }
        synchronized (origin) {
            return add(request, checkpoint, origin);
        }
    }

    /** The last checkpoint cosigned of the log with this {@link #originHash}; empty if there is none. */
    public Optional<SignedNote> latest(String originHash) {
        KnownOrigin origin = byHash.get(originHash);
        return origin == null ? Optional.empty() : origin.vault.load();
    }

    /** What logs have shown here and elsewhere that cannot both be. */
    public Equivocations equivocations() {
        return equivocations;
    }

    private WitnessAnswer add(WitnessRequest request, Checkpoint checkpoint, KnownOrigin origin) {
        Optional<SignedNote> kept = origin.vault.load();
        Optional<Checkpoint> last = kept.map(CosigningWitness::own);
        long lastSize = last.map(Checkpoint::size).orElse(0L);
        if (last.isPresent()
                && lastSize == checkpoint.size()
                && !last.get().root().equals(checkpoint.root())) {
            equivocations.keep(Equivocation.ofOneSize(kept.get(), request.note()));
            return new WitnessAnswer.Refused(422, "another tree of the same size was cosigned before");
        }
        if (request.oldSize() != lastSize) {
            return new WitnessAnswer.OtherSize(lastSize);
        }
        if (!extendsLast(request, checkpoint, last)) {
            kept.ifPresent(note -> keepIfShown(note, request, checkpoint));
            return new WitnessAnswer.Refused(422, "the proof does not show that the checkpoint extends the last one");
        }
        List<NoteSignature> lines = keys.stream()
                .map(key -> key.cosign(checkpoint, clock.instant()))
                .toList();
        SignedNote cosigned = request.note();
        for (NoteSignature line : lines) {
            cosigned = cosigned.with(line);
        }
        if (!origin.vault.replace(kept, cosigned)) {
            // Another process was first.
            return new WitnessAnswer.OtherSize(
                    origin.vault.load().map(note -> own(note).size()).orElse(0L));
        }
        return new WitnessAnswer.Cosigned(lines);
    }

    /** A path that leads to the new root and from another old one shows two trees; any other shows nothing. */
    private void keepIfShown(SignedNote kept, WitnessRequest request, Checkpoint checkpoint) {
        Checkpoint last = own(kept);
        if (last.size() == 0) {
            return;
        }
        try {
            Hash before = new ConsistencyProof(last.size(), checkpoint.size(), request.proof())
                    .oldRootIn(checkpoint.root(), last.root());
            if (!before.equals(last.root())) {
                equivocations.keep(new Equivocation(kept, request.note(), before, request.proof()));
            }
        } catch (ProofException e) {
            log.atInfo().log("a checkpoint came with a path that shows nothing");
        }
    }

    private static boolean extendsLast(WitnessRequest request, Checkpoint checkpoint, Optional<Checkpoint> last) {
        long oldSize = request.oldSize();
        if (oldSize == 0) {
            boolean emptyTree = checkpoint.size() > 0 || checkpoint.root().equals(TreeHash.EMPTY_ROOT);
            return request.proof().isEmpty() && emptyTree;
        }
        try {
            new ConsistencyProof(oldSize, checkpoint.size(), request.proof())
                    .verify(last.orElseThrow().root(), checkpoint.root());
            return true;
        } catch (ProofException e) {
            return false;
        }
    }

    private static boolean isSigned(SignedNote note, KnownOrigin origin) {
        for (VerifyKey key : origin.keys) {
            try {
                note.verify(key);
                return true;
            } catch (NoteException e) {
                // Perhaps another key of this log did.
                continue;
            }
        }
        return false;
    }

    private static Checkpoint own(SignedNote kept) {
        try {
            return Checkpoint.claimed(kept);
        } catch (NoteException e) {
            throw new IllegalStateException("the witness's own state is no checkpoint", e);
        }
    }

    /** A log; its monitor is held while its state is looked at and replaced. */
    private record KnownOrigin(List<VerifyKey> keys, CheckpointVault vault) {}
}
