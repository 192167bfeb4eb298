package org.securemed.ledger.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.files.LogExport;
import org.securemed.ledger.log.Alarm;
import org.securemed.ledger.log.AppendResult;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.log.BlockCommit;
import org.securemed.ledger.log.CheckpointVault;
import org.securemed.ledger.log.DuplicateIdException;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.HeadMovedException;
import org.securemed.ledger.log.Leaf;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerKeys;
import org.securemed.ledger.log.LedgerOptions;
import org.securemed.ledger.log.LogEnd;
import org.securemed.ledger.log.LogHead;
import org.securemed.ledger.log.LogStore;
import org.securemed.ledger.log.Precondition;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.verify.PublishedVerifier;

/** What the log expects of whatever it is stored in; the same for every store. */
abstract class LogStoreContract {
    private static final String ORIGIN = "hospital.example/ledger";
    private static final Hash KEY = Hash.of(new byte[Hash.LENGTH]);

    private final SigningKey logKey = SigningKey.generate(ORIGIN, new SecureRandom());

    @TempDir
    Path directory;

    abstract LogStore store();

    abstract DataSource dataSource();

    @Test
    void an_empty_store_has_nothing_and_a_head_is_made_once() {
        try (LogStore.Session session = store().write()) {
            assertThat(session.isEmpty()).isTrue();
            assertThat(session.lockHead()).isEmpty();
            assertThat(session.newestCheckpoint()).isEmpty();
            assertThat(session.block(0)).isEmpty();
            assertThat(session.entry(0)).isEmpty();
            session.createHead(LogHead.EMPTY);
            session.commit();
        }
        try (LogStore.Session session = store().read()) {
            assertThat(session.head()).contains(LogHead.EMPTY);
        }
    }

    @Test
    void a_block_is_read_back_as_it_was_written() throws Exception {
        Pseudonym patient = new Pseudonym(1, 2);
        List<Leaf> leaves = List.of(
                leaf("anna", Op.READ, patient),
                leaf("ben", Op.KEY, null),
                leaf("anna", Op.UPDATE, new Pseudonym(3, 4)));
        LogHead before = begin();
        BlockCommit commit = commit(before, leaves, List.of(), List.of());
        try (LogStore.Session session = store().write()) {
            session.write(before, commit);
            session.commit();
        }
        try (LogStore.Session session = store().read()) {
            assertThat(session.isEmpty()).isFalse();
            assertThat(session.head()).contains(commit.head());
            assertThat(session.block(0)).contains(commit.block());
            assertThat(session.block(1)).isEmpty();
            assertThat(session.blockOf(2)).contains(commit.block());
            assertThat(session.blockOf(3)).isEmpty();
            assertThat(session.blocks(0, 3)).containsExactly(commit.block());
            assertThat(session.blocks(2, 3)).containsExactly(commit.block());
            assertThat(session.blocks(0, 2)).isEmpty();
            assertThat(session.blocks(3, 259)).isEmpty();
            for (int i = 0; i < 3; i++) {
                StoredEntry stored = new StoredEntry(
                        i, leaves.get(i).hash(), Bytes.of(leaves.get(i).body()));
                assertThat(session.entry(i)).contains(stored);
                assertThat(session.entry(leaves.get(i).entry().id())).contains(stored);
            }
            assertThat(session.entry(UUID.randomUUID())).isEmpty();
            assertThat(indexes(session.entries(1, 10))).containsExactly(1L, 2L);
            assertThat(indexes(session.entries(0, 2))).containsExactly(0L, 1L);
            assertThat(indexes(session.entries(Op.KEY, 0, 10))).containsExactly(1L);
            assertThat(session.leafHashes(1, 3))
                    .containsExactly(leaves.get(1).hash(), leaves.get(2).hash());
            assertThat(session.indexesOf(List.of(leaves.get(2).entry().id(), UUID.randomUUID())))
                    .isEqualTo(Map.of(leaves.get(2).entry().id(), 2L));
            assertThat(session.indexesOf(List.of())).isEmpty();
        }
    }

