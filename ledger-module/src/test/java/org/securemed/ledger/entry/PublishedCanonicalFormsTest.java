package org.securemed.ledger.entry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The vectors of RFC 8785's author; see {@code testdata/jcs/README.md}. */
class PublishedCanonicalFormsTest {
    @ParameterizedTest
    @ValueSource(strings = {"arrays", "french", "structures", "unicode", "values", "weird"})
    void the_library_makes_the_published_bytes(String name) throws Exception {
        assertThat(new JsonCanonicalizer(read(name + ".input.json")).getEncodedUTF8())
                .isEqualTo(read(name + ".output.json"));
    }

    private static byte[] read(String name) throws IOException {
        try (InputStream in = PublishedCanonicalFormsTest.class.getResourceAsStream("/testdata/jcs/" + name)) {
            return Objects.requireNonNull(in).readAllBytes();
        }
    }
}
