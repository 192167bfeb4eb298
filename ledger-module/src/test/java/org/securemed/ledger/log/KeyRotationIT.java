package org.securemed.ledger.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.securemed.ledger.log.LogFixture.ORIGIN;
import static org.securemed.ledger.log.LogFixture.append;
import static org.securemed.ledger.log.LogFixture.entry;
import static org.securemed.ledger.log.LogFixture.index;

import java.security.SecureRandom;
import java.sql.Connection;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.InstanceCertificate;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.Finding;
import org.securemed.ledger.verify.Verifier;

class KeyRotationIT {
    private final LogFixture fixture = new LogFixture();
    private final SigningKey next = SigningKey.generate(ORIGIN, new SecureRandom());
    private final SigningKey other = SigningKey.generate("server-2", new SecureRandom());

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void a_log_whose_key_was_followed_verifies_from_either_key_and_against_what_either_signed() throws Exception {
        SignedNote before;
        try (Ledger ledger = fixture.open()) {
            index(ledger, entry("a"));
            ledger.publishCheckpoint();
            before = ledger.checkpoint().orElseThrow();
        }
        SignedNote after;
        try (Ledger ledger = open(next, fixture.logKey, fixture.instanceKey)) {
            index(ledger, entry("b"));
            ledger.publishCheckpoint();
            after = ledger.checkpoint().orElseThrow();
            assertThat(ledger.logKeys()).containsExactly(fixture.logKey.verifyKey(), next.verifyKey());
        }
        // Whoever knows the old key only goes on reading while both sign.
        for (SigningKey key : List.of(fixture.logKey, next)) {
            assertThat(Checkpoint.verify(after, key.verifyKey()).size()).isEqualTo(4);
            assertThat(findings(key.verifyKey(), before, after)).isEmpty();
        }
        SigningKey stranger = SigningKey.generate(ORIGIN, new SecureRandom());
        assertThat(findings(stranger.verifyKey())).isNotEmpty();
    }

    @Test
    void afterwards_the_old_key_opens_nothing_and_the_new_one_needs_it_no_more() throws Exception {
        fixture.open().close();
        open(next, fixture.logKey, fixture.instanceKey).close();
        assertThatThrownBy(fixture::open)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("which is not here");
        try (Ledger ledger = open(next, null, fixture.instanceKey)) {
            ledger.revokeKey(fixture.logKey.verifyKey().toString());
            ledger.publishCheckpoint();
            assertThat(ledger.checkpoint().orElseThrow().signatures()).hasSize(1);
        }
        assertThat(findings(next.verifyKey())).isEmpty();
    }

    @Test
    void an_instance_with_the_old_key_goes_on_writing_and_leaves_checkpoints_to_others() throws Exception {
        try (Ledger behind = fixture.open()) {
            try (Ledger ahead = open(next, fixture.logKey, other)) {
                index(behind, entry("a"));
                behind.publishCheckpoint();
                assertThat(fixture.alarms).singleElement().asString().startsWith("checkpoint-key-missing");
                ahead.publishCheckpoint();
            }
        }
        assertThat(findings(next.verifyKey())).isEmpty();
    }

    @Test
    void a_checkpoint_by_a_key_that_was_followed_is_found() throws Exception {
        try (Ledger ledger = open(fixture.logKey, null, fixture.instanceKey)) {
            index(ledger, entry("a"));
        }
        open(next, fixture.logKey, fixture.instanceKey).close();
        SignedNote honest;
        try (Ledger ledger = open(next, null, fixture.instanceKey)) {
            honest = ledger.checkpoint().orElseThrow();
        }
        Checkpoint newest = Checkpoint.verify(honest, next.verifyKey());
        String forged = newest.sign(fixture.logKey).toString();
        fixture.database.tamper(
                "update ledger.ledger_checkpoint set note = '%s' where size = %d".formatted(forged, newest.size()));
        assertThat(findings(next.verifyKey())).singleElement().satisfies(finding -> {
            assertThat(finding.table()).isEqualTo("ledger_checkpoint");
            assertThat(finding.expected()).isEqualTo("a checkpoint by the log key");
        });
        assertThatThrownBy(() -> open(next, null, fixture.instanceKey)).isInstanceOf(LogCorruptException.class);
    }

    @Test
    void what_the_old_key_certifies_after_it_was_followed_is_not_taken() throws Exception {
        try (Ledger behind = fixture.open()) {
            open(next, fixture.logKey, fixture.instanceKey).close();
            Entry late = certificate(other.verifyKey(), fixture.logKey);
            assertThatThrownBy(() -> append(behind, late)).hasCauseInstanceOf(KeyStatementException.class);
            assertThat(behind.isRunning()).isTrue();
            index(behind, entry("a"));
        }
        assertThat(findings(next.verifyKey())).isEmpty();
    }