    @Test
    void a_block_is_appended_only_behind_its_head_and_for_the_consent_versions_it_relies_on() throws Exception {
        Pseudonym patient = new Pseudonym(1, 2);
        LogHead before = begin();
        BlockCommit first = commit(before, List.of(leaf("anna", Op.READ, patient)), List.of(), List.of());
        BlockCommit second = commit(first.head(), List.of(leaf("ben", Op.READ, patient)), List.of(), List.of());
        BlockCommit twice = commit(first.head(), first.leaves(), List.of(), List.of());
        try (LogStore.Session session = store().write()) {
            assertThatThrownBy(() -> session.append(before, Map.of(patient, 1L), first))
                    .isInstanceOf(HeadMovedException.class);
            session.rollback();
            assertThat(session.head()).contains(before);
            assertThat(session.entries(0, 10)).isEmpty();
            session.rollback();
            session.append(before, Map.of(patient, 0L), first);
            assertThatThrownBy(() -> session.append(before, Map.of(), second)).isInstanceOf(HeadMovedException.class);
            session.rollback();
            assertThatThrownBy(() -> session.append(first.head(), Map.of(), twice))
                    .isInstanceOf(DuplicateIdException.class);
            session.rollback();
        }
        try (LogStore.Session session = store().read()) {
            assertThat(session.head()).contains(first.head());
            assertThat(indexes(session.entries(0, 10))).containsExactly(0L);
            assertThat(session.block(1)).isEmpty();
            assertThat(session.indexesOf(List.of(second.leaves().get(0).entry().id())))
                    .isEmpty();
        }
    }

    @Test
    void entries_are_found_by_every_criterion_newest_first() throws Exception {
        Pseudonym anna = new Pseudonym(1, 2);
        LogHead before = begin();
        List<Leaf> leaves = List.of(
                leaf("x", Op.READ, anna),
                leaf("y", Op.READ, anna),
                leaf("x", Op.UPDATE, new Pseudonym(3, 4)),
                leaf("x", Op.READ, null));
        try (LogStore.Session session = store().write()) {
            session.write(before, commit(before, leaves, List.of(), List.of()));
            session.commit();
        }
        Instant future = Instant.now().plusSeconds(60);
        try (LogStore.Session session = store().read()) {
            assertThat(found(session, Set.of(anna), null, Set.of(), null, null, 9, 10))
                    .containsExactly(1L, 0L);
            assertThat(found(session, Set.of(anna, new Pseudonym(3, 4)), "x", Set.of(), null, null, 9, 10))
                    .containsExactly(2L, 0L);
            assertThat(found(session, Set.of(), null, Set.of(Op.UPDATE, Op.KEY), null, null, 9, 10))
                    .containsExactly(2L);
            assertThat(found(session, Set.of(), null, Set.of(), future, null, 9, 10))
                    .isEmpty();
            assertThat(found(session, Set.of(), null, Set.of(), null, future, 9, 2))
                    .containsExactly(3L, 2L);
            assertThat(found(session, Set.of(), null, Set.of(), null, null, 2, 10))
                    .containsExactly(1L, 0L);
        }
    }

    @Test
    void a_block_behind_a_held_end_is_durable_at_once_and_lets_go_of_it() throws Exception {
        LogHead before = begin();
        BlockCommit first = commit(before, List.of(leaf("anna", Op.READ, null)), List.of(), List.of());
        BlockCommit second = commit(first.head(), List.of(leaf("ben", Op.READ, null)), List.of(), List.of());
        BlockCommit twice = commit(first.head(), first.leaves(), List.of(), List.of());
        try (LogStore.Session session = store().write();
                LogStore.Session other = store().write()) {
            assertThat(session.lockEnd()).contains(new LogEnd(before, Optional.empty()));
            CompletableFuture<Optional<LogEnd>> waits = CompletableFuture.supplyAsync(other::lockEnd);
            session.commit(before, first);
            LogEnd end = new LogEnd(first.head(), Optional.of(first.block()));
            assertThat(waits.get(10, TimeUnit.SECONDS)).contains(end);
            other.rollback();
            assertThatThrownBy(() -> session.commit(before, second)).isInstanceOf(HeadMovedException.class);
            session.rollback();
            assertThatThrownBy(() -> session.commit(first.head(), twice)).isInstanceOf(DuplicateIdException.class);
            session.rollback();
            assertThat(other.lockEnd()).contains(end);
        }
        try (LogStore.Session session = store().read()) {
            assertThat(session.entries(0, 10)).hasSize(1);
        }
    }

