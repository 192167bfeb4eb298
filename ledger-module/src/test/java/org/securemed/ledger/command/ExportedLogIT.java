package org.securemed.ledger.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.LedgerDatabase;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.log.CheckpointVault;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerKeys;
import org.securemed.ledger.log.LedgerOptions;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.PublishedVerifier;
import org.securemed.ledger.verify.Report;

/** A log as files: written, verified, mutated, and read into another database. */
class ExportedLogIT {
    private static final int SIZE = 600;
    private static final LogFixture FIXTURE = LogFixture.cosigned();

    @TempDir
    static Path directory;

    private static Path exported = Path.of("");
    private static VerifyKey key = FIXTURE.logKey.verifyKey();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeAll
    static void a_log_of_600_entries_is_exported() throws Exception {
        exported = directory.resolve("exported");
        try (Ledger ledger = FIXTURE.open()) {
            while (ledger.size() < SIZE) {
                int count = (int) Math.min(37, SIZE - ledger.size());
                ledger.append(Submission.of(entries(count), List.of())).get(10, TimeUnit.SECONDS);
                if (ledger.size() < 300) {
                    ledger.publishCheckpoint();
                    Files.writeString(
                            directory.resolve("earlier"),
                            ledger.checkpoint().orElseThrow().toString());
                }
            }
            ledger.publishCheckpoint();
            Files.writeString(
                    directory.resolve("receipt"),
                    ledger.receipt(299).orElseThrow().toString());
            Files.write(
                    directory.resolve("entry"),
                    ledger.read(299).orElseThrow().body().toByteArray());
            Files.write(
                    directory.resolve("other"),
                    ledger.read(298).orElseThrow().body().toByteArray());
            int status = new TransferCommand(System.out, System.err, Map.of())
                    .run(
                            "export",
                            "--jdbc",
                            FIXTURE.database.jdbcUrl(),
                            "--user",
                            "postgres",
                            "--key",
                            key.toString(),
                            "--to",
                            exported.toString());
            assertThat(status).isZero();
            assertThat(Files.readAllBytes(exported.resolve("tile/1/000.p/2")))
                    .isEqualTo(ledger.tile(TilePath.parse("tile/1/000.p/2")).orElseThrow());
            assertThat(Files.readAllBytes(exported.resolve("tile/entries/002.p/88")))
                    .isEqualTo(
                            ledger.tile(TilePath.parse("tile/entries/002.p/88")).orElseThrow());
        }
    }

    @AfterAll
    static void close() {
        FIXTURE.close();
    }

    @Test
    void an_export_is_whole_and_so_is_its_tree_without_entries() throws Exception {
        assertThat(run("--export", exported.toString(), "--key", key.toString()))
                .isZero();
        assertThat(printed()).startsWith("whole: 600 entries, ").contains("blocks and their signatures: checked");
        assertThat(run("verify", "--export", exported.toString(), "--key", key.toString(), "--tiles-only"))
                .isZero();
        assertThat(printed()).startsWith("whole: 600 entries, 0 blocks").contains("entries: not looked at");
    }

    @Test
    void an_earlier_checkpoint_is_part_of_it_and_one_of_a_fork_or_a_longer_log_is_not() throws Exception {
        String[] verify = {"--export", exported.toString(), "--key", key.toString(), "--checkpoint"};
        assertThat(run(with(verify, directory.resolve("earlier").toString()))).isZero();
        Checkpoint fork = new Checkpoint(LogFixture.ORIGIN, 299, TreeHash.EMPTY_ROOT);
        Files.writeString(directory.resolve("fork"), fork.sign(FIXTURE.logKey).toString());
        assertThat(run(with(verify, directory.resolve("fork").toString()))).isEqualTo(1);
        assertThat(printed()).contains("log size 299, root of the checkpoint from ");
        Checkpoint longer = new Checkpoint(LogFixture.ORIGIN, 601, TreeHash.EMPTY_ROOT);
        Files.writeString(
                directory.resolve("longer"), longer.sign(FIXTURE.logKey).toString());
        assertThat(run(with(verify, directory.resolve("longer").toString()))).isEqualTo(1);
        assertThat(printed()).contains("truncated");
    }

