package org.securemed.ledger.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.merkle.TreeHash;

class VerifyCommandIT {
    private final LogFixture fixture = new LogFixture();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    @BeforeEach
    void a_log_of_three_entries() throws Exception {
        try (Ledger ledger = fixture.open()) {
            LogFixture.index(ledger, LogFixture.entry("a"));
            LogFixture.index(ledger, LogFixture.entry("b"));
        }
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void a_whole_log_is_status_0() throws Exception {
        assertThat(run("--key", key())).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("whole: 3 entries, 3 blocks, root ");
    }

    @Test
    void the_jar_needs_nothing_but_java() throws Exception {
        Process java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        "target/ledger-verify.jar",
                        "--jdbc",
                        fixture.database.jdbcUrl(),
                        "--user",
                        "postgres",
                        "--key",
                        key())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .startsWith("whole: 3 entries");
        assertThat(java.waitFor()).isZero();
    }

    @Test
    void a_changed_row_is_status_1_and_is_named() throws Exception {
        fixture.database.tamper("update ledger.ledger_entry set actor = 'nobody' where seq = 2");
        assertThat(run("--key", key())).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("ledger_entry seq 2, actor: expected b, found nobody")
                .contains("NOT WHOLE, 1 findings");
    }

    @Test
    void a_log_that_does_not_reach_a_checkpoint_that_was_handed_out_is_status_1() throws Exception {
        Path file = directory.resolve("checkpoint");
        var checkpoint = new Checkpoint(LogFixture.ORIGIN, 9, TreeHash.EMPTY_ROOT);
        Files.writeString(file, checkpoint.sign(fixture.logKey).toString());
        assertThat(run("--key", key(), "--checkpoint", file.toString())).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("log seq 3 to 8")
                .contains("truncated");
    }

    @Test
    void a_log_is_not_verified_with_another_key() throws Exception {
        SigningKey other = SigningKey.generate(LogFixture.ORIGIN, new SecureRandom());
        assertThat(run("--key", other.verifyKey().toString())).isEqualTo(1);
    }

    @Test
    void what_cannot_be_verified_is_status_2_and_says_why() {
        assertThat(run("--key", "nonsense")).isEqualTo(2);
        assertThat(run()).isEqualTo(2);
        assertThat(run(
                        "--key",
                        key(),
                        "--checkpoint",
                        directory.resolve("absent").toString()))
                .isEqualTo(2);
        assertThat(run("--key", key(), "--password-env", "NOT_SET")).isEqualTo(2);
        assertThat(run("--key")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("a vkey is")
                .contains("--jdbc and --key are needed")
                .contains("absent")
                .contains("NOT_SET is not set")
                .contains("--key needs a value");
    }

    private String key() {
        return fixture.logKey.verifyKey().toString();
    }

    private int run(String... arguments) {
        String[] all = arguments;
        if (arguments.length > 1) {
            all = new String[arguments.length + 4];
            all[0] = "--jdbc";
            all[1] = fixture.database.jdbcUrl();
            all[2] = "--user";
            all[3] = "postgres";
            System.arraycopy(arguments, 0, all, 4, arguments.length);
        }
        PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream errTo = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new VerifyCommand(to, errTo, Map.of()).run(all);
    }
}
