package org.securemed.ledger.verify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.policy.QuorumException;
import org.securemed.ledger.policy.TrustPolicy;
import org.securemed.ledger.verify.PublishedTree.Known;

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
    private final List<Known> handedOut = new ArrayList<>();
    private Progress progress = Progress.none();
    private @Nullable TrustPolicy policy;
    private boolean tilesOnly;

    /** @param logKey the log's public key; its name is the origin */
    public PublishedVerifier(VerifyKey logKey, LogFiles files) {
        this.logKey = logKey;
        this.files = files;
    }

    /**
     * Compares the log also with a checkpoint that was handed out earlier.
     *
     * @param source whence it is, for messages
     * @throws NoteException if the log's key did not sign it
     */
    public PublishedVerifier against(String source, SignedNote checkpoint) throws NoteException {
        handedOut.add(new Known(source, Checkpoint.verify(checkpoint, logKey)));
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

    /** Says how far it is while it runs. */
    public PublishedVerifier reportingTo(Progress listener) {
        progress = listener;
        return this;
    }

    /**
     * Verifies the log as far as its newest checkpoint covers it.
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
        Optional<SignedNote> note = note(findings);
        Optional<Checkpoint> checkpoint = note.flatMap(read -> checkpoint(read, findings));
        if (note.isEmpty() || checkpoint.isEmpty()) {
            return new Report(0, 0, Frontier.EMPTY.root(), findings.kept(), findings.count());
        }
        long size = checkpoint.get().size();
        boolean withBlocks = !tilesOnly && files.hasBlocks();
        Certificates certificates = new Certificates(logKey);
        BundleReader reader = new BundleReader(files, size, !tilesOnly, withBlocks);
        BlockWalk blocks = new BlockWalk(logKey.name(), certificates, findings, workers);
        PublishedTree tree = new PublishedTree(files, size, known(size, findings), findings);
        try (BundleStream bundles = new BundleStream(reader, workers, 2 * files.parallelism() + 2)) {
            for (Bundle bundle = bundles.take(); bundle != null; bundle = bundles.take()) {
                bundle.findings().forEach(findings::add);
                bundle(bundle, tree, certificates, blocks, findings);
                progress.at(tree.size(), size);
            }
        }
        tree.finish(checkpoint.get());
        if (withBlocks) {
            blocks.finish(size);
        }
        if (!tilesOnly) {
            cosigned(note.get(), checkpoint.get(), certificates, findings);
        }
        surroundings(size, findings);
        return new Report(tree.size(), blocks.count(), tree.root(), findings.kept(), findings.count());
    }

    private static void bundle(
            Bundle bundle, PublishedTree tree, Certificates certificates, BlockWalk blocks, Findings findings)
            throws IOException {
        int nextBlock = 0;
        for (int i = 0; i < bundle.leaves().size(); i++) {
            tree.add(bundle.leaves().get(i));
            String statement = bundle.statements().get(i);
            if (statement != null) {
                learn(certificates, statement, bundle.path(), tree.size() - 1, findings);
            }
            while (nextBlock < bundle.blocks().size()
                    && bundle.blocks().get(nextBlock).treeSize() <= tree.size()) {
                blocks.add(bundle.blocks().get(nextBlock++), tree.size(), tree.root());
            }
        }
        for (; nextBlock < bundle.blocks().size(); nextBlock++) {
            blocks.add(bundle.blocks().get(nextBlock), tree.size(), tree.root());
        }
        tree.endOfTile(bundle.root());
    }

    private static void learn(Certificates certificates, String statement, String path, long index, Findings findings) {
        try {
            certificates.learn(statement);
        } catch (NoteException e) {
            findings.add(
                    path, "index " + index, "entry", "a certificate by the log key", String.valueOf(e.getMessage()));
        }
    }

    private Optional<SignedNote> note(Findings findings) throws IOException {
        Optional<byte[]> bytes = files.read(FilePaths.CHECKPOINT, FilePaths.MAX_CHECKPOINT);
        if (bytes.isEmpty()) {
            findings.add(FilePaths.CHECKPOINT, "note", "*", "a checkpoint", "none");
            return Optional.empty();
        }
        try {
            SignedNote note = SignedNote.parse(bytes.get());
            if (!Arrays.equals(note.toString().getBytes(StandardCharsets.UTF_8), bytes.get())) {
                throw new NoteException("not in its one form");
            }
            return Optional.of(note);
        } catch (NoteException e) {
            findings.add(FilePaths.CHECKPOINT, "note", "*", "a signed note", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private Optional<Checkpoint> checkpoint(SignedNote note, Findings findings) {
        try {
            Checkpoint checkpoint = Checkpoint.verify(note, logKey);
            quorum(note, findings);
            return Optional.of(checkpoint);
        } catch (NoteException e) {
            findings.add(
                    FilePaths.CHECKPOINT, "note", "*", "a checkpoint by the log key", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private void quorum(SignedNote note, Findings findings) throws NoteException {
        if (policy == null) {
            return;
        }
        try {
            policy.verify(note, logKey);
        } catch (QuorumException e) {
            findings.add(
                    FilePaths.CHECKPOINT, "note", "signatures", "the policy's quorum", String.valueOf(e.getMessage()));
        }
    }

    /** The log's own cosigners signed. Lines of others are for a policy to judge. */
    private static void cosigned(SignedNote note, Checkpoint checkpoint, Certificates certificates, Findings findings) {
        for (CosignVerifyKey cosigner : certificates.cosigners()) {
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
    }

    private List<Known> known(long size, Findings findings) {
        List<Known> within = new ArrayList<>();
        for (Known known : handedOut) {
            if (known.checkpoint().size() <= size) {
                within.add(known);
            } else {
                findings.add(
                        "log",
                        "index %d to %d".formatted(size, known.checkpoint().size() - 1),
                        "*",
                        "the entries of the checkpoint from " + known.source(),
                        "none: the log was truncated");
            }
        }
        within.sort(Comparator.comparingLong(known -> known.checkpoint().size()));
        return within;
    }

    /** What a directory holds beside the files of the log. */
    private void surroundings(long size, Findings findings) throws IOException {
        if (files instanceof LogDirectory directory) {
            for (String stray : directory.strays(size)) {
                findings.add(stray, "file", "*", "no such file in a log of %d entries".formatted(size), "one");
            }
            Optional<byte[]> key = files.read(FilePaths.KEY, FilePaths.MAX_KEY);
            if (key.isPresent() && !(logKey + "\n").equals(new String(key.get(), StandardCharsets.UTF_8))) {
                findings.add(FilePaths.KEY, "file", "*", logKey, "another");
            }
        }
    }
}
