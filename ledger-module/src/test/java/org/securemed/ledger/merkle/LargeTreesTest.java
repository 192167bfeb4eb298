package org.securemed.ledger.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Proofs in trees of up to 2^40 leaves, too large to hold: the leaves come in a few long runs of equal ones, so that
 * every root can be computed by the letter of RFC 9162 in a few thousand hashes.
 */
class LargeTreesTest {
    private static final long SEED = Long.getLong("ledger.seed", 20_261_122);
    private static final int ROUNDS = Integer.getInteger("ledger.rounds", 300);

    private final SplittableRandom random = new SplittableRandom(SEED);

    @Test
    void consistency_between_any_two_sizes_is_proved_and_a_fork_is_refused() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            long newSize = size();
            long oldSize = 1 + random.nextLong(newSize);
            Runs tree = new Runs(random, newSize);
            ConsistencyProof proof = new Proofs(tree).consistency(oldSize, newSize);
            Hash oldRoot = tree.root(0, oldSize);
            Hash newRoot = tree.root(0, newSize);
            String as = "seed %d, round %d: %d of %d".formatted(SEED, round, oldSize, newSize);
            assertThat(proof.path().size()).as(as).isLessThanOrEqualTo(63);
            proof.verify(oldRoot, newRoot);
            if (oldSize < newSize) {
                Hash fork = tree.with(random.nextLong(oldSize)).root(0, oldSize);
                assertThatThrownBy(() -> proof.verify(fork, newRoot)).as(as).isInstanceOf(ProofException.class);
                Hash other = tree.with(random.nextLong(newSize)).root(0, newSize);
                assertThatThrownBy(() -> proof.verify(oldRoot, other)).as(as).isInstanceOf(ProofException.class);
                assertNoOtherPath(proof, oldRoot, newRoot, as);
            }
        }
    }

    @Test
    void inclusion_of_any_leaf_is_proved_and_of_another_leaf_refused() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            long size = size();
            long index = random.nextLong(size);
            Runs tree = new Runs(random, size);
            Runs forged = tree.with(index);
            InclusionProof proof = new Proofs(tree).inclusion(index, size);
            String as = "seed %d, round %d: %d of %d".formatted(SEED, round, index, size);
            assertThat(proof.rootFrom(tree.node(0, index))).as(as).isEqualTo(tree.root(0, size));
            assertThatThrownBy(() -> proof.verify(forged.node(0, index), tree.root(0, size)))
                    .as(as)
                    .isInstanceOf(ProofException.class);
            assertThatThrownBy(() -> proof.verify(tree.node(0, index), forged.root(0, size)))
                    .as(as)
                    .isInstanceOf(ProofException.class);
        }
    }

    private long size() {
        long power = 1L << random.nextInt(0, 41);
        // Around powers of two, where the arithmetic has its corners, as often as anywhere.
        return random.nextBoolean()
                ? 1 + random.nextLong(power)
                : Math.max(1, Math.min(1L << 40, power - 2 + random.nextInt(5)));
    }

    private void assertNoOtherPath(ConsistencyProof proof, Hash oldRoot, Hash newRoot, String as) {
        List<Hash> changed = new ArrayList<>(proof.path());
        int at = random.nextInt(changed.size());
        byte[] bytes = changed.get(at).toByteArray();
        bytes[random.nextInt(32)] ^= (byte) (1 << random.nextInt(8));
        changed.set(at, Hash.of(bytes));
        List<Hash> shorter = proof.path().subList(0, proof.path().size() - 1);
        List<Hash> longer = new ArrayList<>(proof.path());
        longer.add(newRoot);
        for (List<Hash> path : List.of(changed, shorter, longer)) {
            ConsistencyProof forged = new ConsistencyProof(proof.oldSize(), proof.newSize(), path);
            assertThatThrownBy(() -> forged.verify(oldRoot, newRoot)).as(as).isInstanceOf(ProofException.class);
        }
    }

    /** Leaves in runs: from each key on, all leaves are the one of its value. */
    private static final class Runs implements NodeSource {
        private final NavigableMap<Long, Hash> runs;

        Runs(SplittableRandom random, long size) {
            this.runs = new TreeMap<>();
            runs.put(0L, leaf(0));
            for (int i = 1; i < 6; i++) {
                runs.put(random.nextLong(size), leaf(i));
            }
        }

        private Runs(NavigableMap<Long, Hash> runs) {
            this.runs = runs;
        }

        /** The same with one other leaf. */
        Runs with(long index) {
            TreeMap<Long, Hash> changed = new TreeMap<>(runs);
            Hash after = runs.floorEntry(index + 1).getValue();
            changed.put(index, leaf(99));
            changed.put(index + 1, after);
            return new Runs(changed);
        }

        @Override
        public Hash node(int level, long index) {
            return root(index << level, (index + 1) << level);
        }

        /** MTH(D[from:to]), RFC 9162 section 2.1.1. */
        Hash root(long from, long to) {
            long n = to - from;
            if (n == 1) {
                return runs.floorEntry(from).getValue();
            }
            if (Long.bitCount(n) == 1 && runs.subMap(from, false, to, false).isEmpty()) {
                Hash equal = runs.floorEntry(from).getValue();
                for (long width = 1; width < n; width *= 2) {
                    equal = TreeHash.node(equal, equal);
                }
                return equal;
            }
            long k = 1;
            while (2 * k < n) {
                k *= 2;
            }
            return TreeHash.node(root(from, from + k), root(from + k, to));
        }

        private static Hash leaf(int number) {
            return TreeHash.leaf(ByteBuffer.allocate(4).putInt(number).array());
        }
    }
}
