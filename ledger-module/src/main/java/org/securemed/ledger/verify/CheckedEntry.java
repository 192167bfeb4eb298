package org.securemed.ledger.verify;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.entry.EntryScan;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.verify.Rows.EntryRow;

/**
 * An entry compared with itself: the columns beside the body against the body. Whether the body is the one that was
 * signed is for the tree to say.
 *
 * @param seq where it is
 * @param bodyHash leaf hash of the stored body
 * @param leaf the stored leaf hash; null when it is not 32 bytes
 * @param id the entry's id; null when the body is no entry
 * @param keyStatement what it says of the log's keys, or null
 * @param retention what it says of others that may be gone, or null
 * @param time of the entry; the beginning of time when the body is no entry
 * @param findings columns that differ from the body
 */
record CheckedEntry(
        long seq,
        Hash bodyHash,
        @Nullable Hash leaf,
        @Nullable UUID id,
        @Nullable String keyStatement,
        @Nullable String retention,
        Instant time,
        List<Finding> findings) {

    static final String TABLE = "ledger_entry";

    static String row(long seq) {
        return "seq " + seq;
    }

    /** @param scan to be used again for the next entry */
    static CheckedEntry of(EntryRow row, EntryScan scan) {
        Hash bodyHash = TreeHash.leaf(row.body());
        Hash leaf = row.leaf().length == Hash.LENGTH ? Hash.of(row.leaf()) : null;
        boolean plain = row.log() == 1
                && scan.read(row.body(), 0, row.body().length)
                && scan.timeMillis() == row.timeMillis()
                && scan.hasActor(row.actor())
                && scan.hasOp(row.op())
                && scan.hasPatient(row.patient());
        return plain
                ? new CheckedEntry(
                        row.seq(),
                        bodyHash,
                        leaf,
                        scan.id(),
                        null,
                        null,
                        Instant.ofEpochMilli(scan.timeMillis()),
                        List.of())
                : parsed(row, bodyHash, leaf);
    }

    private static CheckedEntry parsed(EntryRow row, Hash bodyHash, @Nullable Hash leaf) {
        List<Finding> findings = new ArrayList<>();
        compare(row, "log", 1, row.log(), findings);
        try {
            Entry entry = Entry.parse(row.body());
            compare(row, "t_ms", entry.time().toEpochMilli(), row.timeMillis(), findings);
            compare(row, "actor", text(entry.actor()), row.actor() == null ? text(null) : utf8(row.actor()), findings);
            compare(row, "op", entry.op().code(), utf8(row.op()), findings);
            byte[] patient = entry.patient() == null ? null : entry.patient().toByteArray();
            if (!Arrays.equals(patient, row.patient())) {
                findings.add(new Finding(TABLE, row(row.seq()), "p", hex(patient), hex(row.patient())));
            }
            String statement = entry.statement();
            boolean ofKeys = entry.op().equals(Op.KEY) && statement != null && KeyHistory.concerns(statement);
            String keyStatement = ofKeys ? statement : null;
            String retention = entry.op().equals(Op.RETENTION) ? text(statement) : null;
            return new CheckedEntry(
                    row.seq(),
                    bodyHash,
                    leaf,
                    entry.id(),
                    keyStatement,
                    retention,
                    entry.time(),
                    List.copyOf(findings));
        } catch (EntryException e) {
            findings.add(new Finding(TABLE, row(row.seq()), "body", "an entry", String.valueOf(e.getMessage())));
            return new CheckedEntry(row.seq(), bodyHash, leaf, null, null, null, Instant.EPOCH, List.copyOf(findings));
        }
    }

    /** Whether body and leaf hash say the same. */
    boolean agrees() {
        return bodyHash.equals(leaf);
    }

    private static void compare(EntryRow row, String column, Object expected, Object found, List<Finding> findings) {
        if (!Objects.equals(expected, found)) {
            findings.add(new Finding(TABLE, row(row.seq()), column, expected.toString(), found.toString()));
        }
    }

    private static String text(@Nullable String value) {
        return Optional.ofNullable(value).orElse("nothing");
    }

    private static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String hex(byte @Nullable [] bytes) {
        return bytes == null ? "nothing" : HexFormat.of().formatHex(bytes);
    }
}
