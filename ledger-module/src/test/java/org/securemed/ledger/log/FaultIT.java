package org.securemed.ledger.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;
import static org.securemed.ledger.log.LogFixture.append;
import static org.securemed.ledger.log.LogFixture.entry;
import static org.securemed.ledger.log.LogFixture.index;

import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;

/** Each point at which the database can be lost, lost before and after it did what it was asked. */
class FaultIT {
    private static final LogFixture FIXTURE = new LogFixture();
    private static FaultyStore store;
    private static Ledger ledger;
    private static Ledger other;

    @BeforeAll
    static void open() {
        store = new FaultyStore(new PostgresLogStore(FIXTURE.database.dataSource()));
        LedgerOptions defaults = LedgerOptions.defaults();
        // The caretaker stays away: faults are for the committer.
        LedgerOptions options = new LedgerOptions(
                true,
                defaults.maxEntriesPerBlock(),
                defaults.maxBytesPerBlock(),
                10,
                Duration.ofSeconds(3),
                Duration.ofHours(1),
                Duration.ofHours(1));
        ledger = Ledger.open(
                store,
                FIXTURE.logKey,
                FIXTURE.instanceKey,
                CheckpointVault.none(),
                options,
                Clock.systemUTC(),
                Alarm.logging());
        other = Ledger.open(
                new PostgresLogStore(FIXTURE.database.dataSource()),
                FIXTURE.logKey,
                FIXTURE.instanceKey,
                CheckpointVault.none(),
                options,
                Clock.systemUTC(),
                Alarm.logging());
    }

    @AfterAll
    static void close() {
        other.close();
        ledger.close();
        FIXTURE.close();
    }

    @TestFactory
    Stream<DynamicTest> an_entry_is_in_the_log_once_wherever_the_connection_breaks() {
        List<DynamicTest> tests = new ArrayList<>();
        for (String method : List.of("lockEnd", "commit", "append")) {
            for (boolean afterwards : new boolean[] {false, true}) {
                for (int times : new int[] {1, 2}) {
                    tests.add(dynamicTest(
                            "%s %s it, %d times".formatted(method, afterwards ? "after" : "before", times), () -> {
                                Entry entry = entry("a");
                                leadTo(method);
                                store.failNext(method, afterwards, times);
                                long index = index(ledger, entry);
                                assertThat(store.struck()).isPositive();
                                assertThat(ledger.read(entry.id()).orElseThrow().index())
                                        .isEqualTo(index);
                                assertThat(append(ledger, entry)).isEqualTo(new AppendResult.Duplicate(index));
                                assertWhole();
                            }));
                }
            }
        }
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> a_staged_entry_is_in_the_log_once_wherever_the_connection_breaks() {
        return Stream.of("lockEnd", "commit", "append")
                .map(method -> dynamicTest(method, () -> {
                    Entry entry = entry("a");
                    try (Connection connection = FIXTURE.database.dataSource().getConnection()) {
                        connection.setAutoCommit(false);
                        ledger.stage(connection, List.of(entry));
                        connection.commit();
                    }
                    leadTo(method);
                    store.failNext(method, true, 1);
                    assertThat(ledger.seal(List.of(entry)).get(10, TimeUnit.SECONDS))
                            .isInstanceOf(AppendResult.Appended.class);
                    assertThat(store.struck()).isEqualTo(1);
                    assertWhole();
                }));
    }

    @Test
    void a_database_that_stays_away_fails_the_submission_and_the_next_one_goes_through() throws Exception {
        store.failNext("open", false, Integer.MAX_VALUE);
        FIXTURE.database.tamper("select pg_terminate_backend(pid) from pg_stat_activity"
                + " where datname = current_database() and pid <> pg_backend_pid()");
        Entry lost = entry("a");
        assertThatThrownBy(() -> append(ledger, lost)).hasCauseInstanceOf(LedgerUnavailableException.class);
        assertThatThrownBy(() -> append(ledger, entry("b"))).hasCauseInstanceOf(LedgerUnavailableException.class);
        assertThat(ledger.isRunning()).isTrue();
        store.failNext("open", false, 0);
        assertThat(append(ledger, lost)).isInstanceOf(AppendResult.Appended.class);
        assertWhole();
    }

    @Test
    void an_outcome_that_stays_unknown_fails_the_submission_and_a_retry_with_the_same_id_finds_out() throws Exception {
        Entry entry = entry("a");
        leadTo("append");
        // The commit took place; then every attempt to find out fails.
        store.stayAwayAfter("append");
        assertThatThrownBy(() -> append(ledger, entry)).hasCauseInstanceOf(LedgerUnavailableException.class);
        store.comeBack();
        assertThat(append(ledger, entry)).isInstanceOf(AppendResult.Duplicate.class);
        assertWhole();
    }

    @Test
    void too_much_waiting_is_answered_with_pushback() throws Exception {
        try (Connection connection = FIXTURE.database.dataSource().getConnection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("select 1 from ledger.ledger_head for update");
            List<java.util.concurrent.CompletableFuture<AppendResult>> answers = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                answers.add(ledger.append(Submission.of(entry("a"))));
            }
            assertThat(answers)
                    .anySatisfy(answer -> assertThat(answer.getNow(null))
                            .isEqualTo(new AppendResult.Pushback(Duration.ofSeconds(1))));
            connection.rollback();
            for (var answer : answers) {
                assertThat(answer.get(10, TimeUnit.SECONDS)).isNotNull();
            }
        }
        assertWhole();
    }

    /** An instance that found its own last block appends in one step; one that finds another's locks the head first. */
    private static void leadTo(String method) throws Exception {
        index(ledger, entry("before"));
        index(ledger, entry("before"));
        if (!method.equals("append")) {
            index(other, entry("elsewhere"));
        }
    }

    private static void assertWhole() throws Exception {
        try (Connection connection = FIXTURE.database.dataSource().getConnection()) {
            Report report = new Verifier(FIXTURE.logKey.verifyKey()).verify(connection);
            assertThat(report.findings()).isEmpty();
        }
    }
}