    @Test
    void a_block_for_another_head_is_refused_whatever_of_the_head_differs() throws Exception {
        LogHead before = begin();
        Hash other = leaf("x", Op.READ, null).hash();
        Frontier frontier = before.frontier().append(List.of(other));
        for (LogHead wrong : List.of(
                new LogHead(5, before.blockHash(), before.frontier(), before.timeMillis(), -1),
                new LogHead(-1, other, before.frontier(), before.timeMillis(), -1),
                new LogHead(-1, before.blockHash(), frontier, before.timeMillis(), -1),
                new LogHead(-1, before.blockHash(), before.frontier(), 77, -1))) {
            try (LogStore.Session session = store().write()) {
                BlockCommit commit = commit(before, List.of(leaf("a", Op.READ, null)), List.of(), List.of());
                assertThatThrownBy(() -> session.write(wrong, commit)).isInstanceOf(HeadMovedException.class);
                session.rollback();
            }
        }
        try (LogStore.Session session = store().read()) {
            assertThat(session.head()).contains(before);
            assertThat(session.entry(0)).isEmpty();
        }
    }

    @Test
    void an_id_that_is_in_the_log_is_refused_and_nothing_of_the_block_is_written() throws Exception {
        LogHead before = begin();
        Leaf leaf = leaf("a", Op.READ, null);
        BlockCommit first = commit(before, List.of(leaf), List.of(), List.of());
        try (LogStore.Session session = store().write()) {
            session.write(before, first);
            session.commit();
            BlockCommit second = commit(first.head(), List.of(leaf("b", Op.READ, null), leaf), List.of(), List.of());
            assertThatThrownBy(() -> session.write(first.head(), second)).isInstanceOf(DuplicateIdException.class);
            session.rollback();
        }
        try (LogStore.Session session = store().read()) {
            assertThat(session.head()).contains(first.head());
            assertThat(session.entry(1)).isEmpty();
            assertThat(session.block(1)).isEmpty();
        }
    }

    @Test
    void what_is_rolled_back_or_closed_without_a_commit_is_gone() throws Exception {
        LogHead before = begin();
        BlockCommit commit = commit(before, List.of(leaf("a", Op.READ, null)), List.of(), List.of());
        try (LogStore.Session session = store().write()) {
            session.write(before, commit);
            session.rollback();
        }
        try (LogStore.Session session = store().write()) {
            session.write(before, commit);
        }
        try (LogStore.Session session = store().read()) {
            assertThat(session.head()).contains(before);
            assertThat(session.isEmpty()).isTrue();
        }
    }

    @Test
    void tiles_and_their_roots_are_read_back() throws Exception {
        LogHead before = begin();
        List<Leaf> leaves = new ArrayList<>();
        for (int i = 0; i < 2 * Tile.WIDTH; i++) {
            leaves.add(leaf("a", Op.READ, null));
        }
        List<Hash> hashes = leaves.stream().map(Leaf::hash).toList();
        Tile one = new Tile(0, 0, hashes.subList(0, Tile.WIDTH));
        Tile two = new Tile(0, 1, hashes.subList(Tile.WIDTH, 2 * Tile.WIDTH));
        try (LogStore.Session session = store().write()) {
            session.write(before, commit(before, leaves, List.of(one, two), List.of()));
            session.commit();
        }
        try (LogStore.Session session = store().read()) {
            assertThat(session.tile(0, 1)).contains(two);
            assertThat(session.tile(1, 0)).isEmpty();
            assertThat(session.tileRoots(0, 0, 2)).containsExactly(one.root(), two.root());
            assertThat(session.tileRoots(0, 1, 9)).containsExactly(two.root());
        }
    }

