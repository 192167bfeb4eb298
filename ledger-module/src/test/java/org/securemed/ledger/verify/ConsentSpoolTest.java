package org.securemed.ledger.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.replay.ConsentSnapshot;
import org.securemed.ledger.replay.ConsentStep;
import org.securemed.ledger.replay.LastTransition;

class ConsentSpoolTest {
    private static final String ORIGIN = "hospital.example/ledger";

    @Test
    void however_little_memory_it_has_snapshots_are_those_of_the_entries_below_their_size() throws Exception {
        long seed = System.nanoTime();
        for (int inMemory : new int[] {1, 7, 100, 10_000}) {
            SplittableRandom random = new SplittableRandom(seed);
            Findings findings = new Findings();
            SnapshotReplay replay = new SnapshotReplay(
                    ORIGIN,
                    (seq, expected, found) -> new Finding("log", "index " + seq, "entry", expected, found),
                    findings);
            TreeMap<Pseudonym, LastTransition> all = new TreeMap<>();
            List<ConsentSnapshot> snapshots = new ArrayList<>();
            try (ConsentSpool spool = new ConsentSpool(inMemory)) {
                for (int seq = 0; seq < 1_000; seq++) {
                    if (seq % 100 == 99) {
                        ConsentSnapshot.Builder now = new ConsentSnapshot.Builder(ORIGIN, seq);
                        all.forEach((patient, last) -> last.addTo(now, patient));
                        ConsentSnapshot snapshot = now.build();
                        snapshots.add(snapshot);
                        replay.stated(seq, snapshot.statement());
                        continue;
                    }
                    // Negative halves too: the order is that of the bytes.
                    Pseudonym patient = new Pseudonym((random.nextInt(40) - 20L) << 58, 1);
                    byte[] commitment = new byte[32];
                    random.nextBytes(commitment);
                    ConsentStep step = random.nextInt(50) == 0
                            ? ConsentStep.ERASED
                            : new ConsentStep(1 + random.nextInt(30), Bytes.of(commitment));
                    spool.add(patient, seq, step);
                    all.computeIfAbsent(patient, none -> new LastTransition()).add(step);
                }
                // The hash of other entries than those below its size.
                replay.stated(1_000, snapshots.get(3).statement().replace("\n399\n", "\n499\n"));
                spool.drainTo(replay);
                replay.finish();
            }
            assertThat(findings.kept())
                    .as("seed %d, %d in memory", seed, inMemory)
                    .extracting(Finding::row)
                    .containsExactly("index 1000");
        }
    }

    @Test
    void a_snapshot_that_is_not_of_the_entries_is_found() throws Exception {
        Findings findings = new Findings();
        SnapshotReplay replay = new SnapshotReplay(
                ORIGIN,
                (seq, expected, found) -> new Finding("log", "index " + seq, "entry", expected, found),
                findings);
        ConsentSnapshot empty = new ConsentSnapshot.Builder(ORIGIN, 1).build();
        replay.stated(5, empty.statement());
        replay.stated(6, new ConsentSnapshot.Builder("other.example", 1).build().statement());
        replay.stated(7, null);
        try (ConsentSpool spool = new ConsentSpool()) {
            spool.add(new Pseudonym(1, 1), 0, new ConsentStep(1, Bytes.of(new byte[32])));
            spool.drainTo(replay);
            replay.finish();
        }
        assertThat(findings.kept()).extracting(Finding::row).containsExactly("index 6", "index 7", "index 5");
    }
}
