package org.securemed.ledger.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.securemed.ledger.log.LogFixture.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogCorruptException;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.PublishedVerifier;

class LogMirrorIT {
    private final LogFixture fixture = new LogFixture();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void a_mirror_follows_a_log_has_the_same_files_and_verifies() throws Exception {
        for (int entries : new int[] {10, 300, 1, 600}) {
            Path published = grown(entries);
            mirror(new LogDirectory(published));
            assertThat(files(directory.resolve("mirror"))).isEqualTo(files(published));
            PublishedVerifier verifier =
                    new PublishedVerifier(fixture.logKey.verifyKey(), new LogDirectory(directory.resolve("mirror")));
            assertThat(verifier.verify().findings()).isEmpty();
        }
    }

    @Test
    void a_run_that_was_broken_off_is_continued() throws Exception {
        Path published = grown(600);
        LogDirectory whole = new LogDirectory(published);
        for (int reads = 1; reads < 4; reads++) {
            int allowed = reads;
            assertThatThrownBy(() -> mirror(new Breaking(whole, allowed))).isInstanceOf(IOException.class);
            assertThat(directory.resolve("mirror/checkpoint")).doesNotExist();
        }
        mirror(whole);
        assertThat(files(directory.resolve("mirror"))).isEqualTo(files(published));
        // And what is here already is not asked for again: of the log as it is, the checkpoint only.
        mirror(new Breaking(whole, 1));
    }

    // With 100 entries the fork differs in the open bundle only, which is asked for again.
    @ParameterizedTest
    @ValueSource(ints = {100, 300})
    void a_log_that_changed_what_was_mirrored_is_refused_and_the_mirror_stays_as_it_was(int mirrored) throws Exception {
        Path published = grown(mirrored);
        mirror(new LogDirectory(published));
        List<String> before = files(directory.resolve("mirror"));
        try (LogFixture fork = new LogFixture(fixture.logKey);
                Ledger ledger = fork.open()) {
            append(ledger, 400);
            ledger.publishCheckpoint();
            Path other = directory.resolve("fork");
            new LogExport(new PostgresLogStore(fork.database.dataSource()), fixture.logKey.verifyKey(), other).run();
            assertThatThrownBy(() -> mirror(new LogDirectory(other))).isInstanceOf(LogCorruptException.class);
            assertThat(directory.resolve("mirror/refused")).hasSameTextualContentAs(other.resolve("checkpoint"));
            assertThat(files(directory.resolve("mirror"))).containsAll(before);
        }
        mirror(new LogDirectory(grown(5)));
        assertThat(directory.resolve("mirror/refused")).doesNotExist();
    }

    @Test
    void a_changed_entry_and_a_strangers_signature_are_refused() throws Exception {
        Path published = grown(20);
        Path bundle = published.resolve(FilePaths.entries(0, 21));
        byte[] bytes = Files.readAllBytes(bundle);
        bytes[bytes.length - 3] ^= 1;
        Files.write(bundle, bytes);
        assertThatThrownBy(() -> mirror(new LogDirectory(published))).isInstanceOf(LogCorruptException.class);
        SigningKey stranger = SigningKey.generate(LogFixture.ORIGIN, new SecureRandom());
        LogMirror wrong = new LogMirror(new LogDirectory(grown(1)), stranger.verifyKey(), directory.resolve("mirror"));
        assertThatThrownBy(wrong::run).isInstanceOf(LogCorruptException.class);
        assertThat(directory.resolve("mirror/checkpoint")).doesNotExist();
    }

    private void mirror(LogFiles source) throws IOException {
        new LogMirror(source, fixture.logKey.verifyKey(), directory.resolve("mirror")).run();
    }

    /** The log with so many entries more, as files. */
    private Path grown(int entries) throws Exception {
        try (Ledger ledger = fixture.open()) {
            append(ledger, entries);
            ledger.publishCheckpoint();
            Path to = directory.resolve("published" + ledger.size());
            new LogExport(new PostgresLogStore(fixture.database.dataSource()), fixture.logKey.verifyKey(), to).run();
            return to;
        }
    }

    private static void append(Ledger ledger, int count) throws Exception {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(entry("a" + i));
        }
        ledger.append(Submission.of(entries, List.of())).get(10, TimeUnit.SECONDS);
    }

    /** Names and contents. */
    private static List<String> files(Path root) throws IOException {
        List<String> files = new ArrayList<>();
        try (var all = Files.walk(root)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                files.add(root.relativize(file) + " " + Arrays.hashCode(Files.readAllBytes(file)));
            }
        }
        return files;
    }

    /** Breaks after so many reads. */
    private static final class Breaking implements LogFiles {
        private final LogFiles files;
        private int left;

        Breaking(LogFiles files, int reads) {
            this.files = files;
            this.left = reads;
        }

        @Override
        public Optional<byte[]> read(String path, int limit) throws IOException {
            if (left-- == 0) {
                throw new IOException("the line broke, as the test wanted");
            }
            return files.read(path, limit);
        }

        @Override
        public int parallelism() {
            return 1;
        }
    }
}