    @Test
    void an_instance_whose_key_was_revoked_stops_and_writes_nothing_more() throws Exception {
        try (Ledger thief = open(fixture.logKey, null, other);
                Ledger honest = fixture.open()) {
            index(thief, entry("a"));
            honest.revokeKey(other.verifyKey().toString());
            assertThatThrownBy(() -> append(thief, entry("b"))).hasStackTraceContaining("was revoked");
            assertThat(thief.isRunning()).isFalse();
            index(honest, entry("c"));
            assertThatThrownBy(() ->
                            honest.revokeKey(fixture.instanceKey.verifyKey().toString()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> open(fixture.logKey, null, other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("was revoked");
        assertThat(findings(fixture.logKey.verifyKey())).isEmpty();
    }

    @Test
    void a_block_by_a_revoked_key_is_found_and_nothing_is_built_on_it() throws Exception {
        open(fixture.logKey, null, other).close();
        try (Ledger honest = fixture.open()) {
            honest.revokeKey(other.verifyKey().toString());
        }
        forgeBlock(other);
        assertThat(findings(fixture.logKey.verifyKey())).singleElement().satisfies(finding -> {
            assertThat(finding.table()).isEqualTo("ledger_block");
            assertThat(finding.column()).isEqualTo("key_id");
        });
        assertThatThrownBy(fixture::open)
                .isInstanceOf(LogCorruptException.class)
                .hasMessageContaining("not revoked");
    }

    @Test
    void a_cosigner_that_was_revoked_is_not_needed_to_open() throws Exception {
        try (LogFixture cosigned = LogFixture.cosigned()) {
            String cosigner =
                    Objects.requireNonNull(cosigned.cosigner).verifyKey().toString();
            try (Ledger ledger = cosigned.open()) {
                ledger.revokeKey(cosigner);
            }
            LedgerKeys without = new LedgerKeys(cosigned.logKey, cosigned.instanceKey, null);
            Ledger.open(
                            new PostgresLogStore(cosigned.database.dataSource()),
                            without,
                            CheckpointVault.none(),
                            LedgerOptions.defaults(),
                            Clock.systemUTC(),
                            Alarm.logging())
                    .close();
            try (Connection connection = cosigned.database.dataSource().getConnection()) {
                assertThat(new Verifier(cosigned.logKey.verifyKey())
                                .verify(connection)
                                .findings())
                        .isEmpty();
            }
        }
    }

    private Ledger open(SigningKey logKey, @Nullable SigningKey outgoing, SigningKey instance) {
        return Ledger.open(
                new PostgresLogStore(fixture.database.dataSource()),
                new LedgerKeys(logKey, outgoing, instance, null),
                CheckpointVault.none(),
                LedgerOptions.defaults().creating(),
                Clock.systemUTC(),
                (code, detail) -> fixture.alarms.add(code + ": " + detail));
    }

    private List<Finding> findings(VerifyKey known, SignedNote... handedOut) throws Exception {
        Verifier verifier = new Verifier(known);
        for (SignedNote note : handedOut) {
            verifier.against("a friend", note);
        }
        try (Connection connection = fixture.database.dataSource().getConnection()) {
            return new ArrayList<>(verifier.verify(connection).findings());
        }
    }

    private static Entry certificate(VerifyKey instance, SigningKey logKey) {
        Instant now = Instant.now();
        return Entry.builder(EntryIds.next(now), now, "server-1", Op.KEY)
                .statement(
                        new InstanceCertificate(ORIGIN, instance).sign(logKey).toString())
                .build();
    }

    /** Writes a block as a server would that does not look whether its key is revoked. */
    private void forgeBlock(SigningKey key) throws Exception {
        try (LogStore.Session session = new PostgresLogStore(fixture.database.dataSource()).write()) {
            LogHead head = session.lockHead().orElseThrow();
            Leaf leaf = Leaf.of(entry("thief"));
            Frontier frontier = head.frontier().append(List.of(leaf.hash()));
            Hash keyId = key.verifyKey().fingerprint();
            long now = head.timeMillis() + TimeUnit.SECONDS.toMillis(1);
            Block block = Block.sign(ORIGIN, head, 1, frontier.root(), now, key, keyId);
            LogHead after = new LogHead(block.number(), block.hash(ORIGIN), frontier, now, head.checkpointSize());
            session.write(head, new BlockCommit(block, List.of(leaf), List.of(), List.of(), after));
            session.commit();
        }
    }
}
