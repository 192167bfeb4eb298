package org.securemed.ledger.verify;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.policy.TrustPolicy;
import org.securemed.ledger.verify.CheckpointCheck.HandedOut;
import org.securemed.ledger.verify.Rows.StatementRow;

/**
 * Verifies a whole log in its database against nothing but the log's public key: every stored column of every row is
 * derived again from what was signed. Memory is constant; hashing and signatures use all cores.
 *
 * <p>A tail that was cut off together with its blocks and head leaves a shorter log that is whole. It is found against
 * checkpoints that were handed out earlier: give them with {@link #against}.
 *
 * <p>Consent states and patients' keys are stored beside the log, where only the key-encryption keys can tell what is
 * genuine: give them with {@link #opening}.
 *
 * <p>Not found: a row deleted from the outbox before it came into the log, unless it held a consent transition and the
 * states are checked. The written resource has then no entry, which is found where resources are compared with the log.
 */
public final class Verifier {
    private final VerifyKey logKey;
    private final List<HandedOut> handedOut = new ArrayList<>();
    private Progress progress = Progress.none();
    private @Nullable KeyEncryptionKeys epochs;
    private @Nullable TrustPolicy policy;

    /** @param logKey one of the log's public keys, the first or a later one; its name is the origin */
    public Verifier(VerifyKey logKey) {
        this.logKey = logKey;
    }

    /**
     * Compares the log also with a checkpoint that was handed out earlier.
     *
     * @param source whence it is, for messages
     * @throws NoteException if it is no checkpoint of this log. Whether the log's key of its time signed it is looked
     *     at when the log's keys are known
     */
    public Verifier against(String source, SignedNote checkpoint) throws NoteException {
        Checkpoint claimed = Checkpoint.claimed(checkpoint);
        if (!claimed.origin().equals(logKey.name())) {
            throw new NoteException("the checkpoint from %s is of another log".formatted(source));
        }
        handedOut.add(new HandedOut(source, checkpoint, claimed));
        return this;
    }

    /**
     * Checks also the tables {@code consent_state}, {@code patient_key} and {@code kek_epoch}: transitions are replayed
     * and states compared, and every column of the keys is authenticated. An older wrapping of the same key that was
     * put back is not noticed while the keystore still has its epoch.
     *
     * @param keys of all epochs that are in use
     */
    public Verifier opening(KeyEncryptionKeys keys) {
        epochs = keys;
        return this;
    }

    /**
     * Demands that the policy's quorum cosigned a checkpoint of the log: the report says how many entries the newest
     * such covers. Cosignatures come behind the checkpoints, so that of a log that grows it is not all.
     */
    public Verifier demanding(TrustPolicy demanded) {
        policy = demanded;
        return this;
    }

    /** Says how far it is while it runs. */
    public Verifier reportingTo(Progress listener) {
        progress = listener;
        return this;
    }

    /**
     * Verifies the log in one snapshot, while it may go on growing.
     *
     * @param connection to the log's database; used by nobody else meanwhile, not closed
     * @throws SQLException if the database cannot be read
     */
    public Report verify(Connection connection) throws SQLException {
        int parallelism = Runtime.getRuntime().availableProcessors();
        ExecutorService cores = Executors.newFixedThreadPool(parallelism);
        try (StoredLog log = new StoredLog(connection)) {
            return verify(log, cores, parallelism);
        } finally {
            cores.shutdownNow();
        }
    }

    private Report verify(StoredLog log, ExecutorService cores, int parallelism) throws SQLException {
        Findings findings = new Findings();
        HeadCheck head = new HeadCheck(log, findings);
        KeyHistory keys = new KeyHistory(KeyHistory.initial(logKey, log.keyStatements()));
        CheckpointCheck checkpoints = new CheckpointCheck(log, handedOut, keys, findings);
        TileCheck tiles = new TileCheck(log, findings);
        RetentionCheck retention = retention(log, findings);
        TreeCheck tree = new TreeCheck(log, tiles, checkpoints, retention, findings);
        IdCheck ids = new IdCheck(log, findings);
        BlockCheck signatures = new BlockCheck(logKey.name(), keys, findings, cores);
        EntryStream entries = new EntryStream(log.entries(), cores, parallelism);
        ChainCheck chain = new ChainCheck(
                log.blocks(),
                entries,
                tree,
                ids,
                signatures,
                keys,
                retention,
                new PrunedLeaves(log),
                findings,
                head.row(),
                progress);
        chain.run();
        ids.finish();
        tiles.finish(log);
        head.finish(chain, tree, checkpoints.finish(tree.size()));
        new SnapshotCheck(log, logKey.name(), findings).run();
        PendingEntries pending = new PendingEntries();
        new OutboxCheck(log, logKey.name(), keys, findings, pending::add).run();
        if (epochs != null) {
            new StateCheck(log, epochs, pending, findings).run();
        }
        long witnessed = policy == null ? Report.NOT_WITNESSED : new QuorumCheck(log, policy, keys, findings).run();
        return new Report(
                tree.size(),
                chain.count(),
                tree.frontier().root(),
                findings.kept(),
                findings.count(),
                witnessed,
                new Report.Pruned(retention.count(), retention.statements()));
    }

    private RetentionCheck retention(StoredLog log, Findings findings) throws SQLException {
        RetentionCheck retention = new RetentionCheck(logKey.name(), findings);
        try (Cursor<StatementRow> rows = log.retentionStatements()) {
            for (StatementRow row = rows.take(); row != null; row = rows.take()) {
                try {
                    String statement = Entry.parse(row.body()).statement();
                    retention.claim(
                            CheckedEntry.TABLE, CheckedEntry.row(row.seq()), statement == null ? "" : statement);
                } catch (EntryException e) {
                    // Found where the entries are read in their order.
                    continue;
                }
            }
        }
        return retention;
    }
}
