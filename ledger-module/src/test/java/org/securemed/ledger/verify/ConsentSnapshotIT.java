package org.securemed.ledger.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.ConsentLog;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.files.LogExport;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.replay.ConsentSnapshot;
import org.securemed.ledger.storage.ConsentSnapshotException;
import org.securemed.ledger.storage.ConsentSnapshots;
import org.securemed.ledger.storage.PostgresLogStore;

/** Where all consents stand, stated in the log, checked by the verifier and at each start. */
class ConsentSnapshotIT {
    @TempDir
    static Path directory;

    private final KeyEncryptionKeys epochs = open();
    private final ConsentLog log = new ConsentLog(epochs);
    private final ConsentSnapshots snapshots = new ConsentSnapshots(log.states, LogFixture.ORIGIN);

    @BeforeEach
    void some_consents() throws Exception {
        for (String patient : new String[] {"anna", "ben", "carl", "dora"}) {
            log.record(ConsentLog.grant("Patient/" + patient, "c-" + patient, 1));
        }
        log.record(ConsentLog.revoke("Patient/anna", "c-anna", 2));
        log.seal(log.erase(log.key("Patient/dora")).orElseThrow());
        log.key("Patient/nothing-said");
    }

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void what_is_stated_is_what_the_entries_lead_to_and_what_is_stored_however_it_goes_on() throws Exception {
        ConsentSnapshot first = take();
        assertThat(first.patients()).isEqualTo(3);
        state(first);
        assertThat(loaded()).hasSize(3);

        log.record(ConsentLog.grant("Patient/emma", "c-emma", 1));
        log.record(ConsentLog.revoke("Patient/ben", "c-ben", 2));
        log.seal(log.erase(log.key("Patient/carl")).orElseThrow());
        log.stage(ConsentLog.grant("Patient/emma", "c-more", 1));
        assertThat(loaded()).hasSize(3);

        ConsentSnapshot second = take();
        assertThat(second.patients()).isEqualTo(3);
        assertThat(second.hash()).isNotEqualTo(first.hash());
        state(second);
        assertThat(loaded()).hasSize(3);
        assertThat(log.verify(epochs).findings()).isEmpty();
        assertThat(ConsentSnapshot.parse(second.statement())).isEqualTo(second);
    }

    @Test
    void a_state_of_before_that_was_put_back_is_not_loaded() throws Exception {
        state(take());
        log.fixture.database.tamper("create table public.before as table ledger.consent_state");
        log.record(ConsentLog.revoke("Patient/ben", "c-ben", 2));
        // By the transitions behind the snapshot, and by one from behind the change.
        assertThatAnOldStateIsNoticed();
        state(take());
        assertThatAnOldStateIsNoticed();
    }

    @Test
    void a_state_that_was_taken_away_is_missed() throws Exception {
        state(take());
        log.fixture.database.tamper("delete from ledger.consent_state where subject ="
                + " (select subject from ledger.consent_state where version > 0 order by subject limit 1)");
        assertThatThrownBy(this::loaded).isInstanceOf(ConsentSnapshotException.class);
    }

    @Test
    void a_snapshot_that_says_something_else_is_found_by_the_verifier_without_any_key() throws Exception {
        ConsentSnapshot right = take();
        state(new ConsentSnapshot(right.origin(), right.size(), right.patients() + 1, right.hash()));
        state(new ConsentSnapshot(right.origin(), right.size() + 100, right.patients(), right.hash()));
        try (Connection connection = log.fixture.database.dataSource().getConnection()) {
            assertThat(new Verifier(log.fixture.logKey.verifyKey())
                            .verify(connection)
                            .findings())
                    .hasSize(2)
                    .allSatisfy(finding -> assertThat(finding.column()).isEqualTo("body"));
        }
        // And by whoever has only the files.
        log.ledger.publishCheckpoint();
        assertThat(verifyFiles())
                .hasSize(2)
                .allSatisfy(finding -> assertThat(finding.column()).isEqualTo("entry"));
    }

    @Test
    void right_snapshots_are_confirmed_from_the_files_alone() throws Exception {
        state(take());
        log.record(ConsentLog.revoke("Patient/ben", "c-ben", 2));
        log.seal(log.erase(log.key("Patient/carl")).orElseThrow());
        state(take());
        log.ledger.publishCheckpoint();
        assertThat(verifyFiles()).isEmpty();
    }

    private List<Finding> verifyFiles() throws Exception {
        Path export = directory.resolve("export" + System.nanoTime());
        VerifyKey key = log.fixture.logKey.verifyKey();
        new LogExport(new PostgresLogStore(log.fixture.database.dataSource()), key, export).run();
        return new PublishedVerifier(key, new LogDirectory(export)).verify().findings();
    }

    private void assertThatAnOldStateIsNoticed() throws Exception {
        log.fixture.database.tamper(
                "create table public.now as table ledger.consent_state",
                "truncate ledger.consent_state",
                "insert into ledger.consent_state select * from public.before");
        assertThatThrownBy(this::loaded)
                .isInstanceOf(ConsentSnapshotException.class)
                .hasMessageContaining("consents");
        log.fixture.database.tamper(
                "truncate ledger.consent_state",
                "insert into ledger.consent_state select * from public.now",
                "drop table public.now");
        assertThat(loaded()).isNotEmpty();
    }

    private ConsentSnapshot take() {
        return reading(snapshots::take);
    }

    private Map<Pseudonym, ConsentState> loaded() {
        Map<Pseudonym, ConsentState> states = new HashMap<>();
        reading(connection -> snapshots.loadAll(connection, states::put));
        return states;
    }

    private <T> T reading(ConsentLog.Work<T> work) {
        return log.commit(connection -> {
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            return work.in(connection);
        });
    }

    private void state(ConsentSnapshot snapshot) throws Exception {
        Instant now = Instant.now();
        LogFixture.append(
                log.ledger,
                Entry.builder(EntryIds.next(now), now, "server-1", Op.CONSENT_SNAPSHOT)
                        .statement(snapshot.statement())
                        .build());
    }

    private static KeyEncryptionKeys open() {
        try {
            return KeyEncryptionKeys.openOrCreate(directory.resolve("kek.p12"), "test-only".toCharArray());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
