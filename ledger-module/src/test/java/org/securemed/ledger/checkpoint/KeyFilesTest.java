package org.securemed.ledger.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFilesTest {
    @TempDir
    Path directory;

    @Test
    void a_development_key_is_made_once_for_its_owner_only_and_says_what_it_is() throws Exception {
        Path file = directory.resolve("keys/log.key");
        SigningKey made = KeyFiles.development(file, "log");
        assertThat(made.isDevelopment()).isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(KeyFiles.development(file, "log").verifyKey()).isEqualTo(made.verifyKey());
        assertThat(made.toString()).doesNotContain(Files.readAllLines(file).get(1));
    }

    @Test
    void a_development_key_that_others_may_read_or_that_is_none_is_refused() throws Exception {
        Path file = directory.resolve("log.key");
        KeyFiles.development(file, "log");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> KeyFiles.development(file, "log"))
                .isInstanceOf(KeyException.class)
                .hasMessageContaining("0600");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(file, "something else\n");
        assertThatThrownBy(() -> KeyFiles.development(file, "log")).isInstanceOf(KeyException.class);
    }

    @Test
    void a_key_in_a_pkcs12_keystore_is_used_and_is_not_of_development() throws Exception {
        Path keystore = directory.resolve("keys.p12");
        keytool(keystore, "log", "Ed25519");
        SigningKey key = KeyFiles.fromPkcs12(keystore, "changeit".toCharArray(), "log", "hospital.example/ledger");
        assertThat(key.isDevelopment()).isFalse();
        assertThat(key.verifyKey().signed(new byte[3], key.sign(new byte[3]))).isTrue();
    }

    @Test
    void a_keystore_without_the_key_or_with_another_password_is_refused() throws Exception {
        Path keystore = directory.resolve("keys.p12");
        keytool(keystore, "log", "Ed25519");
        keytool(keystore, "other", "Ed448");
        for (String[] attempt : new String[][] {{"changeit", "absent"}, {"wrong", "log"}, {"changeit", "other"}}) {
            assertThatThrownBy(() -> KeyFiles.fromPkcs12(keystore, attempt[0].toCharArray(), attempt[1], "x"))
                    .isInstanceOf(KeyException.class);
        }
        assertThatThrownBy(() -> KeyFiles.fromPkcs12(directory.resolve("none"), new char[0], "log", "x"))
                .isInstanceOf(KeyException.class);
    }

    @Test
    void a_cosigner_comes_from_a_secret_in_a_keystore_or_from_a_development_file() throws Exception {
        Path keystore = directory.resolve("keys.p12");
        run(
                "-genseckey",
                "-keystore",
                keystore.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-alias",
                "pq",
                "-keyalg",
                "AES",
                "-keysize",
                "256");
        CosignKey key = KeyFiles.cosignerFromPkcs12(keystore, "changeit".toCharArray(), "pq", "log/pq");
        assertThat(CosignVerifyKey.parse(key.verifyKey().toString())).isEqualTo(key.verifyKey());
        assertThat(key.isDevelopment()).isFalse();
        Path file = directory.resolve("pq.key");
        assertThat(KeyFiles.developmentCosigner(file, "log/pq").verifyKey())
                .isEqualTo(KeyFiles.developmentCosigner(file, "log/pq").verifyKey());
    }

    private static void keytool(Path keystore, String alias, String algorithm) throws Exception {
        run(
                "-genkeypair",
                "-keystore",
                keystore.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-alias",
                alias,
                "-keyalg",
                algorithm,
                "-dname",
                "CN=" + alias);
    }

    private static void run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).isZero();
    }
}
