package org.securemed.ledger.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.MemoryTree;
import org.securemed.ledger.merkle.Proofs;
import org.securemed.ledger.merkle.TreeHash;

class CosigningWitnessTest {
    private static final String ORIGIN = "log.example/one";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final MemoryTree tree = new MemoryTree(40);
    private final SigningKey logKey = SigningKey.generate(ORIGIN, RANDOM);
    private final SigningKey successor = SigningKey.generate(ORIGIN, RANDOM);
    private final CosignKey ed25519 = CosignKey.ed25519(SigningKey.generate("witness.example/w", RANDOM));
    private final CosignKey mlDsa = CosignKey.generate("witness.example/w-pq", RANDOM);

    @TempDir
    Path directory;

    private CosigningWitness witness;

    @BeforeEach
    void open() {
        witness = reopened();
    }

    @Test
    void what_extends_the_last_checkpoint_is_cosigned_by_every_key_and_kept() throws Exception {
        assertThat(add(0, 7)).isInstanceOf(WitnessAnswer.Cosigned.class);
        WitnessAnswer.Cosigned answer = (WitnessAnswer.Cosigned) add(7, 30);
        Checkpoint checkpoint = checkpoint(30);
        assertThat(ed25519.verifyKey().verify(checkpoint, answer.lines().get(0)))
                .isPositive();
        assertThat(mlDsa.verifyKey().verify(checkpoint, answer.lines().get(1))).isPositive();
        SignedNote kept = reopened().latest(CosigningWitness.originHash(ORIGIN)).orElseThrow();
        assertThat(Checkpoint.verify(kept, logKey.verifyKey())).isEqualTo(checkpoint);
        assertThat(kept.signatures()).hasSize(3);
    }

    @Test
    void every_pair_of_sizes_is_accepted_with_its_proof_only() {
        for (int from = 1; from < 20; from++) {
            for (int to = from; to <= 20; to++) {
                CosigningWitness fresh = new CosigningWitness(
                        directory.resolve(from + "-" + to),
                        List.of(logKey.verifyKey()),
                        List.of(ed25519),
                        Clock.systemUTC());
                assertThat(fresh.add(request(0, from, logKey))).isInstanceOf(WitnessAnswer.Cosigned.class);
                if (from < to) {
                    assertThat(status(fresh.add(new WitnessRequest(
                                    from, List.of(), checkpoint(to).sign(logKey)))))
                            .isEqualTo(422);
                }
                assertThat(fresh.add(request(from, to, logKey))).isInstanceOf(WitnessAnswer.Cosigned.class);
            }
        }
    }

    @Test
    void another_tree_of_the_same_size_is_refused_and_kept_as_evidence() {
        add(0, 7);
        SignedNote fork = new Checkpoint(ORIGIN, 7, TreeHash.sha256(new byte[1])).sign(logKey);
        for (long old : new long[] {0, 7}) {
            assertThat(status(witness.add(new WitnessRequest(old, List.of(), fork))))
                    .isEqualTo(422);
        }
        assertThat(reopened().equivocations().all()).singleElement().satisfies(pair -> {
            assertThat(pair.one().text()).isEqualTo(checkpoint(7).body());
            assertThat(pair.other()).isEqualTo(fork);
        });
        assertThat(add(7, 8)).isInstanceOf(WitnessAnswer.Cosigned.class);
    }

    @Test
    void a_larger_tree_that_was_another_one_when_it_was_as_small_is_refused_and_kept_with_the_proof() {
        SignedNote fork = new Checkpoint(ORIGIN, 7, TreeHash.sha256(new byte[1])).sign(logKey);
        assertThat(witness.add(new WitnessRequest(0, List.of(), fork))).isInstanceOf(WitnessAnswer.Cosigned.class);
        assertThat(status(add(7, 30))).isEqualTo(422);
        assertThat(reopened().equivocations().all()).singleElement().satisfies(pair -> {
            assertThat(pair.one().text()).isEqualTo(fork.text());
            assertThat(pair.other().text()).isEqualTo(checkpoint(30).body());
            assertThat(pair.prefixRoot()).isEqualTo(tree.root(7));
        });
    }

