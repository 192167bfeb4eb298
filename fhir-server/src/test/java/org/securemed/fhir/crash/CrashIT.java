package org.securemed.fhir.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.crash.LedgerContents.Recorded;
import org.securemed.ledger.checkpoint.SignedNote;

/**
 * {@code kill -9} in the middle of everything, again and again on the same directory. After each restart every answer
 * that a client had received is found in the store and in the ledger, and the two tell the same story.
 *
 * <p>{@code -Dsecuremed.crash.rounds} runs more rounds, {@code -Dsecuremed.crash.seed} the ones of another run.
 */
class CrashIT {
    private static final int ROUNDS = Integer.getInteger("securemed.crash.rounds", 10);
    private static final long SEED = Long.getLong("securemed.crash.seed", System.nanoTime());

    /** In this round PostgreSQL is killed first. */
    private static final int POSTMASTER_ROUND = 4;

    private final Random random = new Random(SEED);
    private final List<Acknowledged> acknowledged = new ArrayList<>();
    private final List<SignedNote> checkpoints = new ArrayList<>();

    @Test
    void what_was_answered_survives_any_kill() throws Exception {
        Path directory = Files.createTempDirectory(
                Files.createDirectories(Path.of("target", "servers")).toAbsolutePath(), "crash");
        ChildServer server = ChildServer.start(directory);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                ProcessHandle postmaster = server.postmaster();
                crash(server, round);
                server = ChildServer.start(directory);
                assertThat(postmaster.isAlive())
                        .as("the PostgreSQL that was left behind is replaced, not joined")
                        .isFalse();
                check(server, directory, round);
            }
        } finally {
            server.close();
        }
        assertThat(ChildServer.isReleased(directory)).isTrue();
    }

    private void crash(ChildServer server, int round) throws Exception {
        MixedLoad load = new MixedLoad(server, 20 + random.nextInt(150));
        load.start();
        load.awaitMiddle();
        if (round == POSTMASTER_ROUND) {
            server.killPostmaster();
            acknowledged.addAll(load.awaitEnd());
            server.kill();
        } else {
            server.kill();
            acknowledged.addAll(load.awaitEnd());
        }
    }

    private void check(ChildServer server, Path directory, int round) throws Exception {
        try (Connection connection = server.database().getConnection()) {
            LedgerContents contents = new LedgerContents(connection, directory);
            SoftAssertions softly = new SoftAssertions();
            List<Recorded> entries = contents.entries();
            everyAnswerIsRecorded(entries, softly);
            everyWriteHasItsEntryAndNoEntryLacksItsWrite(contents, entries, softly);
            softly.assertThat(contents.owners()).as("owner index").isEqualTo(contents.resources());
            softly.assertThat(contents.consentsInForce())
                    .as("consents in force")
                    .isEqualTo(contents.activeConsents());
            softly.assertThat(contents.waiting()).as("left in the outbox").isZero();
            softly.assertThat(contents.verify(checkpoints).findings())
                    .as("verifier")
                    .isEmpty();
            softly.assertAll();
            contents.lastCheckpoint().ifPresent(checkpoints::add);
        } catch (AssertionError e) {
            throw new AssertionError("round %d of seed %d, in %s".formatted(round, SEED, directory), e);
        }
    }

    private void everyAnswerIsRecorded(List<Recorded> entries, SoftAssertions softly) {
        Map<String, List<Recorded>> byRequest = entries.stream().collect(Collectors.groupingBy(Recorded::requestId));
        for (Acknowledged answer : acknowledged) {
            List<Recorded> recorded = byRequest.getOrDefault(answer.requestId(), List.of()).stream()
                    .filter(entry -> entry.op().equals(answer.op()))
                    .toList();
            if (answer.written().isEmpty()) {
                softly.assertThat(recorded)
                        .as("entries of %s", answer)
                        .singleElement()
                        .extracting(Recorded::status)
                        .isEqualTo(answer.status());
            } else {
                softly.assertThat(recorded.stream()
                                .flatMap(entry -> entry.resources().stream())
                                .toList())
                        .as("entries of %s", answer)
                        .containsExactlyInAnyOrderElementsOf(answer.written());
            }
        }
    }

    private void everyWriteHasItsEntryAndNoEntryLacksItsWrite(
            LedgerContents contents, List<Recorded> entries, SoftAssertions softly) throws Exception {
        Set<String> stored = contents.versions();
        Set<String> recorded = new TreeSet<>();
        List<Map.Entry<String, Object>> recordedFor = new ArrayList<>();
        for (Recorded entry : entries) {
            if (entry.isWrite() && entry.status() / 100 == 2) {
                for (String reference : entry.resources()) {
                    recorded.add(reference);
                    recordedFor.add(Map.entry(reference, entry.patient() == null ? "" : entry.patient()));
                }
            }
        }
        softly.assertThat(recorded).as("writes in the ledger").isEqualTo(stored);
        softly.assertThat(LedgerContents.repeated(recordedFor))
                .as("writes recorded twice")
                .isEmpty();
        Set<String> promised = new TreeSet<>();
        acknowledged.forEach(answer -> promised.addAll(answer.written()));
        softly.assertThat(stored).as("acknowledged writes").containsAll(promised);
    }
}
