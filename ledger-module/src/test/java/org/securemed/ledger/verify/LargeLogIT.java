package org.securemed.ledger.verify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.merkle.TreeHash;

/** 70,000 entries, the specification's own example: tiles on three levels. */
class LargeLogIT {
    private static final int SIZE = 70_000;

    @Test
    void a_log_with_tiles_on_three_levels_is_proved_opened_verified_and_a_changed_upper_tile_is_located()
            throws Exception {
        try (LogFixture fixture = new LogFixture()) {
            try (Ledger ledger = fixture.open()) {
                for (long size = 1; size < SIZE; size = ledger.size()) {
                    // Odd sizes, so that blocks end within tiles.
                    int count = (int) Math.min(9_973, SIZE - size);
                    ledger.append(Submission.of(entries(count), List.of())).get(60, TimeUnit.SECONDS);
                }
                ledger.publishCheckpoint();
                assertThat(ledger.tile(TilePath.parse("tile/0/272"))).isPresent();
                assertThat(ledger.tile(TilePath.parse("tile/0/273.p/112"))).isPresent();
                assertThat(ledger.tile(TilePath.parse("tile/1/000"))).isPresent();
                assertThat(ledger.tile(TilePath.parse("tile/1/001.p/17"))).isPresent();
                assertThat(ledger.tile(TilePath.parse("tile/2/000.p/1"))).isPresent();
                receipts(ledger);
            }
            fixture.open().close();
            assertThat(verify(fixture).findings()).isEmpty();
            fixture.database.tamper(
                    "update ledger.ledger_tile set hashes = set_byte(hashes, 4100, 7 # get_byte(hashes, 4100))"
                            + " where level = 1");
            assertThat(verify(fixture).findings())
                    .singleElement()
                    .asString()
                    .startsWith("ledger_tile level 1, n 0, hashes: expected hash 128");
        }
    }

    private static void receipts(Ledger ledger) throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 100; i++) {
            long index = i == 0 ? SIZE - 1 : random.nextLong(SIZE);
            byte[] body = ledger.read(index).orElseThrow().body().toByteArray();
            TlogProof receipt = TlogProof.parse(
                    ledger.receipt(index).orElseThrow().toString().getBytes(UTF_8));
            assertThat(receipt.verify(TreeHash.leaf(body), ledger.logKey()).size())
                    .as("seed %d, index %d", seed, index)
                    .isEqualTo(SIZE);
        }
    }

    private static Report verify(LogFixture fixture) throws Exception {
        try (Connection connection = fixture.database.dataSource().getConnection()) {
            return new Verifier(fixture.logKey.verifyKey()).verify(connection);
        }
    }

    private static List<Entry> entries(int count) {
        List<Entry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            entries.add(LogFixture.entry("actor-" + i % 100));
        }
        return entries;
    }
}
