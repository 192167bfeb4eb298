package org.securemed.ledger.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.securemed.ledger.log.LogFixture.entry;
import static org.securemed.ledger.log.LogFixture.index;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.storage.FileCheckpointVault;
import org.securemed.ledger.storage.PostgresLogStore;

class CheckpointVaultIT {
    private final LogFixture fixture = new LogFixture();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void the_vault_holds_what_was_published_last() throws Exception {
        try (Ledger ledger = open()) {
            index(ledger, entry("a"));
            ledger.publishCheckpoint();
            assertThat(vault().load()).isEqualTo(ledger.checkpoint());
        }
        Checkpoint kept = Checkpoint.verify(vault().load().orElseThrow(), fixture.logKey.verifyKey());
        assertThat(kept.size()).isEqualTo(2);
    }

    @Test
    void a_database_restored_from_an_older_backup_is_not_opened_and_it_says_why() throws Exception {
        open().close();
        fixture.database.tamper(
                "create schema backup",
                "create table backup.head as table ledger.ledger_head",
                "create table backup.checkpoint as table ledger.ledger_checkpoint");
        try (Ledger ledger = open()) {
            index(ledger, entry("a"));
        }
        fixture.database.tamper(
                "delete from ledger.ledger_entry where seq > 0",
                "delete from ledger.ledger_entry_id where seq > 0",
                "delete from ledger.ledger_block where block_no > 0",
                "delete from ledger.ledger_checkpoint",
                "insert into ledger.ledger_checkpoint table backup.checkpoint",
                "delete from ledger.ledger_head",
                "insert into ledger.ledger_head table backup.head");
        assertThatThrownBy(this::open)
                .isInstanceOf(LogCorruptException.class)
                .hasMessageContaining("the database is older than what was signed");
        fixture.open().close();
    }

    @Test
    void a_database_that_went_another_way_is_not_opened_and_it_says_why() throws Exception {
        open().close();
        Checkpoint fork = new Checkpoint(LogFixture.ORIGIN, 1, TreeHash.EMPTY_ROOT);
        vault().replace(vault().load(), fork.sign(fixture.logKey));
        assertThatThrownBy(this::open)
                .isInstanceOf(LogCorruptException.class)
                .hasMessageContaining("the database is a fork of what was signed");
    }

    @Test
    void a_log_stops_rather_than_sign_beside_the_vault() throws Exception {
        try (Ledger ledger = open()) {
            Checkpoint fork = new Checkpoint(LogFixture.ORIGIN, 1, TreeHash.EMPTY_ROOT);
            vault().replace(vault().load(), fork.sign(fixture.logKey));
            index(ledger, entry("a"));
            assertThatThrownBy(ledger::publishCheckpoint).isInstanceOf(LogCorruptException.class);
            assertThat(ledger.isRunning()).isFalse();
            assertThat(fixture.alarms).singleElement().asString().startsWith("log-broken");
        }
    }

    @Test
    void a_vault_with_another_keys_checkpoint_or_with_rubbish_is_refused() throws Exception {
        open().close();
        SigningKey other = SigningKey.generate(LogFixture.ORIGIN, new SecureRandom());
        vault().replace(vault().load(), new Checkpoint(LogFixture.ORIGIN, 0, TreeHash.EMPTY_ROOT).sign(other));
        assertThatThrownBy(this::open).isInstanceOf(LogCorruptException.class).hasMessageContaining("the vault");
        Files.writeString(directory.resolve("checkpoint"), "rubbish");
        assertThatThrownBy(this::open).isInstanceOf(LogCorruptException.class).hasMessageContaining("a signed note");
    }

    @Test
    void the_vault_is_swapped_only_from_what_is_expected() {
        var one = new Checkpoint(LogFixture.ORIGIN, 1, TreeHash.EMPTY_ROOT).sign(fixture.logKey);
        var two = new Checkpoint(LogFixture.ORIGIN, 2, TreeHash.EMPTY_ROOT).sign(fixture.logKey);
        assertThat(vault().replace(Optional.of(one), two)).isFalse();
        assertThat(vault().replace(Optional.empty(), one)).isTrue();
        assertThat(vault().replace(Optional.empty(), two)).isFalse();
        assertThat(vault().replace(Optional.of(one), two)).isTrue();
        assertThat(vault().load()).contains(two);
    }

    @Test
    void a_cosigned_log_is_not_opened_without_its_cosigner() throws Exception {
        try (LogFixture cosigned = LogFixture.cosigned()) {
            PostgresLogStore store = new PostgresLogStore(cosigned.database.dataSource());
            try (Ledger ledger = cosigned.open()) {
                var note = ledger.checkpoint().orElseThrow();
                assertThat(note.signatures()).hasSize(2);
                Checkpoint checkpoint = Checkpoint.verify(note, ledger.logKey());
                long seconds = Objects.requireNonNull(cosigned.cosigner)
                        .verifyKey()
                        .verify(checkpoint, note.signatures().get(1));
                assertThat(Instant.ofEpochSecond(seconds))
                        .isBetween(Instant.now().minusSeconds(60), Instant.now());
            }
            LedgerKeys without = new LedgerKeys(cosigned.logKey, cosigned.instanceKey, null);
            assertThatThrownBy(() -> Ledger.open(
                            store,
                            without,
                            CheckpointVault.none(),
                            LedgerOptions.defaults(),
                            Clock.systemUTC(),
                            Alarm.logging()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cosigned by " + LogFixture.ORIGIN + "/pq");
        }
    }

    private FileCheckpointVault vault() {
        return new FileCheckpointVault(directory.resolve("checkpoint"));
    }

    private Ledger open() {
        return fixture.open(new PostgresLogStore(fixture.database.dataSource()), fixture.instanceKey, vault());
    }
}
