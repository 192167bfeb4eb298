package org.securemed.ledger.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrontierTest {
    /** The reference tree of the Certificate Transparency implementations: eight inputs and the root after each. */
    private static final List<String> INPUTS =
            List.of("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f");

    private static final List<String> ROOTS = List.of(
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

    @Test
    void the_reference_tree_of_certificate_transparency_has_its_published_roots() {
        Frontier frontier = Frontier.EMPTY;
        for (int i = 0; i < INPUTS.size(); i++) {
            frontier = frontier.append(List.of(TreeHash.leaf(HexFormat.of().parseHex(INPUTS.get(i)))));
            assertThat(frontier.root()).hasToString(ROOTS.get(i));
        }
    }

    @Test
    void the_empty_tree_has_the_hash_of_nothing_as_root() {
        assertThat(Frontier.EMPTY.root())
                .hasToString("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    @Test
    void every_way_to_append_up_to_300_leaves_has_the_root_of_the_definition() {
        MemoryTree tree = new MemoryTree(300);
        Frontier.Builder one = Frontier.EMPTY.extend();
        for (int size = 0; size <= 300; size++) {
            Hash expected = tree.root(size);
            assertThat(one.root()).isEqualTo(expected);
            int half = size / 2;
            Frontier halves = Frontier.EMPTY
                    .append(tree.leaves(half))
                    .append(tree.leaves(size).subList(half, size));
            assertThat(halves.root()).isEqualTo(expected);
            assertThat(Frontier.of(size, halves.toByteArray()))
                    .isEqualTo(halves)
                    .isEqualTo(one.build());
            if (size < 300) {
                one.add(tree.leaf(size));
            }
        }
    }

    @Test
    void bytes_that_are_not_one_hash_for_each_bit_of_the_size_are_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Frontier.of(3, new byte[32]));
        assertThatIllegalArgumentException().isThrownBy(() -> Frontier.of(1, new byte[31]));
        assertThatIllegalArgumentException().isThrownBy(() -> Frontier.of(-1, new byte[64 * 32]));
    }
}
