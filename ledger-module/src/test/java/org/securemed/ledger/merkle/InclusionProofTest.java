package org.securemed.ledger.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class InclusionProofTest {
    private static final int EXHAUSTIVE = 70;
    private final MemoryTree tree = new MemoryTree(300);
    private final Proofs proofs = new Proofs(tree);

    @Test
    void every_leaf_of_every_tree_up_to_70_leaves_is_proved_at_its_index_and_at_no_other() throws Exception {
        for (int size = 1; size <= EXHAUSTIVE; size++) {
            Hash root = tree.root(size);
            for (int index = 0; index < size; index++) {
                InclusionProof proof = proofs.inclusion(index, size);
                proof.verify(tree.leaf(index), root);
                for (int claimed = 0; claimed < size; claimed++) {
                    if (claimed != index) {
                        assertRefused(new InclusionProof(claimed, size, proof.path()), tree.leaf(index), root);
                    }
                }
            }
        }
    }

    @Test
    void every_proof_is_refused_for_every_other_tree_size() throws Exception {
        for (int size = 1; size <= EXHAUSTIVE; size++) {
            Hash root = tree.root(size);
            for (int index = 0; index < size; index++) {
                InclusionProof proof = proofs.inclusion(index, size);
                for (int claimed = index + 1; claimed <= EXHAUSTIVE; claimed++) {
                    if (claimed != size) {
                        assertNotProvedUnlessSame(
                                new InclusionProof(index, claimed, proof.path()), tree.leaf(index), root, size);
                    }
                }
            }
        }
    }

    @Test
    void every_leaf_of_every_tree_up_to_300_leaves_is_proved() throws Exception {
        for (int size = 1; size <= 300; size++) {
            Hash root = tree.root(size);
            for (int index = 0; index < size; index += size < 200 ? 1 : 7) {
                proofs.inclusion(index, size).verify(tree.leaf(index), root);
            }
        }
    }

    @Test
    void a_path_that_is_longer_shorter_or_has_a_flipped_bit_is_refused() {
        for (int size = 1; size <= EXHAUSTIVE; size++) {
            Hash root = tree.root(size);
            int index = size / 2;
            InclusionProof proof = proofs.inclusion(index, size);
            List<Hash> longer = new ArrayList<>(proof.path());
            longer.add(root);
            assertRefused(new InclusionProof(index, size, longer), tree.leaf(index), root);
            for (int i = 0; i < proof.path().size(); i++) {
                List<Hash> shorter = new ArrayList<>(proof.path());
                shorter.remove(i);
                assertRefused(new InclusionProof(index, size, shorter), tree.leaf(index), root);
                List<Hash> flipped = new ArrayList<>(proof.path());
                byte[] bytes = flipped.get(i).toByteArray();
                bytes[i % 32] ^= 1;
                flipped.set(i, Hash.of(bytes));
                assertRefused(new InclusionProof(index, size, flipped), tree.leaf(index), root);
            }
        }
    }

    @Test
    void the_root_as_leaf_with_an_empty_path_is_no_proof_in_a_tree_of_several_leaves() {
        Hash root = tree.root(99);
        assertRefused(new InclusionProof(7, 99, List.of()), root, root);
    }

    @Test
    void an_index_beyond_the_tree_is_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new InclusionProof(2, 2, List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> new InclusionProof(-1, 2, List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> proofs.inclusion(3, 3));
    }

    @Test
    void proofs_in_trees_of_up_to_2_to_the_40_leaves_verify() throws Exception {
        long seed = 20_260_922;
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 500; round++) {
            long size = 1 + random.nextLong(1L << random.nextInt(1, 41));
            long index = random.nextLong(size);
            SparseTree sparse = new SparseTree(index);
            Proofs of = new Proofs(sparse);
            InclusionProof proof = of.inclusion(index, size);
            Hash root = of.root(size);
            assertThat(proof.rootFrom(sparse.node(0, index)))
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(root);
            assertRefused(proof, TreeHash.EMPTY_ROOT, root);
        }
    }

    private static void assertRefused(InclusionProof proof, Hash leaf, Hash root) {
        assertThatThrownBy(() -> proof.verify(leaf, root)).isInstanceOf(ProofException.class);
    }

    /**
     * The same path leads to the same root at some other sizes: the size of a tree is not in its root. What binds it is
     * the checkpoint. The path must still have exactly the length that the claimed size asks for.
     */
    private void assertNotProvedUnlessSame(InclusionProof proof, Hash leaf, Hash root, int size) throws ProofException {
        int needed = proofs.inclusion(proof.index(), proof.treeSize()).path().size();
        if (needed != proof.path().size()) {
            assertRefused(proof, leaf, root);
            return;
        }
        try {
            proof.verify(leaf, root);
        } catch (ProofException e) {
            return;
        }
        assertThat(directions(proof.index(), proof.treeSize())).isEqualTo(directions(proof.index(), size));
    }

    /** On which side each node of the path stands. */
    private static String directions(long index, long size) {
        StringBuilder sides = new StringBuilder();
        long from = 0;
        long to = size;
        while (to - from > 1) {
            long middle = from + Long.highestOneBit(to - from - 1);
            if (index < middle) {
                sides.append('R');
                to = middle;
            } else {
                sides.append('L');
                from = middle;
            }
        }
        return sides.toString();
    }

    /** A tree too large to hold: every perfect subtree without the leaf of interest has a made-up hash. */
    private record SparseTree(long interesting) implements NodeSource {
        @Override
        public Hash node(int level, long index) {
            if (level == 0 || interesting >> level != index) {
                return TreeHash.leaf("%d/%d".formatted(level, index).getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
            return TreeHash.node(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
        }
    }
}
