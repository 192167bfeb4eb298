package org.securemed.fhir.transparency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.fhir.server.TestServer;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.files.LogMirror;
import org.securemed.ledger.files.LogUrl;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.verify.PublishedVerifier;
import org.securemed.ledger.verify.Report;

/** The verifier of the ledger against the live log. */
class PublishedLogVerifiedIT {
    private final TestServer server = TestServer.shared();
    private final Ledger ledger = server.bean(Ledger.class);
    private final VerifyKey key = ledger.logKey();

    @Test
    void an_auditor_verifies_everything_against_an_earlier_checkpoint_while_the_log_grows() throws Exception {
        server.get("physician", "Patient/nobody-of-that-name");
        ledger.publishCheckpoint();
        SignedNote earlier = handedOut();
        server.get("physician", "Patient/nobody-of-that-name");
        Report report = new PublishedVerifier(key, log("compliance"))
                .against("before", earlier)
                .verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.entries()).isPositive();
        assertThat(report.blocks()).isPositive();
    }

    @Test
    void a_checkpoint_that_is_newer_than_what_witnesses_let_through_is_no_sign_of_truncation() throws Exception {
        SignedNote shown = handedOut();
        server.get("physician", "Patient/nobody-of-that-name");
        ledger.publishCheckpoint();
        SignedNote newest = ledger.checkpoint().orElseThrow();
        LogUrl url = log("compliance");
        Report report = new PublishedVerifier(key, changed(url, "checkpoint", bytes -> utf8(shown)))
                .against("a receipt", newest)
                .verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.entries()).isEqualTo(Checkpoint.claimed(newest).size());
    }

    @Test
    void a_block_that_was_changed_on_its_way_is_found_and_named() throws Exception {
        server.get("physician", "Patient/nobody-of-that-name");
        ledger.publishCheckpoint();
        for (String word : List.of("=", "\n")) {
            LogFiles tampered = changed(log("compliance"), "block/", bytes -> {
                String text = new String(bytes, StandardCharsets.UTF_8);
                int at = text.lastIndexOf(word);
                byte[] other = bytes.clone();
                other[at - 1] ^= 1;
                return other;
            });
            assertThat(new PublishedVerifier(key, tampered).verify().findings())
                    .isNotEmpty()
                    .allSatisfy(finding -> assertThat(finding.table()).startsWith("block"));
        }
        LogFiles without = new LogFiles() {
            private final LogUrl url = log("compliance");

            @Override
            public Optional<byte[]> read(String path, int limit) throws IOException {
                return path.startsWith("block/") ? Optional.empty() : url.read(path, limit);
            }

            @Override
            public int parallelism() {
                return url.parallelism();
            }
        };
        assertThat(new PublishedVerifier(key, without).verify().isWhole()).isFalse();
        assertThat(new PublishedVerifier(key, without).withoutBlocks().verify().findings())
                .isEmpty();
    }

    @Test
    void a_mirror_of_the_live_log_has_its_blocks_and_verifies(@TempDir Path directory) throws Exception {
        server.get("physician", "Patient/nobody-of-that-name");
        new LogMirror(log("compliance"), key, directory).run();
        Report report = new PublishedVerifier(key, new LogDirectory(directory)).verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.blocks()).isPositive();
    }

    /** The log with some of its files changed. */
    private static LogFiles changed(LogUrl url, String prefix, UnaryOperator<byte[]> change) {
        return new LogFiles() {
            @Override
            public Optional<byte[]> read(String path, int limit) throws IOException {
                Optional<byte[]> bytes = url.read(path, limit);
                return path.startsWith(prefix) ? bytes.map(change) : bytes;
            }

            @Override
            public int parallelism() {
                return url.parallelism();
            }
        };
    }

    private static byte[] utf8(SignedNote note) {
        return note.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void a_stranger_verifies_the_tiles_and_is_told_that_entries_need_a_token() throws Exception {
        assertThat(new PublishedVerifier(key, log("")).tilesOnly().verify().findings())
                .isEmpty();
        assertThatThrownBy(() -> new PublishedVerifier(key, log("")).verify())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("401")
                .hasMessageContaining("token");
    }

    /** What is served may be older by a moment than what was signed last. */
    private SignedNote handedOut() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.base() + "/ledger/checkpoint"))
                .build();
        return SignedNote.parse(HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body());
    }

    private LogUrl log(String user) {
        return new LogUrl(URI.create(server.base() + "/ledger"), user.isEmpty() ? "" : server.token(user));
    }
}
