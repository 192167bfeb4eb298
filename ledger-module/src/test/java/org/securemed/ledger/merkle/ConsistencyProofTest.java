package org.securemed.ledger.merkle;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsistencyProofTest {
    private final MemoryTree tree = new MemoryTree(300);
    private final Proofs proofs = new Proofs(tree);
    private final List<Hash> roots = roots();

    @Test
    void every_pair_of_sizes_up_to_300_is_proved() throws Exception {
        for (int newSize = 1; newSize <= 300; newSize++) {
            for (int oldSize = 1; oldSize <= newSize; oldSize++) {
                proofs.consistency(oldSize, newSize).verify(roots.get(oldSize), roots.get(newSize));
            }
        }
    }

    @Test
    void every_proof_up_to_40_leaves_is_refused_for_every_other_root() {
        for (int newSize = 1; newSize <= 40; newSize++) {
            for (int oldSize = 1; oldSize <= newSize; oldSize++) {
                ConsistencyProof proof = proofs.consistency(oldSize, newSize);
                for (int other = 0; other <= 40; other++) {
                    if (other != oldSize) {
                        assertRefused(proof, roots.get(other), roots.get(newSize));
                    }
                    if (other != newSize) {
                        assertRefused(proof, roots.get(oldSize), roots.get(other));
                    }
                }
            }
        }
    }

    @Test
    void a_path_that_is_longer_shorter_or_has_a_flipped_bit_is_refused() {
        for (int newSize = 1; newSize <= 70; newSize++) {
            for (int oldSize = 1; oldSize <= newSize; oldSize++) {
                ConsistencyProof proof = proofs.consistency(oldSize, newSize);
                List<Hash> longer = new ArrayList<>(proof.path());
                longer.add(roots.get(1));
                assertRefused(new ConsistencyProof(oldSize, newSize, longer), roots.get(oldSize), roots.get(newSize));
                for (int i = 0; i < proof.path().size(); i++) {
                    List<Hash> shorter = new ArrayList<>(proof.path());
                    shorter.remove(i);
                    assertRefused(
                            new ConsistencyProof(oldSize, newSize, shorter), roots.get(oldSize), roots.get(newSize));
                    List<Hash> flipped = new ArrayList<>(proof.path());
                    byte[] bytes = flipped.get(i).toByteArray();
                    bytes[31] ^= 1;
                    flipped.set(i, Hash.of(bytes));
                    assertRefused(
                            new ConsistencyProof(oldSize, newSize, flipped), roots.get(oldSize), roots.get(newSize));
                }
            }
        }
    }

    @Test
    void a_tree_with_one_other_leaf_is_not_an_extension() {
        List<Hash> forged = new ArrayList<>(tree.leaves(50));
        forged.set(20, TreeHash.leaf(new byte[] {1}));
        Hash forgedRoot = MemoryTree.root(forged);
        for (int oldSize = 21; oldSize < 50; oldSize++) {
            assertRefused(proofs.consistency(oldSize, 50), roots.get(oldSize), forgedRoot);
        }
    }

    @Test
    void a_proof_from_nothing_or_backwards_is_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ConsistencyProof(0, 5, List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> new ConsistencyProof(6, 5, List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> proofs.consistency(0, 5));
    }

    private List<Hash> roots() {
        List<Hash> all = new ArrayList<>();
        for (int size = 0; size <= 300; size++) {
            all.add(tree.root(size));
        }
        return all;
    }

    private static void assertRefused(ConsistencyProof proof, Hash oldRoot, Hash newRoot) {
        assertThatThrownBy(() -> proof.verify(oldRoot, newRoot)).isInstanceOf(ProofException.class);
    }
}
