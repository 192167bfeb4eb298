package org.securemed.ledger.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.securemed.ledger.log.LogFixture.append;
import static org.securemed.ledger.log.LogFixture.entry;
import static org.securemed.ledger.log.LogFixture.index;

import java.security.SecureRandom;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.EntryBundle;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.storage.PostgresLogStore;

class LedgerIT {
    private final LogFixture fixture = new LogFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void an_appended_entry_is_read_back_byte_for_byte_by_index_and_by_id() throws Exception {
        try (Ledger ledger = fixture.open()) {
            Entry entry = entry("practitioner-1");
            long index = index(ledger, entry);
            assertThat(index).isEqualTo(1);
            StoredEntry stored = ledger.read(index).orElseThrow();
            assertThat(stored.body().toByteArray()).isEqualTo(entry.toJson());
            assertThat(stored.entry()).isEqualTo(entry);
            assertThat(ledger.read(entry.id())).contains(stored);
            assertThat(ledger.blockOf(index).orElseThrow().firstIndex()).isEqualTo(1);
            assertThat(ledger.size()).isEqualTo(2);
        }
    }

    @Test
    void the_first_entry_certifies_the_key_of_the_instance() throws Exception {
        try (Ledger ledger = fixture.open()) {
            assertThat(ledger.read(0).orElseThrow().entry().op().code()).isEqualTo("key");
        }
        try (Ledger ledger = fixture.open()) {
            assertThat(ledger.size()).isEqualTo(1);
        }
    }

    @Test
    void entries_are_found_by_patient_actor_op_and_time_newest_first() throws Exception {
        try (Ledger ledger = fixture.open()) {
            ledger.append(Submission.of(entries(50), List.of())).get(10, TimeUnit.SECONDS);
            Entry wanted = entry("actor-7");
            index(ledger, wanted);
            var all = new EntryQuery(Set.of(), null, Set.of(), null, null, Long.MAX_VALUE, 1000);
            assertThat(ledger.find(all))
                    .extracting(StoredEntry::index)
                    .startsWith(51L, 50L)
                    .endsWith(0L);
            var narrow = new EntryQuery(
                    Set.of(new Pseudonym(7, "actor-7".hashCode())),
                    "actor-7",
                    Set.of(Op.READ, Op.SEARCH),
                    wanted.time().minusSeconds(60),
                    wanted.time().plusMillis(1),
                    Long.MAX_VALUE,
                    10);
            assertThat(ledger.find(narrow)).extracting(StoredEntry::index).containsExactly(51L, 8L);
            var page = new EntryQuery(Set.of(), "actor-7", Set.of(), null, null, 51, 1);
            assertThat(ledger.find(page)).extracting(StoredEntry::index).containsExactly(8L);
            var later =
                    new EntryQuery(Set.of(), null, Set.of(), wanted.time().plusSeconds(1), null, Long.MAX_VALUE, 10);
            assertThat(ledger.find(later)).isEmpty();
        }
    }

    @Test
    void an_id_that_is_in_the_log_is_not_appended_again() throws Exception {
        try (Ledger ledger = fixture.open()) {
            Entry entry = entry("a");
            long index = index(ledger, entry);
            assertThat(append(ledger, entry)).isEqualTo(new AppendResult.Duplicate(index));
            assertThat(ledger.size()).isEqualTo(2);
            assertThat(index(ledger, entry("b"))).isEqualTo(2);
        }
    }