    @Test
    void a_policy_is_enforced_and_may_name_the_key() throws Exception {
        Path open = directory.resolve("open.policy");
        Path strict = directory.resolve("strict.policy");
        String cosigner = Objects.requireNonNull(FIXTURE.cosigner).verifyKey().toString();
        Files.writeString(open, "log %s\nwitness PQ %s\nquorum PQ\n".formatted(key, cosigner));
        String other =
                CosignKey.generate("w.example", new SecureRandom()).verifyKey().toString();
        Files.writeString(strict, "log %s\nwitness W %s\nquorum W\n".formatted(key, other));
        assertThat(run("--export", exported.toString(), "--policy", open.toString()))
                .isZero();
        assertThat(printed()).contains("witnesses: quorum PQ");
        assertThat(run("--export", exported.toString(), "--policy", strict.toString()))
                .isEqualTo(1);
        assertThat(printed()).contains("the policy's quorum");
        assertThat(receipt(
                        "--policy",
                        open.toString(),
                        "--entry",
                        directory.resolve("entry").toString()))
                .isZero();
        assertThat(receipt(
                        "--policy",
                        strict.toString(),
                        "--entry",
                        directory.resolve("entry").toString()))
                .isEqualTo(1);
    }

    @Test
    void a_receipt_proves_its_entry_and_no_other() {
        String entry = directory.resolve("entry").toString();
        assertThat(receipt("--key", key.toString(), "--entry", entry)).isZero();
        assertThat(printed()).startsWith("in the log: entry 299 of hospital.example/ledger");
        assertThat(receipt(
                        "--key",
                        key.toString(),
                        "--entry",
                        directory.resolve("other").toString()))
                .isEqualTo(1);
        assertThat(receipt("--key", key.toString())).isEqualTo(2);
        assertThat(printed()).contains("needs --entry");
    }

    /** Every byte with {@code -Dledger.exhaustive=true} (minutes); otherwise edges and a seeded sample. */
    @Test
    void a_flipped_byte_in_any_file_is_found() throws Exception {
        boolean all = Boolean.getBoolean("ledger.exhaustive");
        long seed = Long.getLong("ledger.seed", 20_261_122);
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, byte[]> content = new TreeMap<>();
        for (Path file : files(exported)) {
            content.put(exported.relativize(file).toString(), Files.readAllBytes(file));
        }
        List<Flip> flips = new ArrayList<>();
        content.forEach((name, bytes) -> {
            for (int at = 0; at < bytes.length; at++) {
                boolean edge = at == 0 || at == bytes.length - 1;
                if (all || edge || random.nextInt(bytes.length) < 40) {
                    flips.add(new Flip(name, at, 1 << random.nextInt(8)));
                }
            }
        });
        List<Flip> survivors =
                flips.parallelStream().filter(flip -> !isFound(flip, content)).toList();
        System.out.printf("%,d flipped bytes in %d files%n", flips.size(), content.size());
        assertThat(survivors).as("seed %d", seed).isEmpty();
        assertThat(verify().findings()).isEmpty();
    }

