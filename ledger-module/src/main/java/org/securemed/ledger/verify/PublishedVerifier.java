package org.securemed.ledger.verify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.LeafTile;
import org.securemed.ledger.policy.TrustPolicy;
import org.securemed.ledger.verify.CheckpointCheck.HandedOut;

/**
 * Verifies a whole log from its files, live or exported, against nothing but the log's public key: entries lead to the
 * hashes of their tiles, tiles to those above, and all to the root that was signed. Memory is constant; hashing uses
 * all cores.
 *
 * <p>What is beside the log in its database, and whether an entry id occurs twice, is for {@link Verifier} to say.
 */
public final class PublishedVerifier {
    private final VerifyKey logKey;
    private final LogFiles files;
    private final List<HandedOut> handedOut = new ArrayList<>();
    private Progress progress = Progress.none();
    private @Nullable TrustPolicy policy;
    private boolean tilesOnly;
    private boolean withoutBlocks;

    /** @param logKey the log's public key; its name is the origin */
    public PublishedVerifier(VerifyKey logKey, LogFiles files) {
        this.logKey = logKey;
        this.files = files;
    }

    /**
     * Compares the log also with a checkpoint that was handed out earlier.
     *
     * @param source whence it is, for messages
     * @throws NoteException if it is no checkpoint of this log. Whether the log's key of its time signed it is looked
     *     at when the log's keys are known
     */
    public PublishedVerifier against(String source, SignedNote checkpoint) throws NoteException {
        handedOut.add(new HandedOut(source, checkpoint, claimed(checkpoint)));
        return this;
    }

    /** Demands that the policy's quorum cosigned the checkpoint. */
    public PublishedVerifier demanding(TrustPolicy demanded) {
        policy = demanded;
        return this;
    }

    /** Checks the tree without seeing an entry. */
    public PublishedVerifier tilesOnly() {
        tilesOnly = true;
        return this;
    }

    /** Leaves out the blocks, for a copy of the files that tlog-tiles names and no others. */
    public PublishedVerifier withoutBlocks() {
        withoutBlocks = true;
        return this;
    }

    /** Says how far it is while it runs. */
    public PublishedVerifier reportingTo(Progress listener) {
        progress = listener;
        return this;
    }

    /**
     * Verifies the log as far as its newest checkpoint covers it, or one that was handed out and is newer: what is
     * served as the newest may be some moments old, and for longer while witnesses keep their cosignatures back.
     *
     * @throws IOException if the files cannot be read; one that is not there is a finding
     */
    public Report verify() throws IOException {
        Findings findings = new Findings();
        ExecutorService workers = Executors.newFixedThreadPool(files.parallelism());
        try {
            return verify(findings, workers);
        } finally {
            workers.shutdownNow();
        }
    }

    private Report verify(Findings findings, ExecutorService workers) throws IOException {
        SignedNote note = note(findings);
        Checkpoint claimed = note == null ? null : unverified(note);
        if (note == null || claimed == null) {
            return new Report(
                    0,
                    0,
                    Frontier.EMPTY.root(),
                    findings.kept(),
                    findings.count(),
                    Report.NOT_WITNESSED,
                    Report.Pruned.NOTHING);
        }
        PublishedKeys keys = new PublishedKeys(logKey, files, findings, tilesOnly);
        HandedOut served = new HandedOut("the log itself", note, claimed);
        HandedOut newest = newest(served, keys);
        long size = newest.claimed().size();
        boolean sizeIsSigned = isSignedByGivenKey(newest.note());
        boolean withBlocks = !tilesOnly && !withoutBlocks;
        BundleReader reader = new BundleReader(files, size, !tilesOnly, withBlocks);
        PublishedRetention retention = new PublishedRetention(logKey.name(), findings);
        BlockWalk blocks = new BlockWalk(logKey.name(), keys.history(), findings, workers);
        PublishedTree tree = new PublishedTree(files, size, within(size, served, findings), findings);
        try (BundleStream bundles = new BundleStream(reader, workers, 2 * files.parallelism() + 2);
                Statements statements = new Statements(keys, retention, logKey.name(), size, findings)) {
            for (Bundle bundle = bundles.take(); bundle != null; bundle = bundles.take()) {
                bundle.findings().forEach(findings::add);
                bundle(bundle, tree, statements, blocks, retention);
                progress.at(tree.size(), size);
                if (!sizeIsSigned && findings.count() > 0) {
                    // Nobody known says that the log is so long: do not count to a size that somebody made up.
                    break;
                }
            }
            statements.finish();
        }
        tree.finish(newest.claimed());
        if (withBlocks) {
            blocks.finish(size);
        }
        keys.finish();
        long witnessed = signatures(note, keys.history(), findings);
        surroundings(size, findings);
        retention.finish();
        return new Report(
                tree.size(),
                blocks.count(),
                tree.root(),
                findings.kept(),
                findings.count(),
                witnessed,
                retention.pruned());
    }

    private static void bundle(
            Bundle bundle, PublishedTree tree, Statements statements, BlockWalk blocks, PublishedRetention retention)
            throws IOException {
        long first = tree.size();
        long blockTime = blocks.time();
        LeafTile leaves = bundle.leaves();
        int next = 0;
        for (Block block : bundle.blocks()) {
            // A block that does not end here is a finding wherever its root is looked for.
            long end = Math.max(first, Math.min(first + leaves.width(), block.treeSize()));
            next = statements.add(bundle, next, first, end);
            blocks.add(block, end, tree.rootOf(leaves, end));
        }
        statements.add(bundle, next, first, first + leaves.width());
        tree.add(leaves);
        retention.bundle(bundle, first, tree.root(), blockTime);
    }