    @Test
    void the_same_id_waiting_twice_is_appended_once() throws Exception {
        try (Ledger ledger = fixture.open()) {
            Entry entry = entry("a");
            List<CompletableFuture<AppendResult>> answers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                answers.add(ledger.append(Submission.of(entry)));
            }
            List<AppendResult> results = new ArrayList<>();
            for (CompletableFuture<AppendResult> answer : answers) {
                results.add(answer.get(10, TimeUnit.SECONDS));
            }
            assertThat(results)
                    .filteredOn(AppendResult.Appended.class::isInstance)
                    .hasSize(1);
            assertThat(results)
                    .filteredOn(AppendResult.Duplicate.class::isInstance)
                    .hasSize(19);
        }
    }

    @Test
    void a_submission_is_one_block_with_consecutive_indexes() throws Exception {
        try (Ledger ledger = fixture.open()) {
            List<Entry> entries = entries(700);
            AppendResult result =
                    ledger.append(Submission.of(entries, List.of())).get(10, TimeUnit.SECONDS);
            List<Long> indexes = ((AppendResult.Appended) result).indexes();
            assertThat(indexes).hasSize(700).startsWith(1L).endsWith(700L);
            assertThat(ledger.blockOf(1).orElseThrow())
                    .isEqualTo(ledger.blockOf(700).orElseThrow());
        }
    }

    @Test
    void every_entry_is_proved_against_the_published_checkpoint() throws Exception {
        try (Ledger ledger = fixture.open()) {
            ledger.append(Submission.of(entries(600), List.of())).get(10, TimeUnit.SECONDS);
            ledger.publishCheckpoint();
            Checkpoint first = Checkpoint.verify(ledger.checkpoint().orElseThrow(), ledger.logKey());
            assertThat(first.size()).isEqualTo(601);
            for (int round = 0; round < 3; round++) {
                ledger.append(Submission.of(entries(211), List.of())).get(10, TimeUnit.SECONDS);
            }
            ledger.publishCheckpoint();
            Checkpoint checkpoint = Checkpoint.verify(ledger.checkpoint().orElseThrow(), ledger.logKey());
            for (long index = 0; index < checkpoint.size(); index += 13) {
                Hash leaf =
                        TreeHash.leaf(ledger.read(index).orElseThrow().body().toByteArray());
                ledger.inclusionProof(index, checkpoint.size()).verify(leaf, checkpoint.root());
            }
            ledger.consistencyProof(first.size(), checkpoint.size()).verify(first.root(), checkpoint.root());
        }
    }

    @Test
    void tiles_bundles_and_receipts_are_served_as_far_as_checkpoints_reach() throws Exception {
        try (Ledger ledger = fixture.open()) {
            ledger.append(Submission.of(entries(599), List.of())).get(10, TimeUnit.SECONDS);
            ledger.publishCheckpoint();
            byte[] leaves = ledger.tile(TilePath.parse("tile/0/001")).orElseThrow();
            byte[] edge = ledger.tile(TilePath.parse("tile/0/002.p/88")).orElseThrow();
            byte[] above = ledger.tile(TilePath.parse("tile/1/000.p/2")).orElseThrow();
            assertThat(leaves).hasSize(8_192);
            assertThat(Tile.split(above).get(1)).isEqualTo(Tile.of(0, 1, leaves).root());
            byte[] bundle = ledger.tile(TilePath.parse("tile/entries/002.p/88")).orElseThrow();
            List<byte[]> bodies = EntryBundle.parse(bundle, 88);
            assertThat(TreeHash.leaf(bodies.get(87))).isEqualTo(Tile.split(edge).get(87));
            for (String absent :
                    List.of("tile/0/002.p/89", "tile/0/002", "tile/1/000.p/3", "tile/2/000.p/1", "tile/0/003.p/1")) {
                assertThat(ledger.tile(TilePath.parse(absent))).as(absent).isEmpty();
            }
            TlogProof receipt =
                    TlogProof.parse(ledger.receipt(599).orElseThrow().toString().getBytes(UTF_8));
            assertThat(receipt.verify(TreeHash.leaf(bodies.get(87)), ledger.logKey())
                            .size())
                    .isEqualTo(600);
            assertThat(ledger.receipt(600)).isEmpty();
        }
    }

    @Test
    void a_decision_made_with_an_older_consent_version_is_refused() throws Exception {
        Pseudonym patient = new Pseudonym(1, 2);
        fixture.database.tamper("insert into ledger.consent_state (subject, version, state_hash, sealed_state)"
                + " values ('\\x00000000000000010000000000000002', 4, sha256('state'), 'sealed')");
        try (Ledger ledger = fixture.open()) {
            Entry entry = entry("a");
            AppendResult stale = ledger.append(Submission.of(List.of(entry), List.of(new Precondition(patient, 3))))
                    .get(10, TimeUnit.SECONDS);
            assertThat(stale).isEqualTo(new AppendResult.Stale(patient));
            assertThat(ledger.read(entry.id())).isEmpty();
            AppendResult current = ledger.append(Submission.of(
                            List.of(entry),
                            List.of(new Precondition(patient, 4), new Precondition(new Pseudonym(9, 9), 0))))
                    .get(10, TimeUnit.SECONDS);
            assertThat(current).isInstanceOf(AppendResult.Appended.class);
        }
    }

    @Test
    void a_staged_entry_is_in_the_log_once_after_seal() throws Exception {
        try (Ledger ledger = fixture.open()) {
            List<Entry> entries = entries(3);
            stage(ledger, entries, true);
            AppendResult.Appended sealed =
                    (AppendResult.Appended) ledger.seal(entries).get(10, TimeUnit.SECONDS);
            assertThat(sealed.indexes()).containsExactly(1L, 2L, 3L);
            assertThat(staged()).isZero();
            assertThat(ledger.seal(entries).get(10, TimeUnit.SECONDS)).isEqualTo(sealed);
        }
    }

    @Test
    void a_staged_entry_of_a_rolled_back_write_is_never_in_the_log() throws Exception {
        List<Entry> entries = entries(1);
        try (Ledger ledger = fixture.open()) {
            stage(ledger, entries, false);
        }
        try (Ledger ledger = fixture.open()) {
            assertThat(ledger.read(entries.get(0).id())).isEmpty();
        }
    }

    @Test
    void what_a_crash_left_in_the_outbox_is_taken_in_at_the_next_start() throws Exception {
        List<Entry> entries = entries(1_000);
        try (Ledger ledger = fixture.open()) {
            stage(ledger, entries, true);
        }
        assertThat(staged()).isEqualTo(1_000);
        try (Ledger ledger = fixture.open()) {
            assertThat(staged()).isZero();
            assertThat(ledger.size()).isEqualTo(1_001);
            AppendResult.Appended sealed =
                    (AppendResult.Appended) ledger.seal(entries).get(10, TimeUnit.SECONDS);
            assertThat(sealed.indexes())
                    .allMatch(index -> index >= 1 && index <= 1_000)
                    .doesNotHaveDuplicates();
            assertThat(ledger.size()).isEqualTo(1_001);
        }
    }

    @Test
    void a_transaction_that_stages_leaves_the_wait_for_the_disk_to_the_block() throws Exception {
        try (Ledger ledger = fixture.open();
                Connection connection = fixture.database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            assertThat(durability(connection)).isEqualTo("on");
            ledger.stage(connection, entries(2));
            assertThat(durability(connection)).isEqualTo("off");
            connection.commit();
            assertThat(durability(connection)).as("the next transaction").isEqualTo("on");
            connection.rollback();
        }
    }

    private static String durability(Connection connection) throws Exception {
        try (var statement = connection.createStatement();
                var result = statement.executeQuery("show synchronous_commit")) {
            result.next();
            return result.getString(1);
        }
    }

    @Test
    void a_row_that_somebody_put_into_the_outbox_is_reported_and_never_taken_in() throws Exception {
        Entry forged = entry("mallory");
        try (Ledger ledger = fixture.open()) {
            stage(ledger, List.of(forged), true);
            fixture.database.tamper("update ledger.ledger_outbox set body = replace(convert_from(body, 'UTF8'),"
                    + " 'mallory', 'alice00')::bytea");
        }
        try (Ledger ledger = fixture.open()) {
            assertThat(fixture.alarms).singleElement().asString().startsWith("outbox-forged");
            assertThat(ledger.read(forged.id())).isEmpty();
            assertThat(staged()).isEqualTo(1);
        }
    }

    @Test
    void a_row_that_somebody_took_out_of_the_outbox_is_reported() throws Exception {
        Entry taken = entry("mallory");
        try (Ledger ledger = fixture.open()) {
            stage(ledger, List.of(taken, entry("alice")), true);
            fixture.database.tamper("delete from ledger.ledger_outbox where id = '%s'".formatted(taken.id()));
        }
        try (Ledger ledger = fixture.open()) {
            assertThat(fixture.alarms)
                    .singleElement()
                    .asString()
                    .startsWith("outbox-lost")
                    .contains(taken.id().toString());
            assertThat(ledger.size()).isEqualTo(2);
        }
    }

    @Test
    void two_instances_write_one_log() throws Exception {
        SigningKey second = SigningKey.generate("server-2", new SecureRandom());
        try (Ledger one = fixture.open();
                Ledger two = fixture.open(new PostgresLogStore(fixture.database.dataSource()), second)) {
            List<CompletableFuture<AppendResult>> answers = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                answers.add((i % 2 == 0 ? one : two).append(Submission.of(entry("actor-" + i))));
            }
            List<Long> indexes = new ArrayList<>();
            for (CompletableFuture<AppendResult> answer : answers) {
                indexes.add(((AppendResult.Appended) answer.get(20, TimeUnit.SECONDS)).index());
            }
            assertThat(indexes).doesNotHaveDuplicates();
            assertThat(one.size()).isEqualTo(2_002);
        }
        fixture.open().close();
    }

    @Test
    void a_log_whose_head_was_altered_is_not_opened_and_the_place_is_named() throws Exception {
        try (Ledger ledger = fixture.open()) {
            index(ledger, entry("a"));
        }
        fixture.database.tamper("update ledger.ledger_head set t_ms = t_ms + 1");
        assertThatThrownBy(fixture::open)
                .isInstanceOf(LogCorruptException.class)
                .hasMessageContaining("ledger_head, t_ms");
    }

    @Test
    void a_head_altered_while_the_log_runs_is_not_built_upon() throws Exception {
        try (Ledger ledger = fixture.open()) {
            index(ledger, entry("a"));
            fixture.database.tamper("update ledger.ledger_head set frontier = sha256(frontier)");
            assertThatThrownBy(() -> append(ledger, entry("b"))).hasRootCauseInstanceOf(LogCorruptException.class);
            assertThat(ledger.isRunning()).isFalse();
            assertThatThrownBy(() -> append(ledger, entry("c"))).hasCauseInstanceOf(LedgerUnavailableException.class);
        }
    }

    @Test
    void an_empty_database_is_refused_unless_a_log_is_to_be_made() {
        assertThatThrownBy(() -> Ledger.open(
                        new PostgresLogStore(fixture.database.dataSource()),
                        fixture.logKey,
                        fixture.instanceKey,
                        CheckpointVault.none(),
                        LedgerOptions.defaults(),
                        java.time.Clock.systemUTC(),
                        Alarm.logging()))
                .isInstanceOf(LedgerUnavailableException.class);
    }

    @Test
    void the_database_refuses_to_change_what_is_in_the_log() throws Exception {
        try (Ledger ledger = fixture.open()) {
            index(ledger, entry("a"));
        }
        for (String sql : List.of(
                "update ledger.ledger_entry set actor = 'x'",
                "delete from ledger.ledger_entry",
                "truncate ledger.ledger_entry",
                "truncate ledger.ledger_entry_000000",
                "delete from ledger.ledger_entry_000000",
                "update ledger.ledger_block set n = 2",
                "delete from ledger.ledger_head",
                "update ledger.ledger_head set size = 0",
                "truncate ledger.ledger_checkpoint",
                "delete from ledger.ledger_entry_id")) {
            try (Connection connection = fixture.database.dataSource().getConnection();
                    var statement = connection.createStatement()) {
                assertThatThrownBy(() -> statement.execute(sql)).as(sql).hasMessageContaining("ledger:");
            }
        }
    }

    private void stage(Ledger ledger, List<Entry> entries, boolean commit) throws Exception {
        try (Connection connection = fixture.database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            ledger.stage(connection, entries);
            if (commit) {
                connection.commit();
            } else {
                connection.rollback();
            }
        }
    }

    private long staged() throws Exception {
        try (Connection connection = fixture.database.dataSource().getConnection();
                var statement = connection.createStatement();
                var result = statement.executeQuery("select count(*) from ledger.ledger_outbox")) {
            result.next();
            return result.getLong(1);
        }
    }

    private static List<Entry> entries(int count) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(entry("actor-" + i));
        }
        return entries;
    }
}
