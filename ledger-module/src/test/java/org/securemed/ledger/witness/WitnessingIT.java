package org.securemed.ledger.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.securemed.ledger.log.LogFixture.entry;
import static org.securemed.ledger.log.LogFixture.index;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.policy.TrustPolicy;

/** A log and its witnesses over HTTP. */
class WitnessingIT {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final LogFixture fixture = new LogFixture();
    private final List<String> alarms = new CopyOnWriteArrayList<>();
    private final List<WitnessServer> servers = new ArrayList<>();
    private final List<CosignKey> keys = List.of(
            CosignKey.ed25519(SigningKey.generate("a.example/w", RANDOM)),
            CosignKey.ed25519(SigningKey.generate("b.example/w", RANDOM)),
            CosignKey.generate("c.example/w", RANDOM));
    private Instant now = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        servers.forEach(WitnessServer::close);
        fixture.close();
    }

    @Test
    void a_checkpoint_gets_the_cosignatures_of_all_and_passes_a_policy_that_demands_them() throws Exception {
        startWitnesses(3);
        try (Ledger ledger = fixture.open();
                Witnessing witnessing = witnessing(ledger, policy(3))) {
            for (int round = 0; round < 3; round++) {
                index(ledger, entry("a"));
                ledger.publishCheckpoint();
                witnessing.round();
                SignedNote note = witnessing.witnessed().orElseThrow();
                assertThat(policy(3).verify(note).size()).isEqualTo(ledger.size());
            }
            assertThat(witnessing.status().isTimely()).isTrue();
            assertThat(witnessing.status().troubles()).isEmpty();
            assertThat(ledger.cosignatures(ledger.size())).hasSize(3);
            try (Witnessing another = witnessing(ledger, policy(3))) {
                // What is stored is enough for an instance that asks nobody itself.
                stopWitnesses();
                another.round();
                assertThat(policy(3).verify(another.witnessed().orElseThrow()).size())
                        .isEqualTo(ledger.size());
            }
        }
        assertThat(alarms).isEmpty();
    }

    @Test
    void two_of_three_are_enough_for_a_quorum_of_two_and_not_for_one_of_three() throws Exception {
        startWitnesses(3);
        servers.get(1).close();
        try (Ledger ledger = fixture.open();
                Witnessing two = witnessing(ledger, policy(2));
                Witnessing three = witnessing(ledger, policy(3))) {
            two.round();
            three.round();
            assertThat(two.witnessed()).isPresent();
            assertThat(three.witnessed()).isEmpty();
            assertThat(two.status().troubles()).containsOnlyKeys("W1");
        }
    }

    @Test
    void a_minute_without_quorum_raises_one_alarm_and_the_next_quorum_ends_it() throws Exception {
        startWitnesses(1);
        InetSocketAddress address = servers.get(0).address();
        servers.get(0).close();
        try (Ledger ledger = fixture.open();
                Witnessing witnessing = witnessing(ledger, policy(1))) {
            witnessing.round();
            now = now.plusSeconds(60);
            witnessing.round();
            assertThat(alarms).isEmpty();
            assertThat(witnessing.status().isTimely()).isTrue();
            now = now.plusSeconds(1);
            witnessing.round();
            witnessing.round();
            assertThat(alarms).singleElement().asString().startsWith("witness-quorum-missing");
            assertThat(witnessing.status().isTimely()).isFalse();
            servers.add(WitnessServer.start(witness(0), address));
            witnessing.round();
            assertThat(witnessing.status().isTimely()).isTrue();
        }
    }

    @Test
    void a_log_key_that_signed_another_tree_elsewhere_is_caught_by_both_sides() throws Exception {
        startWitnesses(1);
        try (Ledger ledger = fixture.open();
                Witnessing witnessing = witnessing(ledger, policy(1))) {
            index(ledger, entry("a"));
            ledger.publishCheckpoint();
            // Whoever has the key shows the witness another log of the same size, first.
            Checkpoint forked = new Checkpoint(LogFixture.ORIGIN, ledger.size(), TreeHash.sha256(new byte[] {1}));
            assertThat(post(new WitnessRequest(0, List.of(), forked.sign(fixture.logKey)).toString())
                            .statusCode())
                    .isEqualTo(200);
            witnessing.round();
            assertThat(alarms).anyMatch(alarm -> alarm.startsWith("equivocation"));
            assertThat(witnessing.status().equivocations()).isEqualTo(1);
            assertThat(witnessing.witnessed()).isEmpty();
            String evidence = get("/evidence").body();
            assertThat(evidence).contains(forked.body());
            assertThat(evidence).contains(ledger.checkpoint().orElseThrow().toString());
        }
    }

    @Test
    void a_witness_that_has_seen_more_of_the_log_than_there_is_raises_an_alarm() throws Exception {
        startWitnesses(1);
        try (Ledger ledger = fixture.open();
                Witnessing witnessing = witnessing(ledger, policy(1))) {
            Checkpoint future = new Checkpoint(LogFixture.ORIGIN, 1_000, TreeHash.sha256(new byte[] {1}));
            post(new WitnessRequest(0, List.of(), future.sign(fixture.logKey)).toString());
            witnessing.round();
            assertThat(alarms).anyMatch(alarm -> alarm.startsWith("witness-ahead"));
            // What this log will be at that size nobody knows yet.
            assertThat(witnessing.status().equivocations()).isZero();
        }
    }

    @Test
    void a_smaller_tree_that_this_one_never_was_is_evidence_that_anybody_can_check() throws Exception {
        startWitnesses(1);
        for (int shown : new int[] {2, 3}) {
            try (Ledger ledger = fixture.open();
                    Witnessing witnessing = witnessing(ledger, policy(1))) {
                while (ledger.size() < shown + 4) {
                    index(ledger, entry("a"));
                }
                ledger.publishCheckpoint();
                Checkpoint forked =
                        new Checkpoint(LogFixture.ORIGIN, shown, TreeHash.sha256(new byte[] {(byte) shown}));
                if (shown == 2) {
                    post(new WitnessRequest(0, List.of(), forked.sign(fixture.logKey)).toString());
                    witnessing.round();
                    assertThat(alarms).anyMatch(alarm -> alarm.startsWith("equivocation"));
                    Equivocation kept = witnessing.equivocations().all().get(0);
                    assertThat(Checkpoint.verify(kept.one(), fixture.logKey.verifyKey()))
                            .isEqualTo(forked);
                    assertThat(kept.prefixRoot()).isEqualTo(ledger.rootOf(shown).orElseThrow());
                    assertThat(kept.path()).isNotEmpty();
                }
                Hash before = ledger.rootOf(shown).orElseThrow();
                List<Hash> path = ledger.consistencyProof(shown, ledger.size()).path();
                SignedNote ours = ledger.checkpoint().orElseThrow();
                assertThatNoException()
                        .isThrownBy(() -> new Equivocation(forked.sign(fixture.logKey), ours, before, path));
                SignedNote same = new Checkpoint(LogFixture.ORIGIN, shown, before).sign(fixture.logKey);
                assertThatIllegalArgumentException().isThrownBy(() -> new Equivocation(same, ours, before, path));
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> new Equivocation(
                                forked.sign(fixture.logKey), ours, TreeHash.sha256(new byte[] {9}), path));
            }
        }
    }

    @Test
    void a_witness_answers_nonsense_with_400_and_other_addresses_with_404() throws Exception {
        startWitnesses(1);
        assertThat(post("nonsense").statusCode()).isEqualTo(400);
        assertThat(post("x".repeat(WitnessRequest.MAX_BYTES + 10)).statusCode()).isEqualTo(400);
        assertThat(get("/add-checkpoint").statusCode()).isEqualTo(405);
        assertThat(get("/elsewhere").statusCode()).isEqualTo(404);
        String monitored = "/" + CosigningWitness.originHash(LogFixture.ORIGIN) + "/checkpoint";
        assertThat(get(monitored).statusCode()).isEqualTo(404);
        Checkpoint checkpoint = new Checkpoint(LogFixture.ORIGIN, 3, TreeHash.sha256(new byte[] {1}));
        HttpResponse<String> cosigned =
                post(new WitnessRequest(0, List.of(), checkpoint.sign(fixture.logKey)).toString());
        assertThat(cosigned.body()).startsWith("— a.example/w ").endsWith("\n");
        HttpResponse<String> conflict =
                post(new WitnessRequest(2, List.of(), checkpoint.sign(fixture.logKey)).toString());
        assertThat(conflict.statusCode()).isEqualTo(409);
        assertThat(conflict.body()).isEqualTo("3\n");
        assertThat(conflict.headers().firstValue("Content-Type")).contains("text/x.tlog.size");
        assertThat(get(monitored).body()).contains(checkpoint.body());
    }

    private void startWitnesses(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            servers.add(WitnessServer.start(witness(i), new InetSocketAddress("localhost", 0)));
        }
    }

    private void stopWitnesses() {
        servers.forEach(WitnessServer::close);
    }

    private CosigningWitness witness(int number) {
        return new CosigningWitness(
                directory.resolve("witness" + number),
                List.of(fixture.logKey.verifyKey()),
                List.of(keys.get(number)),
                Clock.systemUTC());
    }

    /** All witnesses that run, of whom so many are demanded. */
    private TrustPolicy policy(int quorum) throws Exception {
        StringBuilder text = new StringBuilder("log " + fixture.logKey.verifyKey() + "\n");
        StringBuilder names = new StringBuilder();
        for (int i = 0; i < servers.size(); i++) {
            text.append("witness W%d %s http://localhost:%d/\n"
                    .formatted(
                            i, keys.get(i).verifyKey(), servers.get(i).address().getPort()));
            names.append(" W").append(i);
        }
        text.append("group Q %d%s\nquorum Q\n".formatted(quorum, names));
        return TrustPolicy.parse(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private Witnessing witnessing(Ledger ledger, TrustPolicy policy) {
        return new Witnessing(
                ledger,
                policy,
                new Equivocations(directory.resolve("evidence")),
                Duration.ofMinutes(1),
                new Clock() {
                    @Override
                    public java.time.ZoneId getZone() {
                        return ZoneOffset.UTC;
                    }

                    @Override
                    public Clock withZone(java.time.ZoneId zone) {
                        return this;
                    }

                    @Override
                    public Instant instant() {
                        return now;
                    }
                },
                (code, detail) -> alarms.add(code + ": " + detail));
    }

    private HttpResponse<String> post(String body) throws Exception {
        return send(HttpRequest.newBuilder(uri("/add-checkpoint")).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://localhost:" + servers.get(0).address().getPort() + path);
    }
}