    /** The checkpoint's note, of this log by its own word; null when there is none, which is then a finding. */
    private @Nullable SignedNote note(Findings findings) throws IOException {
        Optional<byte[]> bytes = files.read(FilePaths.CHECKPOINT, FilePaths.MAX_CHECKPOINT);
        try {
            SignedNote note = SignedNote.parse(bytes.orElseThrow(() -> new NoteException("none")));
            if (!Arrays.equals(note.toString().getBytes(StandardCharsets.UTF_8), bytes.get())) {
                throw new NoteException("the note is not in its one form");
            }
            claimed(note);
            return note;
        } catch (NoteException e) {
            findings.add(FilePaths.CHECKPOINT, "note", "*", "a checkpoint of this log", String.valueOf(e.getMessage()));
            return null;
        }
    }

    private Checkpoint claimed(SignedNote note) throws NoteException {
        Checkpoint claimed = Checkpoint.claimed(note);
        if (!claimed.origin().equals(logKey.name())) {
            throw new NoteException("a checkpoint of another log");
        }
        return claimed;
    }

    private @Nullable Checkpoint unverified(SignedNote note) {
        try {
            return claimed(note);
        } catch (NoteException e) {
            return null;
        }
    }

    private boolean isSignedByGivenKey(SignedNote note) {
        try {
            Checkpoint.verify(note, logKey);
            return true;
        } catch (NoteException e) {
            return false;
        }
    }

    /** Who signed the checkpoints, now that the log's keys are known; how many entries the quorum has seen. */
    private long signatures(SignedNote note, KeyHistory keys, Findings findings) {
        long witnessed = Report.NOT_WITNESSED;
        try {
            // Without entries it is not known which key follows the given one.
            Checkpoint checkpoint = tilesOnly ? Checkpoint.verify(note, logKey) : keys.verify(note);
            for (CosignVerifyKey cosigner : keys.cosignersAt(checkpoint.size())) {
                cosigned(note, checkpoint, cosigner, findings);
            }
            if (policy != null) {
                Set<String> cosigners = policy.cosignatures(checkpoint, note).keySet();
                if (policy.isMetBy(cosigners)) {
                    witnessed = checkpoint.size();
                } else {
                    findings.add(
                            FilePaths.CHECKPOINT,
                            "note",
                            "signatures",
                            "the policy's quorum " + policy.quorum(),
                            cosigners.isEmpty() ? "no known witness" : String.join(", ", cosigners));
                }
            }
        } catch (NoteException e) {
            findings.add(
                    FilePaths.CHECKPOINT, "note", "*", "a checkpoint by the log key", String.valueOf(e.getMessage()));
        }
        for (HandedOut known : handedOut) {
            try {
                if (tilesOnly) {
                    Checkpoint.verify(known.note(), logKey);
                } else {
                    keys.verify(known.note());
                }
            } catch (NoteException e) {
                findings.add(
                        "log",
                        "size " + known.claimed().size(),
                        "checkpoint from " + known.source(),
                        "one by the log key",
                        String.valueOf(e.getMessage()));
            }
        }
        return witnessed;
    }

    /** The log's own cosigners signed. Lines of others are for a policy to judge. */
    private static void cosigned(SignedNote note, Checkpoint checkpoint, CosignVerifyKey cosigner, Findings findings) {
        try {
            NoteSignature line = note.signatures().stream()
                    .filter(cosigner::isNamedBy)
                    .findFirst()
                    .orElseThrow(() -> new NoteException("none"));
            cosigner.verify(checkpoint, line);
        } catch (NoteException e) {
            findings.add(
                    FilePaths.CHECKPOINT,
                    "note",
                    "signatures",
                    "a cosignature by " + cosigner.name(),
                    String.valueOf(e.getMessage()));
        }
    }

    /** The largest of the checkpoints that one of the log's keys seems to have signed, and whose tree is there. */
    private HandedOut newest(HandedOut served, PublishedKeys keys) throws IOException {
        HandedOut newest = served;
        for (HandedOut known : handedOut) {
            if (known.claimed().size() > newest.claimed().size()
                    && keys.seemToHaveSigned(known.note())
                    && isThere(known.claimed().size())) {
                newest = known;
            }
        }
        return newest;
    }

    private boolean isThere(long size) throws IOException {
        long last = FilePaths.count(size) - 1;
        String path = FilePaths.tile(0, last, FilePaths.width(last, size));
        return files.read(path, FilePaths.MAX_TILE).isPresent();
    }

    private List<HandedOut> within(long size, HandedOut served, Findings findings) {
        List<HandedOut> within = new ArrayList<>(List.of(served));
        for (HandedOut known : handedOut) {
            if (known.claimed().size() <= size) {
                within.add(known);
            } else {
                findings.add(
                        "log",
                        "index %d to %d".formatted(size, known.claimed().size() - 1),
                        "*",
                        "the entries of the checkpoint from " + known.source(),
                        "none: the log was truncated, or this is an older copy of it");
            }
        }
        within.sort(Comparator.comparingLong(known -> known.claimed().size()));
        return within;
    }

    /** What a directory holds beside the files of the log. */
    private void surroundings(long size, Findings findings) throws IOException {
        if (files instanceof LogDirectory directory) {
            for (String stray : directory.strays(size)) {
                findings.add(stray, "file", "*", "no such file in a log of %d entries".formatted(size), "one");
            }
        }
    }
}
