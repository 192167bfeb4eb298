package org.securemed.fhir.transparency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.fhir.server.TestServer;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.EntryBundle;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.policy.TrustPolicy;

/** The log over HTTP, as a stranger finds it. */
class PublishedLogIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private final TestServer server = TestServer.shared();
    private final VerifyKey key = server.bean(Ledger.class).logKey();

    @Test
    void the_bundles_and_tiles_lead_to_the_root_of_the_signed_checkpoint() throws Exception {
        Checkpoint checkpoint = checkpoint();
        Frontier.Builder tree = Frontier.EMPTY.extend();
        for (long bundle = 0; bundle * Tile.WIDTH < checkpoint.size(); bundle++) {
            int width = (int) Math.min(Tile.WIDTH, checkpoint.size() - bundle * Tile.WIDTH);
            byte[] hashes = ok(get(new TilePath(0, bundle, width).toString()));
            byte[] entries = ok(get(new TilePath(TilePath.ENTRIES, bundle, width).toString(), "compliance"));
            List<Hash> leaves = EntryBundle.parse(entries, width).stream()
                    .map(TreeHash::leaf)
                    .toList();
            assertThat(leaves).isEqualTo(Tile.split(hashes));
            leaves.forEach(tree::add);
        }
        assertThat(tree.root()).isEqualTo(checkpoint.root());
    }

    @Test
    void the_log_says_who_it_is_and_what_it_says_may_be_cached_for_a_moment() throws Exception {
        HttpResponse<byte[]> answer = send(get("checkpoint"));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(header(answer, "Content-Type")).isEqualToIgnoringCase("text/plain;charset=utf-8");
        assertThat(header(answer, "Cache-Control")).contains("max-age=1").contains("public");
        assertThat(header(answer, "Content-Security-Policy")).contains("default-src 'none'");
        assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(new String(ok(get("log.vkey")), StandardCharsets.US_ASCII)).isEqualTo(key + "\n");
    }

    @Test
    void what_is_served_is_cosigned_by_a_witness_and_so_are_receipts() throws Exception {
        TrustPolicy policy =
                TrustPolicy.parse(Files.readAllBytes(server.directory().resolve("witnesses.policy")));
        grown(3);
        await().untilAsserted(() -> {
            SignedNote note = SignedNote.parse(ok(get("checkpoint")));
            assertThat(policy.verify(note).size()).isPositive();
        });
        TlogProof receipt = TlogProof.parse(ok(get("receipt/1")));
        assertThat(policy.verify(receipt.checkpoint()).size()).isPositive();
        String witnesses = new String(ok(get("witnesses")), StandardCharsets.UTF_8);
        assertThat(witnesses)
                .contains("\"witnessed\":true")
                .contains("\"timely\":true")
                .contains("\"evidence\":[]");
    }

    @Test
    void tiles_are_immutable_and_full_and_partial_ones_are_served() throws Exception {
        Checkpoint checkpoint = grown(Tile.WIDTH + 3);
        HttpResponse<byte[]> full = send(get("tile/0/000"));
        assertThat(full.body()).hasSize(8_192);
        assertThat(header(full, "Content-Type")).isEqualTo("application/octet-stream");
        assertThat(header(full, "Cache-Control")).contains("immutable").contains("public");
        assertThat(ok(get("tile/0/001.p/3"))).hasSize(3 * 32);
        assertThat(ok(get("tile/1/000.p/1")))
                .isEqualTo(Tile.of(0, 0, full.body()).root().toByteArray());
        int beyond = (int) (checkpoint.size() / Tile.WIDTH) + 2;
        assertThat(send(get(new TilePath(0, beyond, Tile.WIDTH).toString())).statusCode())
                .isEqualTo(404);
    }

    @Test
    void an_etag_saves_the_body_and_a_head_request_has_none() throws Exception {
        grown(2);
        HttpResponse<byte[]> tile = send(get("tile/0/000.p/2"));
        String tag = header(tile, "ETag");
        HttpResponse<byte[]> again = send(get("tile/0/000.p/2").header("If-None-Match", tag));
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        HttpResponse<byte[]> head = send(get("tile/0/000.p/2").method("HEAD", BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(header(head, "ETag")).isEqualTo(tag);
        assertThat(header(head, "Content-Length")).isEqualTo("64");
    }

    @Test
    void entries_are_for_auditors_only() throws Exception {
        grown(2);
        for (String path : List.of("tile/entries/000.p/2", "block/000.p/2", "entry/1")) {
            HttpResponse<byte[]> stranger = send(get(path));
            assertThat(stranger.statusCode()).as(path).isEqualTo(401);
            assertThat(header(stranger, "WWW-Authenticate")).isEqualTo("Bearer");
            assertThat(header(stranger, "Content-Type")).startsWith("application/problem+json");
            for (String user : List.of("physician", "patient", "administrator", "nurse")) {
                assertThat(send(get(path, user)).statusCode()).as(user).isEqualTo(403);
            }
            assertThat(send(get(path, "backend")).statusCode()).isEqualTo(200);
            HttpResponse<byte[]> auditor = send(get(path, "compliance"));
            assertThat(auditor.statusCode()).isEqualTo(200);
            assertThat(header(auditor, "Cache-Control")).contains("private").contains("immutable");
        }
        HttpResponse<byte[]> forged = send(get("entry/1").header("Authorization", "Bearer x.y.z"));
        assertThat(forged.statusCode()).isEqualTo(401);
    }

    @Test
    void bundles_are_packed_for_those_who_accept_it() throws Exception {
        grown(5);
        byte[] plain = ok(get("tile/entries/000.p/5", "compliance").header("Accept-Encoding", "identity"));
        HttpResponse<byte[]> packed =
                send(get("tile/entries/000.p/5", "compliance").header("Accept-Encoding", "br, gzip;q=0.5"));
        assertThat(header(packed, "Content-Encoding")).isEqualTo("gzip");
        assertThat(String.join(", ", packed.headers().allValues("Vary"))).contains("Accept-Encoding");
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed.body()))) {
            assertThat(in.readAllBytes()).isEqualTo(plain);
        }
        assertThat(packed.body().length).isLessThan(plain.length);
    }

    @Test
    void an_entry_and_its_receipt_verify_offline() throws Exception {
        Checkpoint checkpoint = grown(3);
        long index = checkpoint.size() - 1;
        byte[] entry = ok(get("entry/" + index, "compliance"));
        TlogProof receipt = TlogProof.parse(ok(get("receipt/" + index)));
        assertThat(receipt.index()).isEqualTo(index);
        assertThat(receipt.verify(TreeHash.leaf(entry), key).size()).isGreaterThanOrEqualTo(checkpoint.size());

        String id = Entry.parse(entry).id().toString();
        assertThat(TlogProof.parse(ok(get("receipt/" + id, "compliance"))).index())
                .isEqualTo(index);
        assertThat(send(get("receipt/" + id)).statusCode()).isEqualTo(401);
        assertThat(send(get("receipt/" + id, "physician")).statusCode()).isEqualTo(403);
    }

    @Test
    void a_request_is_under_a_checkpoint_within_two_seconds() throws Exception {
        long before = checkpoint().size();
        assertThat(server.get("physician", "metadata").status()).isEqualTo(200);
        assertThat(server.get("physician", "Patient/nobody-of-that-name").status())
                .isEqualTo(404);
        await().atMost(Duration.ofSeconds(2))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> checkpoint().size() > before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "checkpoint/",
                "checkpoint?x=1",
                "Checkpoint",
                "%63heckpoint",
                "tile/0/000.p/0",
                "tile/0/000.p/256",
                "tile/0/000.p/01",
                "tile/0/0",
                "tile/0/x000/000",
                "tile/00/000",
                "tile/8/000",
                "tile/-1/000",
                "tile/0/000.p/1/",
                "tile/0/000.p/1?a",
                "tile/0/x999/x999/x999/x999/x999/999",
                "tile/0/x001/x999/x999/x999/x999/x999/999",
                "receipt/01",
                "receipt/-1",
                "receipt/999999999999999999",
                "receipt/9999999999999999999",
                "log.vkey/",
                "anything",
                "block/0",
                "block/000.p/0",
                "block/000.p/1?a",
                "block/x999/x999/x999/x999/x999/999"
            })
    void every_other_address_is_not_found(String path) throws Exception {
        grown(2);
        HttpResponse<byte[]> answer = send(get(path));
        assertThat(answer.statusCode()).as(path).isIn(404, 401);
        assertThat(header(answer, "Content-Type")).startsWith("application/problem+json");
        assertThat(header(answer, "Cache-Control")).contains("no-store");
    }

    @Test
    void nothing_can_be_written() throws Exception {
        for (String method : List.of("POST", "PUT", "DELETE", "PATCH")) {
            HttpResponse<byte[]> answer = send(get("checkpoint").method(method, BodyPublishers.ofString("x")));
            assertThat(answer.statusCode()).as(method).isEqualTo(405);
            assertThat(header(answer, "Content-Type")).startsWith("application/problem+json");
        }
    }

    @Test
    void pages_of_any_origin_may_read_what_is_public_and_nothing_else() throws Exception {
        grown(2);
        HttpResponse<byte[]> open = send(get("tile/0/000.p/2").header("Origin", "https://verifier.example"));
        assertThat(header(open, "Access-Control-Allow-Origin")).isEqualTo("*");
        HttpResponse<byte[]> closed = send(get("entry/1", "compliance").header("Origin", "https://verifier.example"));
        assertThat(closed.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    }

    /** A checkpoint of at least so many entries. */
    private Checkpoint grown(int size) throws Exception {
        while (server.bean(Ledger.class).size() < size) {
            server.get("physician", "Patient/nobody-of-that-name");
        }
        await().atMost(Duration.ofSeconds(5)).until(() -> checkpoint().size() >= size);
        return checkpoint();
    }

    private Checkpoint checkpoint() throws Exception {
        return Checkpoint.verify(SignedNote.parse(ok(get("checkpoint"))), key);
    }

    private HttpRequest.Builder get(String path) {
        return HttpRequest.newBuilder(URI.create(server.base() + "/ledger/" + path))
                .timeout(Duration.ofSeconds(30));
    }

    private HttpRequest.Builder get(String path, String user) {
        return get(path).header("Authorization", "Bearer " + server.token(user));
    }

    private static byte[] ok(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = send(request);
        assertThat(answer.statusCode()).as(request.build().uri().toString()).isEqualTo(200);
        return answer.body();
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.build(), BodyHandlers.ofByteArray());
    }

    private static String header(HttpResponse<byte[]> answer, String name) {
        return answer.headers().firstValue(name).orElse("(no " + name + ")");
    }
}
