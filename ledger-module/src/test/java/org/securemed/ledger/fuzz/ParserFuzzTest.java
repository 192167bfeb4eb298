package org.securemed.ledger.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Fuzzing. A test run tries the empty input and a seeded number of mutations of valid ones
 * ({@code -Dledger.mutations=…}, {@code -Dledger.seed=…}). Jazzer searches on its own, guided by coverage, with
 * {@code JAZZER_FUZZ=1 mvn -pl ledger-module test -Dtest='ParserFuzzTest#note'}, one parser at a time, for at most ten
 * minutes; what it finds is kept below {@code src/test/resources} and is then tried in every run.
 */
class ParserFuzzTest {
    private static final int MUTATIONS = Integer.getInteger("ledger.mutations", 2_000);
    private static final long SEED = Long.getLong("ledger.seed", 20_261_122);

    @ParameterizedTest
    @EnumSource(Parsers.class)
    void mutations_of_valid_input_are_refused_by_the_parsers_own_exception_or_read_back(Parsers parser) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<byte[]> beginnings = parser.beginnings();
        assertThat(beginnings).isNotEmpty();
        for (int round = 0; round < MUTATIONS; round++) {
            byte[] mutated = mutate(beginnings.get(random.nextInt(beginnings.size())), random);
            try {
                parser.accepts(mutated);
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed %d, round %d: %s".formatted(SEED, round, Arrays.toString(mutated)), e);
            }
        }
    }

    /** Otherwise the mutations above would all die of the same cause. */
    @ParameterizedTest
    @EnumSource(value = Parsers.class, mode = EnumSource.Mode.EXCLUDE, names = "KEY_STATEMENT")
    void what_the_mutations_begin_from_is_accepted(Parsers parser) {
        assertThat(parser.beginnings()).allMatch(parser::accepts);
    }

    @FuzzTest(maxDuration = "10m")
    void note(byte[] bytes) {
        Parsers.NOTE.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void checkpoint(byte[] bytes) {
        Parsers.CHECKPOINT.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void vkey(byte[] bytes) {
        Parsers.VKEY.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void tilePath(byte[] bytes) {
        Parsers.TILE_PATH.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void bundle(byte[] bytes) {
        Parsers.BUNDLE.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void proof(byte[] bytes) {
        Parsers.PROOF.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void policy(byte[] bytes) {
        Parsers.POLICY.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void blocks(byte[] bytes) {
        Parsers.BLOCKS.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void tile(byte[] bytes) {
        Parsers.TILE.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void witnessRequest(byte[] bytes) {
        Parsers.WITNESS_REQUEST.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void transition(byte[] bytes) {
        Parsers.TRANSITION.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void keyStatement(byte[] bytes) {
        Parsers.KEY_STATEMENT.accepts(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void entry(byte[] bytes) {
        Parsers.ENTRY.accepts(bytes);
    }

    private static byte[] mutate(byte[] valid, SplittableRandom random) {
        byte[] bytes = valid.clone();
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
            if (bytes.length == 0) {
                return bytes;
            }
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes = Arrays.copyOf(bytes, at);
                case 3 -> bytes = splice(bytes, at, new byte[] {bytes[random.nextInt(bytes.length)]}, at);
                case 4 -> bytes = splice(bytes, at, new byte[0], Math.min(bytes.length, at + 1 + random.nextInt(4)));
                default -> {
                    int from = random.nextInt(bytes.length);
                    int to = Math.min(bytes.length, from + 1 + random.nextInt(40));
                    bytes = splice(bytes, at, Arrays.copyOfRange(bytes, from, to), at);
                }
            }
        }
        return bytes;
    }

    /** The bytes before {@code at}, then {@code between}, then those from {@code rest} on. */
    private static byte[] splice(byte[] bytes, int at, byte[] between, int rest) {
        byte[] spliced = new byte[at + between.length + bytes.length - rest];
        System.arraycopy(bytes, 0, spliced, 0, at);
        System.arraycopy(between, 0, spliced, at, between.length);
        System.arraycopy(bytes, rest, spliced, at + between.length, bytes.length - rest);
        return spliced;
    }
}
