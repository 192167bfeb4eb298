package org.securemed.ledger.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.Period;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.LedgerDatabase;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;

/** A log of 2018 of which most may go in 2026: what is in it, and what has to stay true of it. */
final class PruningLog {
    static final Instant THEN = Instant.parse("2018-03-01T12:00:00Z");
    static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    static final Instant BEFORE = Instant.parse("2020-03-01T12:00:00Z");
    static final Period SIX_YEARS = Period.ofYears(6);
    static final Pseudonym HELD = new Pseudonym(1, 1);

    private static final int BLOCK = 500;
    private static final Bytes SEALED = Bytes.of(new byte[60]);

    private final LedgerDatabase database;
    private final VerifyKey logKey;
    private final Map<TlogProof, Hash> receipts = new LinkedHashMap<>();

    PruningLog(LedgerDatabase database, VerifyKey logKey) {
        this.database = database;
        this.logKey = logKey;
    }

    /** Appends so many old entries: of a hundred, one is held's, one a consent, one commits to something stored. */
    static void fill(Ledger ledger, int entries) throws Exception {
        List<CompletableFuture<AppendResult>> waiting = new ArrayList<>();
        for (int first = 0; first < entries; first += BLOCK) {
            List<Entry> block = new ArrayList<>();
            for (int i = first; i < Math.min(entries, first + BLOCK); i++) {
                block.add(old(i));
            }
            waiting.add(ledger.append(Submission.of(block, List.of())));
            if (waiting.size() == 8) {
                await(waiting);
            }
        }
        await(waiting);
        ledger.publishCheckpoint();
    }

    private static void await(List<CompletableFuture<AppendResult>> waiting) throws Exception {
        for (CompletableFuture<AppendResult> one : waiting) {
            assertThat(one.get(30, TimeUnit.SECONDS)).isInstanceOf(AppendResult.Appended.class);
        }
        waiting.clear();
    }

    private static Entry old(int number) {
        int kind = number % 100;
        Op op = kind == 1 ? Op.CONSENT_GRANT : kind == 2 ? Op.UPDATE : Op.READ;
        Entry.Builder entry = Entry.builder(EntryIds.next(THEN), THEN, "server-1", op)
                .actor("practitioner-" + number % 500)
                .role("physician")
                .purpose("TREAT")
                .resourceType("Patient")
                .patient(kind == 0 ? HELD : new Pseudonym(number % 1_000 + 2, 1))
                .outcome(0)
                .status(200)
                .sealed(SEALED);
        return (kind == 2 ? entry.resourceCommitment(Bytes.of(new byte[32])) : entry).build();
    }

    static Entry now(Op op, @Nullable Pseudonym patient) {
        return Entry.builder(EntryIds.next(NOW), NOW, "server-1", op)
                .patient(patient)
                .build();
    }

    /** Keeps receipts of entries, as a patient or an auditor would, and what they are of. */
    void keepReceipts(Ledger ledger, int entries) {
        for (long index = 1; index < entries; index += Math.max(1, entries / 50)) {
            receipts.put(
                    ledger.receipt(index).orElseThrow(),
                    TreeHash.leaf(ledger.read(index).orElseThrow().body().toByteArray()));
        }
    }

    /** The whole log is as it was signed, what is held or kept for good is there, and receipts prove what they did. */
    Report assertWhole(String when, int entries) throws Exception {
        for (Map.Entry<TlogProof, Hash> receipt : receipts.entrySet()) {
            receipt.getKey().verify(receipt.getValue(), logKey);
        }
        assertThat(count("t_ms = " + THEN.toEpochMilli() + " and (p = '\\x00000000000000010000000000000001'"
                        + " or op in ('consent.grant', 'update'))"))
                .as(when)
                .isEqualTo(entries / 100 * 3L);
        try (Connection connection = database.dataSource().getConnection()) {
            Report report = new Verifier(logKey).verify(connection);
            assertThat(report.findings()).as(when).isEmpty();
            return report;
        }
    }

    /** Entries of the old time that may go and are there, of those in full tiles. */
    long left(int entries) throws SQLException {
        long full = entries / 256L * 256;
        return count("op = 'read' and p <> '\\x00000000000000010000000000000001' and t_ms = " + THEN.toEpochMilli()
                + " and seq < " + full);
    }

    private long count(String where) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from ledger.ledger_entry where " + where)) {
            row.next();
            return row.getLong(1);
        }
    }
}