    /** Whether the verifier finds a flipped byte; in memory, but for the file that is compared in directories only. */
    private static boolean isFound(Flip flip, Map<String, byte[]> content) {
        byte[] whole = Objects.requireNonNull(content.get(flip.file));
        byte[] flipped = whole.clone();
        flipped[flip.at] ^= (byte) flip.bit;
        try {
            if (flip.file.equals("log.vkey")) {
                synchronized (FIXTURE) {
                    Files.write(exported.resolve(flip.file), flipped);
                    boolean found = !verify().isWhole();
                    Files.write(exported.resolve(flip.file), whole);
                    return found;
                }
            }
            return !new PublishedVerifier(key, new InMemory(content, flip.file, flipped))
                    .verify()
                    .isWhole();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Flip(String file, int at, int bit) {}

    /** Files, one of them changed. */
    private record InMemory(Map<String, byte[]> content, String changed, byte[] instead) implements LogFiles {
        @Override
        public Optional<byte[]> read(String path, int limit) {
            return path.equals(changed) ? Optional.of(instead) : Optional.ofNullable(content.get(path));
        }

        @Override
        public int parallelism() {
            return 1;
        }
    }

    @Test
    void a_file_that_is_missing_cut_lengthened_or_too_many_is_found_and_named() throws Exception {
        for (Path file : files(exported)) {
            String name = exported.relativize(file).toString();
            byte[] bytes = Files.readAllBytes(file);
            Files.delete(file);
            if (!name.equals("log.vkey")) {
                assertThat(verify().isWhole()).as("without %s", name).isFalse();
            }
            Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
            assertThat(verify().isWhole()).as("cut %s", name).isFalse();
            Files.write(file, Arrays.copyOf(bytes, bytes.length + 1));
            assertThat(verify().isWhole()).as("lengthened %s", name).isFalse();
            Files.write(file, bytes);
        }
        Path stray = exported.resolve("tile/0/003");
        Files.write(stray, new byte[8_192]);
        assertThat(verify().findings()).singleElement().asString().startsWith("tile/0/003 file");
        Files.delete(stray);
    }

    @Test
    void blocks_are_left_out_only_if_the_auditor_says_so() throws Exception {
        Path blocks = exported.resolve("block");
        Path away = directory.resolve("away");
        Files.move(blocks, away);
        try {
            assertThat(run("--export", exported.toString(), "--key", key.toString()))
                    .isEqualTo(1);
            assertThat(printed()).contains("block/000 file");
            assertThat(run("--export", exported.toString(), "--key", key.toString(), "--without-blocks"))
                    .isZero();
            assertThat(printed()).contains("blocks and their signatures: not looked at");
        } finally {
            Files.move(away, blocks);
        }
    }

    @Test
    void a_changed_entry_is_named() throws Exception {
        Path file = exported.resolve("tile/entries/001");
        byte[] bytes = Files.readAllBytes(file);
        byte[] changed = new String(bytes, StandardCharsets.ISO_8859_1)
                .replaceFirst("actor-7", "actor-8")
                .getBytes(StandardCharsets.ISO_8859_1);
        Files.write(file, changed);
        assertThat(verify().findings())
                .singleElement()
                .asString()
                .startsWith("tile/entries/001 index ")
                .contains("entry/hash");
        Files.write(file, bytes);
    }

    @Test
    void an_import_gives_a_log_that_verifies_and_goes_on() throws Exception {
        try (LedgerDatabase database = LedgerDatabase.create()) {
            assertThat(restore(database, exported)).isZero();
            assertThat(printed()).startsWith("imported: 600 entries, ");
            String[] whole = {
                "--jdbc",
                database.jdbcUrl(),
                "--user",
                "postgres",
                "--key",
                key.toString(),
                "--checkpoint",
                directory.resolve("earlier").toString()
            };
            assertThat(run(whole)).isZero();
            try (Ledger ledger = open(database)) {
                assertThat(LogFixture.index(ledger, LogFixture.entry("after"))).isEqualTo(600);
            }
            assertThat(run(whole)).isZero();
            assertThat(printed()).startsWith("whole: 601 entries");
            assertThat(restore(database, exported)).isEqualTo(1);
            assertThat(error()).contains("no log");
        }
    }

    @Test
    void a_tampered_export_is_not_imported() throws Exception {
        Path file = exported.resolve("tile/entries/000");
        byte[] bytes = Files.readAllBytes(file);
        byte[] flipped = bytes.clone();
        flipped[1_000] ^= 1;
        Files.write(file, flipped);
        try (LedgerDatabase database = LedgerDatabase.create()) {
            assertThat(restore(database, exported)).isEqualTo(1);
            assertThat(printed()).contains("nothing was imported");
            Files.write(file, bytes);
            assertThat(restore(database, exported)).isZero();
        } finally {
            Files.write(file, bytes);
        }
    }

    @Test
    void a_log_whose_key_was_followed_by_another_is_verified_with_either_and_with_no_third() throws Exception {
        try (LogFixture fixture = new LogFixture()) {
            SigningKey second = SigningKey.generate(LogFixture.ORIGIN, new SecureRandom());
            fixture.open().close();
            try (Ledger ledger = Ledger.open(
                    new PostgresLogStore(fixture.database.dataSource()),
                    new LedgerKeys(second, fixture.logKey, fixture.instanceKey, null),
                    CheckpointVault.none(),
                    LedgerOptions.defaults(),
                    Clock.systemUTC(),
                    (code, detail) -> {})) {
                LogFixture.index(ledger, LogFixture.entry("after"));
            }
            String first = fixture.logKey.verifyKey().toString();
            Path to = directory.resolve("succeeded");
            assertThat(run(
                            "export",
                            "--jdbc",
                            fixture.database.jdbcUrl(),
                            "--user",
                            "postgres",
                            "--key",
                            first,
                            "--to",
                            to.toString()))
                    .isZero();
            assertThat(Files.readString(to.resolve("log.vkey"))).isEqualTo(first + "\n" + second.verifyKey() + "\n");
            assertThat(run("--export", to.toString(), "--key", first)).isZero();
            assertThat(run(
                            "--export",
                            to.toString(),
                            "--key",
                            second.verifyKey().toString()))
                    .isZero();
            SigningKey third = SigningKey.generate(LogFixture.ORIGIN, new SecureRandom());
            assertThat(run("--export", to.toString(), "--key", third.verifyKey().toString()))
                    .isEqualTo(1);
            assertThat(printed()).contains("the key that was given");
        }
    }

    @Test
    void what_cannot_be_done_says_why() throws Exception {
        assertThat(run(
                        "export",
                        "--jdbc",
                        FIXTURE.database.jdbcUrl(),
                        "--user",
                        "postgres",
                        "--key",
                        key.toString(),
                        "--to",
                        exported.toString()))
                .isEqualTo(1);
        assertThat(error()).contains("not empty");
        assertThat(run("import", "--key", key.toString(), "--jdbc", "jdbc:postgresql://x/y"))
                .isEqualTo(2);
        assertThat(error()).contains("--from is needed");
        assertThat(run("import", "--to", "x")).isEqualTo(2);
        assertThat(run("--export", "/nowhere", "--key", key.toString())).isEqualTo(2);
        assertThat(run("--export", exported.toString(), "--receipt", "x", "--key", key.toString()))
                .isEqualTo(2);
        assertThat(run("--export", exported.toString(), "--entry", "x", "--key", key.toString()))
                .isEqualTo(2);
        assertThat(error()).contains("--entry means nothing with --export");
        assertThat(run("--help")).isZero();
        assertThat(printed()).contains("--tiles-only").contains("import --from");
    }

    private static Report verify() throws IOException {
        return new PublishedVerifier(key, new LogDirectory(exported)).verify();
    }

    private static Ledger open(LedgerDatabase database) {
        return Ledger.open(
                new PostgresLogStore(database.dataSource()),
                new LedgerKeys(FIXTURE.logKey, FIXTURE.instanceKey, FIXTURE.cosigner),
                CheckpointVault.none(),
                LedgerOptions.defaults(),
                Clock.systemUTC(),
                (code, detail) -> {});
    }

    private int restore(LedgerDatabase database, Path from) {
        return run(
                "import",
                "--from",
                from.toString(),
                "--key",
                key.toString(),
                "--jdbc",
                database.jdbcUrl(),
                "--user",
                "postgres");
    }

    private int receipt(String... arguments) {
        return run(with(new String[] {"--receipt", directory.resolve("receipt").toString()}, arguments));
    }

    private int run(String... arguments) {
        out.reset();
        err.reset();
        return LedgerCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Map.of(),
                false,
                arguments);
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String error() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static String[] with(String[] first, String... rest) {
        return Stream.concat(Stream.of(first), Stream.of(rest)).toArray(String[]::new);
    }

    private static List<Path> files(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static List<Entry> entries(int count) {
        List<Entry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            entries.add(LogFixture.entry("actor-" + i % 10));
        }
        return entries;
    }
}
