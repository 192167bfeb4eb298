package org.securemed.ledger.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.ConsentLog;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
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
    void a_policy_is_enforced_with_what_witnesses_said_to_stored_checkpoints() throws Exception {
        CosignKey witness = CosignKey.ed25519(SigningKey.generate("w.example", new SecureRandom()));
        Path policy = directory.resolve("trust.policy");
        Files.writeString(policy, "log %s\nwitness W %s\nquorum W\n".formatted(key(), witness.verifyKey()));
        assertThat(run("--policy", policy.toString())).isEqualTo(1);
        assertThat(printed()).contains("ledger_checkpoint all, note").contains("witnesses: not the quorum W");
        try (Ledger ledger = fixture.open()) {
            Checkpoint seen = Checkpoint.claimed(ledger.checkpoint().orElseThrow());
            ledger.cosigned(seen.size(), "W", witness.cosign(seen, Instant.now()));
            LogFixture.index(ledger, LogFixture.entry("c"));
        }
        out.reset();
        assertThat(run("--policy", policy.toString())).isZero();
        assertThat(printed()).contains("witnesses: quorum W of the first 3 entries");
        fixture.database.tamper("update witness.cosignature set line = replace(line, 'w.example', 'v.example')");
        assertThat(run("--policy", policy.toString())).isEqualTo(1);
    }

    @Test
    void a_log_is_not_verified_with_another_key() throws Exception {
        SigningKey other = SigningKey.generate(LogFixture.ORIGIN, new SecureRandom());
        assertThat(run("--key", other.verifyKey().toString())).isEqualTo(1);
    }

    @Test
    void consent_states_and_keys_are_checked_with_a_keystore_and_otherwise_it_says_that_they_were_not()
            throws Exception {
        Path keystore = directory.resolve("kek.p12");
        KeyEncryptionKeys epochs = KeyEncryptionKeys.openOrCreate(keystore, "test-only".toCharArray());
        String[] withKeys = {
            "--patient-keystore", keystore.toString(), "--patient-keystore-password-env", "KEYSTORE_PASSWORD"
        };
        try (ConsentLog log = new ConsentLog(epochs)) {
            log.record(ConsentLog.grant("Patient/anna", "c1", 1));
            log.ledger.close();
            assertThat(run(log.fixture, withKeys)).isZero();
            assertThat(printed()).endsWith("consent states and patients' keys: checked\n");
            log.fixture.database.tamper("update ledger.consent_state set version = 2");
            assertThat(run(log.fixture, withKeys)).isEqualTo(1);
            assertThat(printed()).contains("consent_state subject ").contains(", version: expected 1, found 2");
            assertThat(run(log.fixture)).isZero();
            assertThat(printed()).endsWith("patients' keys: not checked, which needs --patient-keystore\n");
        }
    }

    @Test
    void a_patient_keystore_that_does_not_open_is_status_2() throws Exception {
        Path keystore = directory.resolve("kek.p12");
        KeyEncryptionKeys.openOrCreate(keystore, "another".toCharArray());
        assertThat(run("--key", key(), "--patient-keystore", keystore.toString()))
                .isEqualTo(2);
        assertThat(run(
                        "--key",
                        key(),
                        "--patient-keystore",
                        keystore.toString(),
                        "--patient-keystore-password-env",
                        "KEYSTORE_PASSWORD"))
                .isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("go together").contains("cannot verify: ");
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
                .contains("one of --jdbc, --url, --export and --receipt is needed")
                .contains("absent")
                .contains("NOT_SET is not set")
                .contains("--key needs a value");
    }

    private String key() {
        return fixture.logKey.verifyKey().toString();
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private int run(LogFixture log, String... arguments) {
        List<String> all = new ArrayList<>(List.of("--jdbc", log.database.jdbcUrl(), "--user", "postgres"));
        all.addAll(List.of("--key", log.logKey.verifyKey().toString()));
        all.addAll(List.of(arguments));
        PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream errTo = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new VerifyCommand(to, errTo, Map.of("KEYSTORE_PASSWORD", "test-only"), false)
                .run(all.toArray(String[]::new));
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
        return new VerifyCommand(to, errTo, Map.of("KEYSTORE_PASSWORD", "test-only"), false).run(all);
    }
}
