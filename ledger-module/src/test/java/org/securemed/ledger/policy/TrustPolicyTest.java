package org.securemed.ledger.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.merkle.TreeHash;

class TrustPolicyTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private final SigningKey log = SigningKey.generate("log.example/one", RANDOM);
    private final List<Cosigner> cosigners = List.of("X1", "X2", "X3", "Y1", "Y2", "Y3").stream()
            .map(Cosigner::new)
            .toList();
    private final Checkpoint checkpoint = new Checkpoint("log.example/one", 7, TreeHash.EMPTY_ROOT);

    /** The example of the specification, keys filled in. */
    private String example() {
        StringBuilder text = new StringBuilder("log " + log.verifyKey() + "\n\n");
        cosigners.subList(0, 3).forEach(one -> text.append(one.line()));
        text.append("group X-witnesses 2 X1 X2 X3\n\n");
        cosigners.subList(3, 6).forEach(one -> text.append(one.line()));
        return text + "group Y-witnesses any Y1 Y2 Y3\n\n"
                + "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";
    }

    @Test
    void the_example_of_the_specification_is_met_by_two_x_and_one_y_and_by_no_less() throws Exception {
        TrustPolicy policy = parse(example());
        assertThat(policy.logs()).containsExactly(new KnownLog(log.verifyKey(), null));
        assertThat(policy.witnesses()).extracting(Witness::name).containsExactly("X1", "X2", "X3", "Y1", "Y2", "Y3");
        for (int subset = 0; subset < 64; subset++) {
            int chosen = subset;
            Set<String> names = IntStream.range(0, 6)
                    .filter(i -> (chosen >> i & 1) == 1)
                    .mapToObj(i -> cosigners.get(i).name)
                    .collect(Collectors.toSet());
            boolean expected = Integer.bitCount(subset & 7) >= 2 && subset >> 3 != 0;
            assertThat(policy.isMetBy(names)).as("%s", names).isEqualTo(expected);
        }
    }

    @Test
    void a_checkpoint_is_accepted_with_its_quorum_and_not_with_one_cosignature_less() throws Exception {
        TrustPolicy policy = parse(example());
        SignedNote note = checkpoint.sign(log);
        assertThatThrownBy(() -> policy.verify(checkpoint.sign(log)))
                .isInstanceOf(QuorumException.class)
                .hasMessageContaining("no known witness");
        for (int i : new int[] {0, 2}) {
            note = note.with(cosigners.get(i).cosign(checkpoint, 1_000 + i));
            SignedNote sofar = note;
            assertThatThrownBy(() -> policy.verify(sofar)).isInstanceOf(QuorumException.class);
        }
        SignedNote full = note.with(cosigners.get(4).cosign(checkpoint, 1_004));
        assertThat(policy.verify(full)).isEqualTo(checkpoint);
        assertThat(policy.cosignatures(checkpoint, full))
                .containsEntry("X1", 1_000L)
                .containsEntry("X3", 1_002L)
                .containsEntry("Y2", 1_004L)
                .hasSize(3);
    }

    @Test
    void a_cosignature_over_another_checkpoint_refuses_the_whole_note_and_a_strangers_counts_for_nothing()
            throws Exception {
        TrustPolicy policy = parse("log %s\n%squorum X1\n"
                .formatted(log.verifyKey(), cosigners.get(0).line()));
        Checkpoint other = new Checkpoint("log.example/one", 8, TreeHash.EMPTY_ROOT);
        SignedNote forged = checkpoint.sign(log).with(cosigners.get(0).cosign(other, 5));
        assertThatThrownBy(() -> policy.verify(forged)).isInstanceOf(NoteException.class);
        SignedNote strange = checkpoint.sign(log).with(cosigners.get(1).cosign(checkpoint, 5));
        assertThatThrownBy(() -> policy.verify(strange)).isInstanceOf(QuorumException.class);
    }

    @Test
    void a_witness_may_sign_with_ml_dsa() throws Exception {
        CosignKey key = CosignKey.generate("witness.example/pq", RANDOM);
        TrustPolicy policy = parse("log %s\nwitness PQ %s\nquorum PQ\n".formatted(log.verifyKey(), key.verifyKey()));
        SignedNote note = checkpoint.sign(log).with(key.cosign(checkpoint, Instant.ofEpochSecond(77)));
        assertThat(policy.verify(note)).isEqualTo(checkpoint);
        assertThatThrownBy(() -> policy.verify(checkpoint.sign(log))).isInstanceOf(QuorumException.class);
    }

    @Test
    void a_log_that_the_policy_does_not_know_is_refused_even_without_a_quorum() throws Exception {
        TrustPolicy policy = parse("log " + log.verifyKey() + "\nquorum none\n");
        assertThat(policy.verify(checkpoint.sign(log))).isEqualTo(checkpoint);
        SigningKey other = SigningKey.generate("log.example/one", RANDOM);
        assertThatThrownBy(() -> policy.verify(checkpoint.sign(other))).isInstanceOf(NoteException.class);
        assertThat(policy.verify(checkpoint.sign(other), other.verifyKey())).isEqualTo(checkpoint);
    }

    @Test
    void white_space_comments_urls_and_octets_beyond_ascii_are_as_specified() throws Exception {
        String name = "K\u00e9";
        String text =
                "\t# caf\u00e9 \u212a\n\n  log\t %s  https://log.example/one/ \nwitness %s %s https://\u00e9.example\nquorum %s \t\n"
                        .formatted(log.verifyKey(), name, cosigners.get(0).key, name);
        TrustPolicy policy = parse(text);
        assertThat(policy.logs().get(0).url()).isEqualTo("https://log.example/one/");
        assertThat(policy.witnesses().get(0).url()).isEqualTo("https://\u00e9.example");
        assertThat(policy.isMetBy(Set.of(policy.quorum()))).isTrue();
        assertThat(policy.quorum()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "quorum none",
                "\n",
                "quorum nobody\n",
                "quorum none\nquorum none\n",
                "quorum none none\n",
                "quorum\n",
                "Quorum none\n",
                "quorum none\r\n",
                "quorum none\n#\u007f\n",
                "log\nquorum none\n",
                "log x\nquorum none\n",
                "witness X1 x\nquorum none\n",
                "{W}{W}quorum none\n",
                "{W}witness X4 {K}\nquorum none\n",
                "log {L}\nlog {L}\nquorum none\n",
                "log {K}\nquorum none\n",
                "witness L {L}\nquorum none\n",
                "witness none {K}\nquorum none\n",
                "{W}group G any\nquorum G\n",
                "{W}group G 0 X1\nquorum G\n",
                "{W}group G 2 X1\nquorum G\n",
                "{W}group G 01 X1\nquorum G\n",
                "{W}group G -1 X1\nquorum G\n",
                "{W}group G some X1\nquorum G\n",
                "{W}group G 1 X1 X1\nquorum G\n",
                "{W}group G 1 none\nquorum G\n",
                "{W}group G 1 G\nquorum G\n",
                "{W}group G 1 X1 H\ngroup H any X1\nquorum G\n",
                "{W}group G 1 X1\ngroup H any X1\nquorum G\n",
                "{W}group X1 1 X1\nquorum X1\n",
                "quorum X1\n{W}"
            })
    void what_is_no_policy_is_refused(String text) {
        String filled = text.replace("{W}", cosigners.get(0).line())
                .replace("{K}", cosigners.get(0).key.toString())
                .replace("{L}", log.verifyKey().toString());
        assertThatThrownBy(() -> parse(filled)).isInstanceOf(PolicyException.class);
    }

    @ParameterizedTest
    @CsvSource({"32, true", "64, true", "65, false"})
    void as_many_witnesses_and_groups_are_read_as_the_limit_says(int count, boolean accepted) throws Exception {
        StringBuilder text = new StringBuilder();
        List<String> groups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            text.append(new Cosigner("W" + i).line()).append("group G%d any W%d\n".formatted(i, i));
            groups.add("G" + i);
        }
        text.append("quorum G").append(count - 1).append('\n');
        if (accepted) {
            assertThat(parse(text.toString()).isMetBy(Set.of("W" + (count - 1))))
                    .isTrue();
        } else {
            assertThatThrownBy(() -> parse(text.toString())).isInstanceOf(PolicyException.class);
        }
    }

    @Test
    void a_refusal_names_the_line() {
        assertThatThrownBy(() -> parse("# one\n\nquorum nobody\n"))
                .isInstanceOfSatisfying(
                        PolicyException.class, e -> assertThat(e.line()).isEqualTo(3));
    }

    @Test
    void a_file_too_large_is_refused() {
        assertThatThrownBy(() -> parse(" ".repeat(256 * 1024) + "\nquorum none\n"))
                .isInstanceOf(PolicyException.class);
    }

    private static TrustPolicy parse(String text) throws PolicyException {
        return TrustPolicy.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A witness by the letter of tlog-cosignature. */
    private static final class Cosigner {
        private final String name;
        private final SigningKey secret;
        private final CosignVerifyKey key;

        Cosigner(String name) {
            this.name = name;
            this.secret = SigningKey.generate("witness.example/" + name, RANDOM);
            this.key = CosignVerifyKey.ed25519(
                    "witness.example/" + name, secret.verifyKey().publicKey());
        }

        String line() {
            return "witness %s %s\n".formatted(name, key);
        }

        NoteSignature cosign(Checkpoint checkpoint, long seconds) {
            String message = "cosignature/v1\ntime %d\n%s".formatted(seconds, checkpoint.body());
            byte[] signature = secret.sign(message.getBytes(StandardCharsets.UTF_8));
            byte[] line = ByteBuffer.allocate(4 + 8 + 64)
                    .putInt(key.keyId())
                    .putLong(seconds)
                    .put(signature)
                    .array();
            return new NoteSignature(key.name(), Base64.getEncoder().encodeToString(line));
        }
    }
}
