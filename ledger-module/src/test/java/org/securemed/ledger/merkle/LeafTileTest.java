package org.securemed.ledger.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class LeafTileTest {
    private final MemoryTree tree = new MemoryTree(768);

    @Test
    void it_gives_the_root_of_every_size_within_it() {
        Frontier.Builder before = Frontier.EMPTY.extend();
        for (int start = 0; start < 768; start += 256) {
            LeafTile tile = new LeafTile(tree.leaves(start + 256).subList(start, start + 256));
            for (int count = 0; count <= 256; count++) {
                assertThat(before.rootWith(tile.first(count))).isEqualTo(tree.root(start + count));
            }
            tile.appendTo(before);
            assertThat(before.root()).isEqualTo(tree.root(start + 256));
            assertThat(tile.root()).isEqualTo(new Tile(0, start / 256, tile.leaves()).root());
        }
    }

    @Test
    void every_partial_tile_appends_its_leaves_and_no_others() {
        for (int width = 1; width <= 256; width++) {
            Frontier.Builder grown = Frontier.EMPTY.extend();
            new LeafTile(tree.leaves(256)).appendTo(grown);
            LeafTile tile = new LeafTile(tree.leaves(256 + width).subList(256, 256 + width));
            tile.appendTo(grown);
            assertThat(grown.size()).isEqualTo(256 + width);
            assertThat(grown.root()).isEqualTo(tree.root(256 + width));
        }
    }

    @Test
    void a_builder_names_the_tiles_that_become_full() {
        Frontier.Builder grown = Frontier.EMPTY.extend();
        for (int i = 0; i < 768; i++) {
            var full = grown.addToTile(tree.leaf(i));
            assertThat(full.isPresent()).isEqualTo(i % 256 == 255);
            int end = i + 1;
            full.ifPresent(root ->
                    assertThat(root).isEqualTo(new Tile(0, 0, tree.leaves(end).subList(end - 256, end)).root()));
        }
    }

    @Test
    void a_subtree_is_appended_only_where_one_begins() {
        Frontier.Builder grown = Frontier.EMPTY.extend();
        grown.add(tree.leaf(0));
        assertThatIllegalArgumentException().isThrownBy(() -> grown.add(1, tree.leaf(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> new LeafTile(List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> new LeafTile(tree.leaves(257)));
    }
}
