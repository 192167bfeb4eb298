package org.securemed.card.sealing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class SealingTest {
    private static final String SECRET = base64("0123456789abcdef0123456789abcdef");
    private static final byte[] PLAIN = {1, 2, 3};

    @Test
    void what_is_sealed_opens_under_its_name_and_the_same_secret() {
        byte[] sealed = Sealing.of(SECRET, true).seal(PLAIN, "key 1");

        assertThat(Sealing.of(" " + SECRET + "\n", true).open(sealed, "key 1")).isEqualTo(PLAIN);
        assertThat(Sealing.of(SECRET, true).seal(PLAIN, "key 1")).isNotEqualTo(sealed);
        assertThatThrownBy(() -> Sealing.of(SECRET, true).open(sealed, "key 2"))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Sealing.of(base64("another secret of 32 bytes......"), true)
                        .open(sealed, "key 1"))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void one_changed_byte_or_a_cut_end_opens_nothing() {
        Sealing sealing = Sealing.of(SECRET, true);
        byte[] sealed = sealing.seal(PLAIN, "key 1");
        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            byte[] cut = Arrays.copyOf(sealed, i);
            assertThatThrownBy(() -> sealing.open(changed, "key 1")).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> sealing.open(cut, "key 1")).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void production_needs_a_secret_of_its_own_and_all_need_32_bytes() {
        for (String missing : new String[] {null, "", " "}) {
            assertThatThrownBy(() -> Sealing.of(missing, true)).hasMessageContaining("not set");
            assertThat(Sealing.of(missing, false)).isNotNull();
        }
        assertThatThrownBy(() -> Sealing.of(base64("SecureMed development: no secret"), true))
                .hasMessageContaining("development secret");
        for (String wrong : List.of("c2hvcnQ=", base64("one byte more than thirty-two    "), "no base64!")) {
            assertThatThrownBy(() -> Sealing.of(wrong, false))
                    .hasMessageContaining("sealing-secret")
                    .hasMessageNotContaining(wrong);
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }
}
