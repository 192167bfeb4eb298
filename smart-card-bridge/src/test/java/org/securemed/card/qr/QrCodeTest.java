package org.securemed.card.qr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class QrCodeTest {
    /**
     * What version 22 holds as numeric text behind {@code shc:/}, by level: SMART Health Cards 1.4.0, section on QR.
     */
    private static final int[] CHARACTERS = {1195, 927, 670, 519};

    @Test
    void version_22_holds_as_many_characters_of_a_health_card_as_its_specification_says() throws Exception {
        for (Recovery recovery : Recovery.values()) {
            int characters = CHARACTERS[recovery.ordinal()];
            assertThat(QrCode.of("shc:/" + "56".repeat(characters), recovery, 22)
                            .version())
                    .isEqualTo(22);
            assertThatThrownBy(() -> QrCode.of("shc:/" + "56".repeat(characters + 3), recovery, 22))
                    .isInstanceOf(CodeTooLargeException.class);
        }
    }

    @Test
    void what_fits_into_no_code_is_refused_as_too_large() {
        assertThatThrownBy(() -> QrCode.of("x".repeat(5000), Recovery.L, QrCode.LARGEST))
                .isInstanceOf(CodeTooLargeException.class);
    }

    @Test
    void a_text_that_readers_would_guess_at_is_refused() {
        assertThatThrownBy(() -> QrCode.of("Zoë", Recovery.L, 10)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> QrCode.of("", Recovery.L, 10)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void the_svg_is_dark_where_the_code_is() throws Exception {
        QrCode code = QrCode.of("HELLO", Recovery.M, 5);
        String svg = new String(code.svg(), StandardCharsets.US_ASCII);
        boolean[][] dark = new boolean[code.side()][code.side()];
        java.util.regex.Matcher runs = java.util.regex.Pattern.compile("M(\\d+) (\\d+)h(\\d+)v1h-\\d+z")
                .matcher(svg);
        while (runs.find()) {
            for (int i = 0; i < Integer.parseInt(runs.group(3)); i++) {
                dark[Integer.parseInt(runs.group(2)) - 4][Integer.parseInt(runs.group(1)) - 4 + i] = true;
            }
        }
        for (int y = 0; y < code.side(); y++) {
            for (int x = 0; x < code.side(); x++) {
                assertThat(dark[y][x]).as("%d %d", x, y).isEqualTo(code.dark(x, y));
            }
        }
    }
}
