package org.securemed.card;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SmartCardBridgeTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void without_a_command_it_says_which_there_are() {
        assertThat(run()).isEqualTo(SmartCardBridge.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("usage:").contains("serve");
        assertThat(out.size()).isZero();
    }

    @Test
    void an_unknown_command_is_wrong_usage() {
        assertThat(run("server")).isEqualTo(SmartCardBridge.USAGE);
    }

    private int run(String... args) {
        return SmartCardBridge.run(
                List.of(args),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }
}
