package org.securemed.ledger.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.securemed.ledger.log.LogFixture.entry;
import static org.securemed.ledger.log.LogFixture.index;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.checkpoint.KeyException;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;

/** Keys in a PKCS#11 token, here SoftHSM2 (Debian package softhsm2); skipped where that is not installed. */
class TokenIT {
    private static final String PIN = "4711";
    private static final Path DIRECTORY = Path.of("target", "softhsm2").toAbsolutePath();
    private static final Path CONFIGURATION = DIRECTORY.resolve("pkcs11.cfg");

    @BeforeAll
    static void makeToken() throws Exception {
        List<Path> libraries = Stream.of(
                        "/usr/lib/softhsm/libsofthsm2.so",
                        "/usr/lib64/softhsm/libsofthsm2.so",
                        "/usr/local/lib/softhsm/libsofthsm2.so")
                .map(Path::of)
                .filter(Files::exists)
                .toList();
        assumeTrue(!libraries.isEmpty(), "SoftHSM2 is not installed");
        assumeTrue(System.getenv("SOFTHSM2_CONF") != null, "SOFTHSM2_CONF is not set");
        Path tokens = DIRECTORY.resolve("tokens");
        delete(tokens);
        Files.createDirectories(tokens);
        Files.writeString(DIRECTORY.resolve("softhsm2.conf"), "directories.tokendir = %s\n".formatted(tokens));
        run("softhsm2-util", "--init-token", "--free", "--label", "ledger", "--so-pin", "0815", "--pin", PIN);
        Files.writeString(
                CONFIGURATION, "name = ledger\nlibrary = %s\nslotListIndex = 0\n".formatted(libraries.get(0)));
        for (String alias : List.of("log", "instance")) {
            keytool(alias, "secp256r1");
        }
        keytool("wrong-curve", "secp384r1");
    }

    @Test
    void a_log_signed_in_a_token_is_whole_and_its_keys_never_leave() throws Exception {
        SigningKey logKey = key("log", LogFixture.ORIGIN);
        SigningKey instanceKey = key("instance", "server-1");
        assertThat(logKey.isDevelopment()).isFalse();
        try (LogFixture fixture = new LogFixture()) {
            try (Ledger ledger = Ledger.open(
                    new PostgresLogStore(fixture.database.dataSource()),
                    logKey,
                    instanceKey,
                    CheckpointVault.none(),
                    LedgerOptions.defaults().creating(),
                    Clock.systemUTC(),
                    Alarm.logging())) {
                for (int i = 0; i < 20; i++) {
                    index(ledger, entry("a"));
                }
                try (Connection connection = fixture.database.dataSource().getConnection()) {
                    connection.setAutoCommit(false);
                    ledger.stage(connection, List.of(entry("b")));
                    connection.commit();
                }
            }
            try (Connection connection = fixture.database.dataSource().getConnection()) {
                Report report = new Verifier(logKey.verifyKey()).verify(connection);
                assertThat(report.findings()).isEmpty();
                assertThat(report.entries()).isGreaterThan(20);
            }
        }
    }

    @Test
    void what_the_token_does_not_have_or_we_cannot_use_is_refused() {
        for (String[] attempt : new String[][] {{"absent", PIN}, {"wrong-curve", PIN}}) {
            assertThatThrownBy(
                            () -> KeyFiles.fromPkcs11(CONFIGURATION, attempt[1].toCharArray(), attempt[0], "server-1"))
                    .isInstanceOf(KeyException.class);
        }
        assertThatThrownBy(() -> KeyFiles.fromPkcs11(DIRECTORY.resolve("none"), PIN.toCharArray(), "log", "x"))
                .isInstanceOf(KeyException.class);
    }

    private static SigningKey key(String alias, String name) throws KeyException {
        return KeyFiles.fromPkcs11(CONFIGURATION, PIN.toCharArray(), alias, name);
    }

    private static void keytool(String alias, String curve) throws Exception {
        run(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                "NONE",
                "-storetype",
                "PKCS11",
                "-addprovider",
                "SunPKCS11",
                "-providerarg",
                CONFIGURATION.toString(),
                "-storepass",
                PIN,
                "-alias",
                alias,
                "-keyalg",
                "EC",
                "-groupname",
                curve,
                "-dname",
                "CN=" + alias);
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        byte[] output = process.getInputStream().readAllBytes();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(new String(output)).isZero();
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file :
                        files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
