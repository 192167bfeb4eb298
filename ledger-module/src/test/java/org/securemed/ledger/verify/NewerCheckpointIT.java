package org.securemed.ledger.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.securemed.ledger.log.LogFixture.entry;
import static org.securemed.ledger.log.LogFixture.index;

import java.security.SecureRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.merkle.TreeHash;

/** An auditor may hold a checkpoint that is newer than what the log serves as its newest. */
class NewerCheckpointIT {
    private final LogFixture fixture = new LogFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void a_log_is_verified_up_to_the_newest_checkpoint_that_is_known_and_not_only_up_to_what_it_shows()
            throws Exception {
        try (Ledger ledger = fixture.open()) {
            SignedNote shown = grown(ledger, 3);
            SignedNote newer = grown(ledger, 300);
            Report report = verifier(ledger, shown).against("a receipt", newer).verify();
            assertThat(report.findings()).isEmpty();
            assertThat(report.entries()).isEqualTo(Checkpoint.claimed(newer).size());
            assertThat(verifier(ledger, shown)
                            .tilesOnly()
                            .against("a receipt", newer)
                            .verify()
                            .findings())
                    .isEmpty();
        }
    }

    @Test
    void a_newer_checkpoint_of_another_tree_and_one_whose_entries_are_not_there_are_found() throws Exception {
        try (Ledger ledger = fixture.open()) {
            SignedNote shown = grown(ledger, 3);
            long size = Checkpoint.claimed(grown(ledger, 5)).size();
            SignedNote fork = signed(fixture.logKey, size);
            assertThat(verifier(ledger, shown)
                            .against("a witness", fork)
                            .verify()
                            .findings())
                    .extracting(Finding::toString)
                    .anyMatch(found -> found.contains("root"));
            SignedNote longer = signed(fixture.logKey, size + 1);
            assertThat(verifier(ledger, shown)
                            .against("a witness", longer)
                            .verify()
                            .findings())
                    .singleElement()
                    .asString()
                    .contains("truncated");
        }
    }

    @Test
    void a_strangers_checkpoint_is_not_counted_to_however_large_it_is() throws Exception {
        try (Ledger ledger = fixture.open()) {
            SignedNote shown = grown(ledger, 3);
            SigningKey stranger = SigningKey.generate(LogFixture.ORIGIN, new SecureRandom());
            Report report = verifier(ledger, shown)
                    .against("somebody", signed(stranger, 1L << 40))
                    .verify();
            assertThat(report.entries()).isEqualTo(Checkpoint.claimed(shown).size());
            assertThat(report.isWhole()).isFalse();
        }
    }

    private static SignedNote signed(SigningKey key, long size) {
        return new Checkpoint(LogFixture.ORIGIN, size, TreeHash.EMPTY_ROOT).sign(key);
    }

    private PublishedVerifier verifier(Ledger ledger, SignedNote shown) {
        return new PublishedVerifier(fixture.logKey.verifyKey(), new ServedLog(ledger, shown));
    }

    private static SignedNote grown(Ledger ledger, int entries) throws Exception {
        for (int i = 0; i < entries; i++) {
            index(ledger, entry("a"));
        }
        ledger.publishCheckpoint();
        return ledger.checkpoint().orElseThrow();
    }
}