    @Test
    void a_tree_that_does_not_extend_the_last_one_is_refused() {
        add(0, 7);
        Checkpoint fork = new Checkpoint(ORIGIN, 8, TreeHash.sha256(new byte[1]));
        List<Hash> proof = new Proofs(tree).consistency(7, 8).path();
        assertThat(status(witness.add(new WitnessRequest(7, proof, fork.sign(logKey)))))
                .isEqualTo(422);
        assertThat(status(witness.add(new WitnessRequest(7, Collections.nCopies(63, proof.get(0)), fork.sign(logKey)))))
                .isEqualTo(422);
    }

    @Test
    void who_starts_from_another_size_is_told_the_right_one() {
        assertThat(add(3, 7)).isEqualTo(new WitnessAnswer.OtherSize(0));
        add(0, 7);
        assertThat(add(0, 9)).isEqualTo(new WitnessAnswer.OtherSize(7));
        assertThat(add(0, 5)).isEqualTo(new WitnessAnswer.OtherSize(7));
        assertThat(status(witness.add(
                        new WitnessRequest(8, List.of(), checkpoint(7).sign(logKey)))))
                .isEqualTo(400);
    }

    @Test
    void strangers_are_refused_and_a_successors_key_is_taken_when_it_is_known() {
        SigningKey stranger = SigningKey.generate(ORIGIN, RANDOM);
        assertThat(status(witness.add(request(0, 7, stranger)))).isEqualTo(403);
        Checkpoint other = new Checkpoint("log.example/two", 7, tree.root(7));
        assertThat(status(witness.add(
                        new WitnessRequest(0, List.of(), other.sign(SigningKey.generate("log.example/two", RANDOM))))))
                .isEqualTo(404);
        assertThat(witness.add(request(0, 7, logKey))).isInstanceOf(WitnessAnswer.Cosigned.class);
        assertThat(witness.add(request(7, 9, successor))).isInstanceOf(WitnessAnswer.Cosigned.class);
    }

    @Test
    void a_request_is_read_as_it_is_written_and_in_no_other_form() throws Exception {
        WitnessRequest request = request(7, 30, logKey);
        String text = request.toString();
        assertThat(WitnessRequest.parse(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(request);
        String note = request.note().toString();
        String hash = text.split("\n")[1] + "\n";
        for (String wrong : new String[] {
            "",
            note,
            "old 07\n\n" + note,
            "old -1\n\n" + note,
            "old 1\n" + note,
            "old 1\nAAAA\n\n" + note,
            "old 1\n" + hash.replace("=", "") + "\n" + note,
            "old 1\n" + hash.repeat(64) + "\n" + note,
            "old 1234567890123456789\n\n" + note,
            text.substring(0, text.length() - 2),
        }) {
            assertThatThrownBy(() -> WitnessRequest.parse(wrong.getBytes(StandardCharsets.UTF_8)))
                    .as(wrong)
                    .isInstanceOf(NoteException.class);
        }
        assertThatThrownBy(() -> WitnessRequest.parse(new byte[WitnessRequest.MAX_BYTES + 1]))
                .isInstanceOf(NoteException.class);
    }

    private CosigningWitness reopened() {
        return new CosigningWitness(
                directory,
                List.of(logKey.verifyKey(), successor.verifyKey()),
                List.of(ed25519, mlDsa),
                Clock.systemUTC());
    }

    private WitnessAnswer add(int from, int to) {
        return witness.add(request(from, to, logKey));
    }

    private WitnessRequest request(int from, int to, SigningKey key) {
        List<Hash> proof = from == 0 || from > to
                ? List.of()
                : new Proofs(tree).consistency(from, to).path();
        return new WitnessRequest(from, proof, checkpoint(to).sign(key));
    }

    private Checkpoint checkpoint(int size) {
        return new Checkpoint(ORIGIN, size, tree.root(size));
    }

    private static int status(WitnessAnswer answer) {
        return answer.fold(cosigned -> 200, other -> 409, WitnessAnswer.Refused::status);
    }
}
