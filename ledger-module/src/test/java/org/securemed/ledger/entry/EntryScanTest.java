package org.securemed.ledger.entry;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EntryScanTest {
    private final EntryScan scan = new EntryScan();

    @Test
    void it_takes_every_plain_entry_and_finds_its_values() throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 20_000; i++) {
            Entry entry = entry(random);
            byte[] json = entry.toJson();
            byte[] within = new byte[json.length + 7];
            System.arraycopy(json, 0, within, 3, json.length);
            assertThat(scan.read(within, 3, json.length))
                    .as("seed %d: %s", seed, new String(json, UTF_8))
                    .isTrue();
            assertThatValuesAreThoseOf(Entry.parse(json));
        }
    }

    @Test
    void what_it_takes_is_an_entry_with_the_same_values_whichever_bytes_are_changed() throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        byte[] characters = "\"\\{}[]:,0129afAF=+/-.$ \u007fvxz".getBytes(US_ASCII);
        int taken = 0;
        for (int i = 0; i < 300; i++) {
            byte[] json = entry(random).toJson();
            for (int at = 0; at < json.length; at++) {
                byte[] changed = json.clone();
                int kind = random.nextInt(5);
                if (kind == 0) {
                    changed[at] = (byte) random.nextInt(256);
                } else if (kind == 1) {
                    System.arraycopy(json, at + 1, changed, at, json.length - at - 1);
                    changed = Arrays.copyOf(changed, json.length - 1);
                } else {
                    changed[at] = characters[random.nextInt(characters.length)];
                }
                if (scan.read(changed, 0, changed.length)) {
                    taken++;
                    // Throws if it is none.
                    assertThatValuesAreThoseOf(Entry.parse(changed));
                }
            }
        }
        // Most changes within text are entries again.
        assertThat(taken).as("seed %d", seed).isGreaterThan(1_000);
    }

    @Test
    void what_needs_more_than_a_look_is_left_to_the_parser() {
        UUID id = EntryIds.next(Instant.now());
        Entry.Builder least = Entry.builder(id, Instant.now(), "server-1", Op.READ);
        assertThat(taken(least.build())).isTrue();
        assertThat(taken(least.actor("Dr. Ünal").build())).isFalse();
        assertThat(taken(least.actor("a\"b").build())).isFalse();
        assertThat(taken(least.actor(null).statement("said").build())).isFalse();
        byte[] json =
                Entry.builder(id, Instant.now(), "server-1", Op.READ).build().toJson();
        for (int length = 0; length < json.length; length++) {
            assertThat(scan.read(json, 0, length)).isFalse();
        }
        assertThat(scan.read(Arrays.copyOf(json, json.length + 1), 0, json.length + 1))
                .isFalse();
    }

    private boolean taken(Entry entry) {
        byte[] json = entry.toJson();
        return scan.read(json, 0, json.length);
    }

    private void assertThatValuesAreThoseOf(Entry entry) {
        assertThat(scan.id()).isEqualTo(entry.id());
        assertThat(scan.timeMillis()).isEqualTo(entry.time().toEpochMilli());
        assertThat(scan.hasOp(entry.op().code().getBytes(US_ASCII))).isTrue();
        assertThat(scan.hasOp("other".getBytes(US_ASCII))).isFalse();
        assertThat(scan.hasActor(entry.actor() == null ? null : entry.actor().getBytes(US_ASCII)))
                .isTrue();
        assertThat(scan.hasActor(entry.actor() == null ? new byte[] {'x'} : null))
                .isFalse();
        byte[] patient = entry.patient() == null ? null : entry.patient().toByteArray();
        assertThat(scan.hasPatient(patient)).isTrue();
        assertThat(scan.hasPatient(patient == null ? new byte[16] : null)).isFalse();
        if (patient != null) {
            patient[15] ^= 1;
            assertThat(scan.hasPatient(patient)).isFalse();
        }
    }

    private static Entry entry(SplittableRandom random) {
        Instant time = Instant.ofEpochMilli(random.nextLong(1L << random.nextInt(1, 53)));
        return Entry.builder(
                        EntryIds.of(time, bytes(random, 16).toByteArray()),
                        time,
                        text(random, 64),
                        new Op("o" + random.nextInt(100) + ".x-$"))
                .actor(maybe(random) ? text(random, 256) : null)
                .role(maybe(random) ? text(random, 64) : null)
                .purpose(maybe(random) ? text(random, 64) : null)
                .resourceType(maybe(random) ? text(random, 64) : null)
                .patient(maybe(random) ? Pseudonym.random(random) : null)
                .resourceCommitment(maybe(random) ? bytes(random, random.nextInt(1, 65)) : null)
                .searchCommitment(maybe(random) ? bytes(random, random.nextInt(1, 65)) : null)
                .decision(maybe(random) ? decision(random) : null)
                .outcome(maybe(random) ? random.nextInt(13) : null)
                .status(maybe(random) ? random.nextInt(100, 600) : null)
                .request(maybe(random) ? text(random, 128) : null)
                .previous(maybe(random) ? random.nextLong(1L << 53) : null)
                .sealed(maybe(random) ? bytes(random, random.nextInt(1, 300)) : null)
                .build();
    }

    private static Decision decision(SplittableRandom random) {
        return new Decision(
                text(random, 16),
                maybe(random) ? text(random, 64) : null,
                maybe(random) ? text(random, 64) : null,
                random.longs(random.nextInt(4), 0, 1L << 53).boxed().toList());
    }

    private static boolean maybe(SplittableRandom random) {
        return random.nextInt(3) > 0;
    }

    private static Bytes bytes(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return Bytes.of(bytes);
    }

    private static String text(SplittableRandom random, int maxLength) {
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(1, maxLength + 1); left > 0; left--) {
            char c = (char) random.nextInt(' ', 0x7f);
            text.append(c == '"' || c == '\\' ? 'x' : c);
        }
        return text.toString();
    }
}
