package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.verify.Rows.IdRow;

/** Compares the table of entry ids with the entries. One thread. */
final class IdCheck {
    private static final String TABLE = "ledger_entry_id";

    private final Cursor<IdRow> stored;
    private final Findings findings;

    IdCheck(StoredLog log, Findings findings) throws SQLException {
        this.stored = log.ids();
        this.findings = findings;
    }

    /**
     * To be called for every index from 0 on.
     *
     * @param id the entry's id; null when it is not known, then nothing can be said
     */
    void at(long seq, @Nullable UUID id) throws SQLException {
        boolean there = false;
        for (IdRow row = stored.peek(); row != null && row.seq() <= seq; row = stored.peek()) {
            stored.take();
            if (row.seq() == seq && (id == null || row.id().equals(id))) {
                there = true;
            } else {
                findings.add(TABLE, "id " + row.id(), "id/seq", "no such id at this index", "seq " + row.seq());
            }
        }
        if (!there && id != null) {
            findings.add(TABLE, "id " + id, "id/seq", "seq " + seq, "nothing");
        }
    }

    void finish() throws SQLException {
        for (IdRow row = stored.take(); row != null; row = stored.take()) {
            findings.add(TABLE, "id " + row.id(), "id/seq", "no such id at this index", "seq " + row.seq());
        }
    }
}
