package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.log.StagedEntry;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.verify.Rows.OutboxRow;

/** Checks that every staged row was put there by a certified instance, and is not in the log already. One thread. */
final class OutboxCheck {
    static final String TABLE = "ledger_outbox";

    private final StoredLog log;
    private final String origin;
    private final Certificates certificates;
    private final Findings findings;
    private final Consumer<Entry> genuine;

    /** @param genuine receives the entries that are on their way into the log */
    OutboxCheck(StoredLog log, String origin, Certificates certificates, Findings findings, Consumer<Entry> genuine) {
        this.log = log;
        this.origin = origin;
        this.certificates = certificates;
        this.findings = findings;
        this.genuine = genuine;
    }

    void run() throws SQLException {
        Cursor<OutboxRow> rows = log.outbox();
        for (OutboxRow row = rows.take(); row != null; row = rows.take()) {
            check(row);
        }
    }

    private void check(OutboxRow row) throws SQLException {
        String place = "id " + row.id();
        Hash keyId = row.keyId().hash().orElse(TileCheck.UNKNOWN);
        VerifyKey key = certificates.find(keyId);
        if (key == null) {
            findings.add(TABLE, place, "key_id", "a certified key", row.keyId());
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
