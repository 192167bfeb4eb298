package org.securemed.ledger.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.LedgerDatabase;
import org.securemed.ledger.checkpoint.EntryBundle;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.files.LogExport;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.files.LogMirror;
import org.securemed.ledger.log.AppendResult;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogCorruptException;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.retention.LegalHolds;
import org.securemed.ledger.retention.RetentionStatement;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.Progress;
import org.securemed.ledger.verify.PublishedVerifier;
import org.securemed.ledger.verify.RangeVerifier;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;

/** A log of 2018 with entries of 2026 behind them, of which the old ones are let go. */
class PrunedLogIT {
    private static final Instant THEN = Instant.parse("2018-03-01T12:00:00Z");
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Instant BEFORE = Instant.parse("2020-03-01T12:00:00Z");
    private static final Period SIX_YEARS = Period.ofYears(6);
    private static final Pseudonym HELD = new Pseudonym(1, 1);
    private static final Pseudonym OTHER = new Pseudonym(2, 2);

    private final LogFixture fixture = new LogFixture();
    private Ledger ledger = fixture.open(Clock.fixed(THEN, ZoneOffset.UTC));

    @BeforeEach
    void eight_years_of_entries() throws Exception {
        for (int block = 0; block < 30; block++) {
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                entries.add(entry(THEN, Op.READ, i % 4 == 0 ? HELD : OTHER).build());
            }
            entries.add(entry(THEN, Op.CONSENT_GRANT, OTHER).build());
            entries.add(entry(THEN, Op.CREATE, OTHER)
                    .resourceCommitment(Bytes.of(new byte[32]))
                    .build());
            append(entries);
        }
        ledger.close();
        ledger = fixture.open(Clock.fixed(NOW, ZoneOffset.UTC));
        for (int block = 0; block < 20; block++) {
            append(List.of(
                    entry(NOW, Op.READ, OTHER).build(),
                    entry(NOW, Op.READ, HELD).build()));
        }
        ledger.publishCheckpoint();
    }

    @AfterEach
    void close() {
        ledger.close();
        fixture.close();
    }

    @Test
    void what_is_let_go_is_gone_and_all_roots_and_proofs_stay(@TempDir Path directory) throws Exception {
        Hash root = ledger.rootOf(661).orElseThrow();
        int named = letGo();
        assertThat(named).isBetween(400, 480);
        assertThat(prune()).isEqualTo(named);

        assertThat(ledger.rootOf(661)).contains(root);
        Report report = verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.pruned()).isEqualTo(new Report.Pruned(named, 1));
        // Of 512 entries in two full tiles: the instance's key, consents and commitments are kept.
        assertThat(count("op = 'read' and seq < 512")).isZero();
        assertThat(count("op = 'read' and t_ms = " + THEN.toEpochMilli())).isEqualTo(600 - named);
        assertThat(count("op in ('consent.grant', 'create')")).isEqualTo(60);
        assertThat(count("op = 'key'")).isEqualTo(1);
        assertThat(ledger.read(1)).isEmpty();

        Report range = new RangeVerifier(ledger).verify(100, 600, Progress.none());
        assertThat(range.findings()).isEmpty();
        assertThat(range.pruned().entries()).isPositive();
        for (long index : new long[] {1, 21, 300, 511, 640}) {
            TlogProof receipt = ledger.receipt(index).orElseThrow();
            Hash leaf = ledger.leafHashes(index / 256).get((int) (index % 256));
            receipt.verify(leaf, fixture.logKey.verifyKey());
        }

        new LogExport(new PostgresLogStore(fixture.database.dataSource()), fixture.logKey.verifyKey(), directory).run();
        Report files = new PublishedVerifier(fixture.logKey.verifyKey(), new LogDirectory(directory)).verify();
        assertThat(files.findings()).isEmpty();
        assertThat(files.pruned()).isEqualTo(new Report.Pruned(named, 1));
        try (LedgerDatabase other = LedgerDatabase.create()) {
            Report read = new LogRestore(
                            new PostgresLogStore(other.dataSource()), fixture.logKey.verifyKey(), directory)
                    .run();
            assertThat(read.isWhole()).isTrue();
            try (Connection connection = other.dataSource().getConnection()) {
                Report imported = new Verifier(fixture.logKey.verifyKey()).verify(connection);
                assertThat(imported.findings()).isEmpty();
                assertThat(imported.pruned().entries()).isEqualTo(named);
            }
        }
    }

    @Test
    void files_may_lack_what_a_retention_entry_names_and_nothing_else(@TempDir Path directory) throws Exception {
        Path export = directory.resolve("export");
        letGo();
        prune();
        new LogExport(new PostgresLogStore(fixture.database.dataSource()), fixture.logKey.verifyKey(), export).run();
        LogFiles files = new LogDirectory(export);
        assertThat(new LogMirror(files, fixture.logKey.verifyKey(), directory.resolve("mirror"))
                        .run()
                        .size())
                .isEqualTo(ledger.size());
        assertThat(new PublishedVerifier(fixture.logKey.verifyKey(), new LogDirectory(directory.resolve("mirror")))
                        .verify()
                        .findings())
                .isEmpty();

        Path bundle = export.resolve(FilePaths.entries(0, 256));
        List<byte[]> entries = new ArrayList<>(EntryBundle.parse(Files.readAllBytes(bundle), 256));
        int kept = entries.stream().map(entry -> entry.length > 0).toList().lastIndexOf(true);
        entries.set(kept, new byte[0]);
        Files.write(bundle, EntryBundle.of(entries));
        assertThat(new PublishedVerifier(fixture.logKey.verifyKey(), files)
                        .verify()
                        .findings())
                .anyMatch(finding ->
                        finding.row().equals("index " + kept) && finding.found().equals("none"));
        LogMirror mirror = new LogMirror(files, fixture.logKey.verifyKey(), directory.resolve("other"));
        assertThatThrownBy(mirror::run).isInstanceOf(LogCorruptException.class).hasMessageContaining("entry " + kept);
    }

    @Test
    void nothing_is_deleted_without_a_retention_entry_and_what_is_deleted_past_the_triggers_is_found(
            @TempDir Path directory) throws Exception {
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq = 5"))
                .hasMessageContaining("is refused");
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry_000000 where seq = 5"))
                .hasMessageContaining("is refused");
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry_id where seq = 5"))
                .hasMessageContaining("is refused");

        fixture.database.tamper("delete from ledger.ledger_entry where seq in (5, 40)");
        Report report = verify();
        assertThat(report.findings()).anyMatch(finding -> finding.row().equals("seq 5"));
        assertThat(report.findings()).anyMatch(finding -> finding.row().equals("seq 40"));
        assertThat(new RangeVerifier(ledger).verify(0, 256, Progress.none()).findings())
                .extracting(finding -> finding.row())
                .containsExactly("seq 5", "seq 40");
        assertThatThrownBy(() -> new LogExport(
                                new PostgresLogStore(fixture.database.dataSource()),
                                fixture.logKey.verifyKey(),
                                directory)
                        .run())
                .isInstanceOf(LogCorruptException.class);
    }

    @Test
    void beside_what_a_retention_entry_names_nothing_may_be_missing() throws Exception {
        letGo();
        long kept = kept();
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq = " + kept))
                .hasMessageContaining("is refused");
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq < 512"))
                .hasMessageContaining("is refused");
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry_id where seq = 1"))
                .hasMessageContaining("is refused");
        prune();
        fixture.database.tamper("delete from ledger.ledger_entry where seq = " + kept);
        assertThat(verify().findings()).anyMatch(finding -> finding.found().equals("none"));
    }

    @Test
    void a_changed_hash_of_an_entry_that_is_gone_is_found() throws Exception {
        letGo();
        prune();
        fixture.database.tamper("update ledger.ledger_tile set hashes = overlay(hashes placing '\\x00' from 33 for 1)"
                + " where level = 0 and n = 0");
        assertThat(verify().isWhole()).isFalse();
        assertThat(new RangeVerifier(ledger).verify(0, 256, Progress.none()).isWhole())
                .isFalse();
    }

    @Test
    void a_retention_entry_that_the_log_key_did_not_sign_lets_nothing_go() throws Exception {
        RetentionStatement statement = plan().orElseThrow();
        SigningKey forger = SigningKey.generate(LogFixture.ORIGIN, new SecureRandom());
        retention(statement.sign(forger).toString());
        assertThat(prune()).isZero();
        assertThat(ledger.pruning().pruned().count()).isZero();
        assertThat(verify().findings())
                .anyMatch(finding -> finding.expected().equals("a retention statement by the log key"));
    }

    @Test
    void a_retention_entry_about_what_is_too_young_is_found() throws Exception {
        RetentionStatement early = new RetentionStatement(
                LogFixture.ORIGIN, 0, 256, ledger.rootOf(256).orElseThrow(), NOW.minusSeconds(60), SIX_YEARS, bits(3));
        retention(early.sign(fixture.logKey).toString());
        assertThat(verify().findings()).anyMatch(finding -> finding.found().contains("lets go what is younger"));

        RetentionStatement before = new RetentionStatement(
                LogFixture.ORIGIN, 0, 256, ledger.rootOf(256).orElseThrow(), THEN, SIX_YEARS, bits(3));
        retention(before.sign(fixture.logKey).toString());
        assertThat(verify().findings())
                .anyMatch(finding -> finding.expected().equals("names of entries from before " + THEN));
    }

    @Test
    void a_retention_entry_states_the_root_that_the_tree_had() throws Exception {
        RetentionStatement plan = plan().orElseThrow();
        RetentionStatement wrong = new RetentionStatement(
                plan.origin(), plan.from(), plan.to(), TreeHash.EMPTY_ROOT, BEFORE, SIX_YEARS, plan.pruned());
        retention(wrong.sign(fixture.logKey).toString());
        assertThat(verify().findings()).anyMatch(finding -> finding.found().contains(TreeHash.EMPTY_ROOT.toString()));
    }

    @Test
    void pruning_that_was_broken_off_goes_on_and_is_whole_at_every_moment() throws Exception {
        int named = letGo();
        assertThat(ledger.pruning().next(100)).isEqualTo(100);
        assertThat(verify().findings()).isEmpty();
        assertThat(verify().pruned().entries()).isEqualTo(100);
        ledger.close();
        ledger = fixture.open(Clock.fixed(NOW, ZoneOffset.UTC));
        assertThat(prune()).isEqualTo(named - 100);
        assertThat(verify().findings()).isEmpty();
        assertThat(plan()).isEmpty();
    }

    @Test
    void holds_keep_a_patients_entries_or_all_until_they_are_released() throws Exception {
        Entry patient = entry(NOW, Op.HOLD, HELD).build();
        append(List.of(patient));
        RetentionStatement plan = plan().orElseThrow();
        for (int i = 0; i < plan.to(); i++) {
            if (plan.names(i)) {
                assertThat(ledger.read(i).orElseThrow().entry().patient()).isEqualTo(OTHER);
            }
        }
        int named = letGo();
        Entry whole = entry(NOW, Op.HOLD, null).build();
        append(List.of(whole));
        assertThat(prune())
                .as("everything is held, also what was let go before")
                .isZero();
        assertThat(plan()).isEmpty();
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq = 2 + " + plan.from()))
                .as("the database holds it, too")
                .hasMessageContaining("is refused");

        release(whole);
        assertThat(prune()).isEqualTo(named);
        assertThat(count("p = '\\x00000000000000010000000000000001' and op = 'read'"))
                .isEqualTo(150 + 20);
        assertThat(verify().findings()).isEmpty();
        release(patient);
        assertThat(letGo() + named).isBetween(400, 480);
        assertThat(prune()).isPositive();
        assertThat(count("p = '\\x00000000000000010000000000000001' and op = 'read' and seq < 512"))
                .isZero();
        assertThat(verify().findings()).isEmpty();
    }

    @Test
    void a_hold_that_is_placed_after_an_entry_was_let_go_still_keeps_it() throws Exception {
        int named = letGo();
        append(List.of(entry(NOW, Op.HOLD, HELD).build()));
        int pruned = prune();
        assertThat(pruned).isPositive().isLessThan(named);
        assertThat(count("p = '\\x00000000000000010000000000000001' and op = 'read'"))
                .isEqualTo(150 + 20);
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq ="
                        + " (select min(seq) from ledger.ledger_entry where op = 'read')"))
                .isInstanceOf(SQLException.class);
        assertThat(verify().findings()).isEmpty();
    }

    @Test
    void the_database_keeps_what_is_held_although_it_was_let_go_whoever_deletes_it() throws Exception {
        letGo();
        long held = first(HELD);
        long other = first(OTHER);
        Entry hold = entry(NOW, Op.HOLD, HELD).build();
        append(List.of(hold));

        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq = " + held))
                .hasMessageContaining("is refused");
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq in (%d, %d)".formatted(held, other)))
                .as("one that is held keeps the others of a deletion")
                .hasMessageContaining("is refused");
        sql("delete from ledger.ledger_entry where seq = " + other);

        // A release that is no entry of the tree, in the place of one that went.
        Entry forged = entry(NOW, Op.HOLD_RELEASE, HELD)
                .statement(LegalHolds.release(hold.id()))
                .build();
        insert(other, forged);
        // And behind the end of the log.
        insert(ledger.size() + 100_000, forged);
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq = " + held))
                .hasMessageContaining("is refused");
        assertThat(ledger.pruning().holds().covers(HELD)).isTrue();
        // A release of another hold.
        append(List.of(entry(NOW, Op.HOLD_RELEASE, HELD)
                .statement(LegalHolds.release(forged.id()))
                .build()));
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq = " + held))
                .hasMessageContaining("is refused");
        release(hold);
        sql("delete from ledger.ledger_entry where seq = " + held);

        Entry whole = entry(NOW, Op.HOLD, null).build();
        append(List.of(whole));
        long next = first(OTHER);
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq = " + next))
                .hasMessageContaining("is refused");
        release(whole);
        sql("delete from ledger.ledger_entry where seq = " + next);
    }

    @Test
    void what_is_put_where_an_entry_was_let_go_lets_nothing_go() throws Exception {
        letGo();
        prune();
        int kept = (int) kept();
        RetentionStatement forged = new RetentionStatement(
                LogFixture.ORIGIN, 0, 256, ledger.rootOf(256).orElseThrow(), BEFORE, SIX_YEARS, bits(kept));
        Entry entry = entry(NOW, Op.RETENTION, null)
                .statement(forged.sign(SigningKey.generate(LogFixture.ORIGIN, new SecureRandom()))
                        .toString())
                .build();
        insert(1, entry);

        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq = " + kept))
                .hasMessageContaining("is refused");
        assertThat(verify().findings()).anyMatch(finding -> finding.row().equals("seq 1"));
    }

    @Test
    void the_database_lets_nothing_go_before_a_checkpoint_covers_the_retention_entry() throws Exception {
        RetentionStatement plan = plan().orElseThrow();
        append(List.of(entry(NOW, Op.RETENTION, null)
                .statement(ledger.pruning().sign(plan))
                .build()));
        ledger.close();
        long covered = ledger.size();
        fixture.database.tamper("update ledger.ledger_head set checkpoint_size = %d".formatted(covered - 1));
        assertThatThrownBy(() -> sql("delete from ledger.ledger_entry where seq = 1"))
                .hasMessageContaining("is refused");
        fixture.database.tamper("update ledger.ledger_head set checkpoint_size = %d".formatted(covered));
        sql("delete from ledger.ledger_entry where seq = 1");
    }

    /** A row past the log. */
    private void insert(long index, Entry entry) throws SQLException {
        byte[] body = entry.toJson();
        try (Connection connection = fixture.database.dataSource().getConnection();
                PreparedStatement insertion = connection.prepareStatement("insert into ledger.ledger_entry"
                        + " (log, seq, t_ms, leaf, body, op) values (1, ?, ?, ?, ?, ?)")) {
            insertion.setLong(1, index);
            insertion.setLong(2, NOW.toEpochMilli());
            insertion.setBytes(3, TreeHash.leaf(body).toByteArray());
            insertion.setBytes(4, body);
            insertion.setString(5, entry.op().code());
            insertion.executeUpdate();
        }
    }

    /** The first old entry about a patient that may go. */
    private long first(Pseudonym patient) throws SQLException {
        try (Connection connection = fixture.database.dataSource().getConnection();
                PreparedStatement query = connection.prepareStatement(
                        "select min(seq) from ledger.ledger_entry where op = 'read' and p = ?")) {
            query.setBytes(1, patient.toByteArray());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private Optional<RetentionStatement> plan() {
        return ledger.pruning().plan(0, BEFORE, SIX_YEARS);
    }

    private int letGo() throws Exception {
        RetentionStatement plan = plan().orElseThrow();
        retention(ledger.pruning().sign(plan));
        return plan.pruned().cardinality();
    }

    private void retention(String statement) throws Exception {
        append(List.of(entry(NOW, Op.RETENTION, null).statement(statement).build()));
        ledger.publishCheckpoint();
    }

    private int prune() {
        int pruned = 0;
        for (int some = ledger.pruning().next(150);
                some > 0;
                some = ledger.pruning().next(150)) {
            pruned += some;
        }
        return pruned;
    }

    private void release(Entry hold) throws Exception {
        append(List.of(entry(NOW, Op.HOLD_RELEASE, hold.patient())
                .statement(LegalHolds.release(hold.id()))
                .build()));
        ledger.publishCheckpoint();
    }

    private void append(List<Entry> entries) throws Exception {
        assertThat(ledger.append(Submission.of(entries, List.of())).get(10, TimeUnit.SECONDS))
                .isInstanceOf(AppendResult.Appended.class);
    }

    private Report verify() throws SQLException {
        try (Connection connection = fixture.database.dataSource().getConnection()) {
            return new Verifier(fixture.logKey.verifyKey()).verify(connection);
        }
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = fixture.database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private long count(String where) throws SQLException {
        try (Connection connection = fixture.database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from ledger.ledger_entry where " + where)) {
            row.next();
            return row.getLong(1);
        }
    }

    private long kept() throws SQLException {
        try (Connection connection = fixture.database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("select min(seq) from ledger.ledger_entry where op = 'consent.grant'")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static BitSet bits(int bit) {
        BitSet bits = new BitSet();
        bits.set(bit);
        return bits;
    }

    private static Entry.Builder entry(Instant time, Op op, @Nullable Pseudonym patient) {
        return Entry.builder(EntryIds.next(time), time, "server-1", op).patient(patient);
    }
}
