package org.securemed.ledger.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InclusionProofTest {
    private static final int EXHAUSTIVE = 70;
    private final MemoryTree tree = new MemoryTree(300);
    private final Proofs proofs = new Proofs(tree);

    /**
     * With {@code -Dledger.exhaustive=true} all fourteen million claims; otherwise every claim in trees up to 100
     * leaves and around powers of two, and some claims about every leaf of the others.
     */
    @Test
    void every_leaf_of_every_tree_up_to_300_leaves_is_proved_at_its_index_and_at_no_other() {
        boolean exhaustive = Boolean.getBoolean("ledger.exhaustive");
        IntStream.rangeClosed(1, 300).parallel().forEach(size -> {
            Hash root = tree.root(size);
            boolean every = exhaustive || size <= 100 || Math.abs(size - 128) < 3 || Math.abs(size - 256) < 3;
            for (int index = 0; index < size; index++) {
                List<Hash> path = proofs.inclusion(index, size).path();
                for (int claimed = every ? 0 : index % 29; claimed < size; claimed += every ? 1 : 29) {
                    if (isProved(new InclusionProof(claimed, size, path), tree.leaf(index), root)
                            != (claimed == index)) {
                        throw new AssertionError("leaf %d of %d, claimed at %d".formatted(index, size, claimed));
                    }
                }
            }
        });
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

    private static boolean isProved(InclusionProof proof, Hash leaf, Hash root) {
        try {
            proof.verify(leaf, root);
            return true;
        } catch (ProofException e) {
            return false;
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
}