    @Test
    void checkpoints_move_the_head_and_the_first_word_of_a_witness_stays() {
        begin();
        try (LogStore.Session session = store().write()) {
            session.lockHead();
            session.publish(-1, 0, "one\n");
            session.commit();
            session.lockHead();
            session.publish(0, 7, "two\n");
            session.commit();
            session.cosigned(7, "W", "first\n");
            session.commit();
            session.cosigned(7, "W", "second\n");
            session.cosigned(7, "V", "third\n");
            session.commit();
        }
        try (LogStore.Session session = store().read()) {
            assertThat(session.newestCheckpoint()).contains("two\n");
            assertThat(session.head().orElseThrow().checkpointSize()).isEqualTo(7);
            assertThat(session.cosignatures(7)).containsExactly("third\n", "first\n");
            assertThat(session.cosignatures(8)).isEmpty();
        }
    }

    @Test
    void the_head_is_held_until_the_transaction_ends() throws Exception {
        begin();
        AtomicBoolean released = new AtomicBoolean();
        try (LogStore.Session first = store().write()) {
            first.lockHead();
            CompletableFuture<Boolean> second = CompletableFuture.supplyAsync(() -> {
                try (LogStore.Session session = store().write()) {
                    session.lockHead();
                    return released.get();
                }
            });
            assertThat(second).isNotCompleted();
            released.set(true);
            first.rollback();
            assertThat(second.get(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void consent_versions_are_those_that_are_committed() throws Exception {
        Pseudonym anna = new Pseudonym(1, 2);
        try (Connection connection = dataSource().getConnection();
                PreparedStatement insert = connection.prepareStatement("insert into ledger.consent_state"
                        + " (subject, version, state_hash, sealed_state) values (?, ?, ?, ?)")) {
            insert.setBytes(1, anna.toByteArray());
            insert.setLong(2, 4);
            insert.setBytes(3, new byte[32]);
            insert.setBytes(4, new byte[1]);
            insert.executeUpdate();
        }
        try (LogStore.Session session = store().read()) {
            assertThat(session.consentVersions(List.of(anna, new Pseudonym(5, 6))))
                    .isEqualTo(Map.of(anna, 4L));
        }
    }

    @Test
    void two_instances_write_one_log_and_it_is_whole() throws Exception {
        Set<Long> indexes = new HashSet<>();
        List<Entry> staged = List.of(entry("s", Op.UPDATE, null), entry("t", Op.UPDATE, null));
        try (Ledger one = open("server-1");
                Ledger two = open("server-2")) {
            List<CompletableFuture<AppendResult>> answers = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                answers.add((i % 2 == 0 ? one : two).append(Submission.of(entry("a" + i, Op.READ, null))));
            }
            for (CompletableFuture<AppendResult> answer : answers) {
                indexes.add(((AppendResult.Appended) answer.get(30, TimeUnit.SECONDS)).index());
            }
            try (Connection connection = dataSource().getConnection()) {
                connection.setAutoCommit(false);
                one.stage(connection, staged);
                connection.commit();
            }
            assertThat(one.seal(staged).get(10, TimeUnit.SECONDS)).isInstanceOf(AppendResult.Appended.class);
            Submission stale = Submission.of(
                    List.of(entry("p", Op.READ, null)), List.of(new Precondition(new Pseudonym(9, 9), 3)));
            assertThat(two.append(stale).get(10, TimeUnit.SECONDS)).isInstanceOf(AppendResult.Stale.class);
            two.publishCheckpoint();
            assertThat(two.receipt(0)).isPresent();
            assertThat(one.consistencyProof(1, one.size()).path()).isNotEmpty();
        }
        assertThat(indexes).hasSize(300);
        try (LogStore.Session session = store().read()) {
            assertThat(session.staged(new UUID(0, 0), 10)).isEmpty();
            assertThat(session.lost(10)).isEmpty();
        }
        verify(logKey);
    }

    @Test
    void what_is_staged_comes_back_in_order_leaves_with_its_block_and_is_missed_when_taken() throws Exception {
        List<Entry> entries =
                List.of(entry("s", Op.UPDATE, null), entry("t", Op.UPDATE, null), entry("u", Op.READ, null));
        try (Ledger ledger = open("server-1");
                Connection connection = dataSource().getConnection()) {
            connection.setAutoCommit(false);
            ledger.stage(connection, entries);
            connection.rollback();
            ledger.stage(connection, entries);
            connection.commit();
            try (LogStore.Session session = store().read()) {
                List<UUID> ids = entries.stream()
                        .map(Entry::id)
                        .sorted(Comparator.comparing(UUID::toString))
                        .toList();
                assertThat(session.staged(new UUID(0, 0), 10))
                        .extracting(row -> row.id())
                        .containsExactlyElementsOf(ids);
                assertThat(session.staged(ids.get(0), 1))
                        .extracting(row -> row.id())
                        .containsExactly(ids.get(1));
                assertThat(session.lost(10)).isEmpty();
            }
            try (PreparedStatement theft =
                    connection.prepareStatement("delete from ledger.ledger_outbox where id = ?")) {
                theft.setObject(1, entries.get(2).id());
                theft.executeUpdate();
                connection.commit();
            }
            try (LogStore.Session session = store().write()) {
                assertThat(session.lost(10)).containsExactly(entries.get(2).id());
                session.unstage(List.of(entries.get(0).id()));
                session.commit();
                assertThat(session.staged(new UUID(0, 0), 10)).hasSize(1);
            }
        }
    }

    /** Verifies the whole log as it comes out of the store. */
    void verify(SigningKey key) throws Exception {
        Path files = directory.resolve("exported");
        new LogExport(store(), key.verifyKey(), files).run();
        assertThat(new PublishedVerifier(key.verifyKey(), new LogDirectory(files))
                        .verify()
                        .findings())
                .isEmpty();
    }

    private Ledger open(String instance) {
        return Ledger.open(
                store(),
                new LedgerKeys(logKey, SigningKey.generate(instance, new SecureRandom()), null),
                CheckpointVault.none(),
                LedgerOptions.defaults().creating(),
                Clock.systemUTC(),
                Alarm.logging());
    }

    private LogHead begin() {
        try (LogStore.Session session = store().write()) {
            session.createHead(LogHead.EMPTY);
            session.commit();
        }
        return LogHead.EMPTY;
    }

    private static BlockCommit commit(LogHead before, List<Leaf> leaves, List<Tile> tiles, List<UUID> staged) {
        Frontier frontier =
                before.frontier().append(leaves.stream().map(Leaf::hash).toList());
        long number = before.blockNumber() + 1;
        Block block = new Block(
                number,
                before.size(),
                leaves.size(),
                before.blockHash(),
                frontier.root(),
                "server-1",
                KEY,
                Bytes.of(new byte[64]),
                1_000);
        LogHead after = new LogHead(number, block.hash(ORIGIN), frontier, 1_000, before.checkpointSize());
        return new BlockCommit(block, leaves, tiles, staged, after);
    }

    private static Leaf leaf(String actor, Op op, @Nullable Pseudonym patient) {
        return Leaf.of(entry(actor, op, patient));
    }

    private static Entry entry(String actor, Op op, @Nullable Pseudonym patient) {
        Instant now = Instant.now();
        return Entry.builder(EntryIds.next(now), now, "server-1", op)
                .actor(actor)
                .patient(patient)
                .build();
    }

    private static List<Long> found(
            LogStore.Session session,
            Set<Pseudonym> patients,
            @Nullable String actor,
            Set<Op> ops,
            @Nullable Instant from,
            @Nullable Instant to,
            long before,
            int limit) {
        return indexes(session.find(new EntryQuery(patients, actor, ops, from, to, before, limit)));
    }

    private static List<Long> indexes(List<StoredEntry> entries) {
        return entries.stream().map(StoredEntry::index).toList();
    }
}
