package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.log.StagedEntry;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.verify.Rows.OnTheWay;
import org.securemed.ledger.verify.Rows.OutboxRow;
import org.securemed.ledger.verify.Rows.StagedRow;

/**
 * Checks that every staged row was put there by a certified instance, is not in the log already, and that none was
 * taken away: the outbox and the evidence of what was staged must have the same rows. One thread.
 */
final class OutboxCheck {
    static final String TABLE = "ledger_outbox";
    static final String EVIDENCE = "ledger_staged";

    private final StoredLog log;
    private final String origin;
    private final KeyHistory keys;
    private final Findings findings;
    private final Consumer<Entry> genuine;

    /** @param genuine receives the entries that are on their way into the log */
    OutboxCheck(StoredLog log, String origin, KeyHistory keys, Findings findings, Consumer<Entry> genuine) {
        this.log = log;
        this.origin = origin;
        this.keys = keys;
        this.findings = findings;
        this.genuine = genuine;
    }

    void run() throws SQLException {
        Cursor<OnTheWay> rows = log.onTheWay();
        for (OnTheWay row = rows.take(); row != null; row = rows.take()) {
            if (row.outbox() != null) {
                check(row.outbox());
            }
            if (row.staged() != null) {
                check(row.staged(), row.outbox());
            } else if (row.outbox() != null) {
                findings.add(EVIDENCE, "id " + row.outbox().id(), "*", "the evidence of a staged row", "none");
            }
        }
    }

    private void check(StagedRow row, @Nullable OutboxRow outbox) throws SQLException {
        String place = "id " + row.id();
        VerifyKey key = row.keyId()
                .hash()
                .filter(keys::isInForce)
                .flatMap(keys::instanceKey)
                .orElse(null);
        if (key == null) {
            if (outbox == null || !outbox.keyId().equals(row.keyId())) {
                findings.add(EVIDENCE, place, "key_id", "a certified key", row.keyId());
            }
            return;
        }
        findings.compare(EVIDENCE, place, "inst", key.name(), row.instance());
        Hash leaf = row.leaf().hash().orElse(TileCheck.UNKNOWN);
        if (!StagedEntry.signed(key, origin, row.id(), leaf, row.signature())) {
            findings.add(EVIDENCE, place, "id/leaf/sig", "signed by " + key.name(), "a signature that does not verify");
        } else if (outbox == null) {
            Long index = log.indexOf(row.id());
            if (index == null) {
                findings.add(TABLE, place, "*", "the row that " + key.name() + " staged", "none");
            } else {
                findings.add(EVIDENCE, place, "*", "no row: the entry is in the log at seq " + index, "one");
            }
        }
    }

    private void check(OutboxRow row) throws SQLException {
        String place = "id " + row.id();
        Hash keyId = row.keyId().hash().orElse(TileCheck.UNKNOWN);
        VerifyKey key = keys.isInForce(keyId) ? keys.instanceKey(keyId).orElse(null) : null;
        if (key == null) {
            findings.add(TABLE, place, "key_id", "a certified key in force", row.keyId());
            return;
        }
        long before = findings.count();
        findings.compare(TABLE, place, "inst", key.name(), row.instance());
        StagedEntry staged =
                new StagedEntry(row.id(), key.name(), Bytes.of(row.body()), keyId, Bytes.of(row.signature()));
        if (!staged.signedBy(key, origin)) {
            findings.add(
                    TABLE, place, "body/sig", "a body signed by " + key.name(), "a signature that does not verify");
        }
        Entry entry = entry(row, place);
        if (entry != null && !entry.id().equals(row.id())) {
            findings.add(TABLE, place, "id", entry.id(), row.id());
        }
        Long index = log.indexOf(row.id());
        if (index != null) {
            findings.add(TABLE, place, "*", "no row: the entry is in the log at seq " + index, "one");
        }
        if (entry != null && findings.count() == before) {
            genuine.accept(entry);
        }
    }

    private @Nullable Entry entry(OutboxRow row, String place) {
        try {
            return Entry.parse(row.body());
        } catch (EntryException e) {
            findings.add(TABLE, place, "body", "an entry", String.valueOf(e.getMessage()));
            return null;
        }
    }
}
