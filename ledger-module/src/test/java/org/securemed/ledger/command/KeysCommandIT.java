package org.securemed.ledger.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.securemed.ledger.log.LogFixture.entry;
import static org.securemed.ledger.log.LogFixture.index;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.LedgerDatabase;
import org.securemed.ledger.checkpoint.KeyException;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.log.Alarm;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerKeys;
import org.securemed.ledger.log.LedgerOptions;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.storage.FileCheckpointVault;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.Verifier;

class KeysCommandIT {
    private static final String PASSWORD = "changeit";

    @TempDir
    Path directory;

    @Test
    void an_operator_makes_a_new_log_key_known_and_revokes_a_servers_key() throws Exception {
        for (String alias : List.of("log", "log-2", "operator", "server-1", "server-2")) {
            keytool(alias);
        }
        try (LedgerDatabase database = LedgerDatabase.create()) {
            open(database, "log", "server-1").close();
            String stolen;
            try (Ledger server = open(database, "log", "server-2")) {
                index(server, entry("a"));
                stolen = key("server-2", "server-2").verifyKey().toString();
            }
            String shown = run(0, database, "--log-key", "log-2", "--outgoing", "log");
            assertThat(shown.lines())
                    .contains(
                            "followed  " + key("log", LogFixture.ORIGIN).verifyKey(),
                            "log       " + key("log-2", LogFixture.ORIGIN).verifyKey(),
                            "instance  " + stolen);
            assertThat(run(0, database, "--log-key", "log-2", "--revoke", stolen)
                            .lines())
                    .contains("revoked   " + stolen);
            assertThat(run(1, database, "--log-key", "log-2", "--revoke", "nobody+00000000+AAAA"))
                    .startsWith("refused: ");
            assertThat(run(2, database)).contains("which is not here");
            try (Ledger server = open(database, "log-2", "server-1")) {
                index(server, entry("b"));
            }
            try (Connection connection = database.dataSource().getConnection()) {
                assertThat(new Verifier(key("log", LogFixture.ORIGIN).verifyKey())
                                .verify(connection)
                                .findings())
                        .isEmpty();
            }
        }
    }

    private Ledger open(LedgerDatabase database, String logKey, String instance) throws KeyException {
        return Ledger.open(
                new PostgresLogStore(database.dataSource()),
                new LedgerKeys(key(logKey, LogFixture.ORIGIN), key(instance, instance), null),
                new FileCheckpointVault(directory.resolve("checkpoint")),
                LedgerOptions.defaults().creating(),
                Clock.systemUTC(),
                Alarm.logging());
    }

    private SigningKey key(String alias, String name) throws KeyException {
        return KeyFiles.fromPkcs12(directory.resolve("keys.p12"), PASSWORD.toCharArray(), alias, name);
    }

    private String run(int status, LedgerDatabase database, String... more) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        List<String> arguments = new ArrayList<>(List.of(
                "--jdbc",
                database.jdbcUrl(),
                "--user",
                "postgres",
                "--origin",
                LogFixture.ORIGIN,
                "--vault",
                directory.resolve("checkpoint").toString(),
                "--keystore",
                directory.resolve("keys.p12").toString(),
                "--keystore-password-env",
                "PASSWORD"));
        arguments.addAll(List.of(more));
        int found = new KeysCommand(print, print, Map.of("PASSWORD", PASSWORD)).run(arguments.toArray(String[]::new));
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(found).as(text).isEqualTo(status);
        return text;
    }

    private void keytool(String alias) throws Exception {
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keystore",
                        directory.resolve("keys.p12").toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-alias",
                        alias,
                        "-keyalg",
                        "Ed25519",
                        "-dname",
                        "CN=" + alias)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).isZero();
    }
}
