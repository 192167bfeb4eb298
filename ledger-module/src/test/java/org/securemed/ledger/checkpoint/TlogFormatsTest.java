package org.securemed.ledger.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.ProofException;
import org.securemed.ledger.merkle.TreeHash;

class TlogFormatsTest {
    private final SigningKey key = SigningKey.generate("log.example/one", new SecureRandom());
    private final Hash left = TreeHash.leaf(new byte[] {1});
    private final Hash right = TreeHash.leaf(new byte[] {2});
    private final Checkpoint checkpoint = new Checkpoint(
            "log.example/one", 2, Frontier.EMPTY.append(List.of(left, right)).root());

    /** The first of them was found by fuzzing. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "c2sp.org/tlog-proof@v1\n\n",
                "c2sp.org/tlog-proof@v1\n\nindex 0\n\n",
                "c2sp.org/tlog-proof@v1\nextra *\nindex 0\n\n",
                "c2sp.org/tlog-proof@v1\nextra AB==\nindex 0\n\n",
                "c2sp.org/tlog-proof@v1\nindex 00\n\n"
            })
    void what_is_no_proof_is_refused(String beginning) {
        String text = beginning + checkpoint.sign(key);
        assertThatThrownBy(() -> TlogProof.parse(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(NoteException.class);
    }

    @Test
    void tile_paths_have_the_form_of_the_specification() throws Exception {
        assertThat(new TilePath(0, 1_234_067, 256)).hasToString("tile/0/x001/x234/067");
        assertThat(new TilePath(1, 0, 17)).hasToString("tile/1/000.p/17");
        assertThat(new TilePath(TilePath.ENTRIES, 999, 1)).hasToString("tile/entries/999.p/1");
        for (long index : new long[] {0, 1, 999, 1_000, 999_999, 1_000_000, 1L << 40}) {
            for (int width : new int[] {1, 255, 256}) {
                TilePath path = new TilePath(3, index, width);
                assertThat(TilePath.parse(path.toString())).isEqualTo(path);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tile/0/0",
                "tile/0/0000",
                "tile/0/x000/001",
                "tile/0/001/001",
                "tile/8/000",
                "tile/00/000",
                "tile/0/000.p/0",
                "tile/0/000.p/256",
                "tile/0/000.p/01",
                "tile/0/000/",
                "tile/0/../000",
                "/tile/0/000",
                "tile/data/000",
                "tile/0/x999/x999/x999/x999/x999/x999/999"
            })
    void what_is_not_a_tile_path_is_refused(String path) {
        assertThatThrownBy(() -> TilePath.parse(path)).isInstanceOf(NoteException.class);
    }

    @Test
    void a_bundle_gives_its_entries_back_and_nothing_else_is_one() throws Exception {
        byte[] bundle = EntryBundle.of(List.of(new byte[] {1, 2}, new byte[0], new byte[300]));
        assertThat(EntryBundle.parse(bundle, 3))
                .usingElementComparator(java.util.Arrays::compare)
                .containsExactly(new byte[] {1, 2}, new byte[0], new byte[300]);
        assertThatThrownBy(() -> EntryBundle.parse(bundle, 2)).isInstanceOf(NoteException.class);
        assertThatThrownBy(() -> EntryBundle.parse(bundle, 4)).isInstanceOf(NoteException.class);
        for (int length = 0; length < bundle.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(bundle, length);
            assertThatThrownBy(() -> EntryBundle.parse(cut, 3)).isInstanceOf(NoteException.class);
        }
    }

    @Test
    void a_receipt_reads_back_and_proves_its_entry() throws Exception {
        TlogProof proof = new TlogProof(0, List.of(right), checkpoint.sign(key));
        TlogProof read = TlogProof.parse(proof.toString().getBytes(StandardCharsets.UTF_8));
        assertThat(read).isEqualTo(proof);
        assertThat(read.verify(left, key.verifyKey())).isEqualTo(checkpoint);
        String extra = proof.toString().replace("@v1\n", "@v1\nextra QUJD\n");
        assertThat(TlogProof.parse(extra.getBytes(StandardCharsets.UTF_8))).isEqualTo(proof);
    }

    @Test
    void a_receipt_proves_no_other_entry_index_or_log() {
        SignedNote note = checkpoint.sign(key);
        assertThatThrownBy(() -> new TlogProof(0, List.of(right), note).verify(right, key.verifyKey()))
                .isInstanceOf(ProofException.class);
        assertThatThrownBy(() -> new TlogProof(1, List.of(right), note).verify(left, key.verifyKey()))
                .isInstanceOf(ProofException.class);
        assertThatThrownBy(() -> new TlogProof(2, List.of(right), note).verify(left, key.verifyKey()))
                .isInstanceOf(ProofException.class);
        VerifyKey other =
                SigningKey.generate("log.example/one", new SecureRandom()).verifyKey();
        assertThatThrownBy(() -> new TlogProof(0, List.of(right), note).verify(left, other))
                .isInstanceOf(NoteException.class);
    }

    @Test
    void no_flipped_bit_of_a_receipt_survives() {
        byte[] receipt = new TlogProof(0, List.of(right), checkpoint.sign(key))
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        for (int bit = 0; bit < receipt.length * 8; bit++) {
            byte[] flipped = receipt.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> TlogProof.parse(flipped).verify(left, key.verifyKey()))
                    .as("bit %d", bit)
                    .isInstanceOfAny(NoteException.class, ProofException.class);
        }
    }

    @Test
    void a_receipt_with_too_many_hashes_is_refused() {
        String hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
        for (int hashes : new int[] {64, 65, 66, 1_000}) {
            String text = "c2sp.org/tlog-proof@v1\nindex 0\n" + hash.repeat(hashes) + "\n" + checkpoint.sign(key);
            assertThatThrownBy(() -> TlogProof.parse(text.getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(NoteException.class);
        }
    }
}
