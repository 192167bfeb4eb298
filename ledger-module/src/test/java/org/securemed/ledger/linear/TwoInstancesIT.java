package org.securemed.ledger.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.securemed.ledger.log.LogFixture.entry;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.log.AppendResult;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Precondition;
import org.securemed.ledger.log.Submission;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.Verifier;

/**
 * Two instances on one database behave as one log and one consent state, by recorded histories with real times. Longer:
 * {@code -Dledger.linear.calls=20000}.
 */
class TwoInstancesIT {
    private static final int CALLS = Integer.getInteger("ledger.linear.calls", 400);
    private static final int CLIENTS = 8;

    private final LogFixture fixture = new LogFixture();
    private final Ledger one = fixture.open();
    private final Ledger two = fixture.open(
            new PostgresLogStore(fixture.database.dataSource()), SigningKey.generate("server-2", new SecureRandom()));
    private final long seed = Long.getLong("ledger.linear.seed", System.nanoTime());

    @AfterEach
    void the_log_is_whole() throws Exception {
        one.close();
        two.close();
        try (Connection connection = fixture.database.dataSource().getConnection()) {
            assertThat(new Verifier(fixture.logKey.verifyKey())
                            .verify(connection)
                            .findings())
                    .as("seed %d", seed)
                    .isEmpty();
        }
        fixture.close();
    }

    /**
     * Of an append the index says where in the order it is, so there is nothing to search: the order is right if no
     * append comes behind one that began after it had answered, and every reading of the size lies between.
     */
    @Test
    void appends_and_readings_of_the_size_have_one_order_that_real_time_agrees_with() throws Exception {
        ConcurrentLinkedQueue<Appended> appends = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Appended> sizes = new ConcurrentLinkedQueue<>();
        all(client -> {
            SplittableRandom random = new SplittableRandom(seed + client);
            for (int i = 0; i < CALLS / CLIENTS; i++) {
                Ledger ledger = random.nextBoolean() ? one : two;
                long start = System.nanoTime();
                if (random.nextInt(4) == 0) {
                    sizes.add(new Appended(ledger.size(), start, System.nanoTime()));
                } else {
                    long index = LogFixture.index(ledger, entry("a"));
                    appends.add(new Appended(index, start, System.nanoTime()));
                }
            }
        });
        List<Appended> order = appends.stream()
                .sorted(Comparator.comparingLong(Appended::index))
                .toList();
        assertThat(order).extracting(Appended::index).doesNotHaveDuplicates();
        // From behind: the earliest answer among what comes later in the log must not precede a start.
        long earliestEnd = Long.MAX_VALUE;
        for (int i = order.size() - 1; i >= 0; i--) {
            assertThat(order.get(i).start())
                    .as("seed %d, index %d", seed, order.get(i).index())
                    .isLessThan(earliestEnd);
            earliestEnd = Math.min(earliestEnd, order.get(i).end());
        }
        for (Appended size : sizes) {
            for (Appended append : order) {
                if (append.end() < size.start()) {
                    assertThat(append.index()).as("seed %d", seed).isLessThan(size.index());
                }
                if (append.start() > size.end()) {
                    assertThat(append.index()).as("seed %d", seed).isGreaterThanOrEqualTo(size.index());
                }
            }
        }
    }

    @Test
    void a_consent_that_was_withdrawn_on_one_instance_lets_nothing_through_on_the_other() throws Exception {
        List<Pseudonym> patients = List.of(new Pseudonym(1, 1), new Pseudonym(2, 2), new Pseudonym(3, 3));
        Map<Pseudonym, AtomicLong> versions = new ConcurrentHashMap<>();
        Map<Pseudonym, ConcurrentLinkedQueue<Operation<Long>>> histories = new ConcurrentHashMap<>();
        for (Pseudonym patient : patients) {
            versions.put(patient, new AtomicLong());
            histories.put(patient, new ConcurrentLinkedQueue<>());
            consent(
                    "insert into ledger.consent_state (version, state_hash, sealed_state, subject)"
                            + " values (?, sha256(''), '\\x00', ?)",
                    0,
                    patient);
        }
        all(client -> {
            SplittableRandom random = new SplittableRandom(seed + client);
            for (int i = 0; i < CALLS / CLIENTS; i++) {
                Ledger ledger = random.nextBoolean() ? one : two;
                Pseudonym patient = patients.get(random.nextInt(patients.size()));
                // One client changes consents, so that versions go up by one, as the contract's do.
                histories
                        .get(patient)
                        .add(
                                client == 0
                                        ? change(ledger, patient, versions.get(patient))
                                        : access(
                                                ledger,
                                                patient,
                                                versions.get(patient).get()));
            }
        });
        for (Pseudonym patient : patients) {
            List<Operation<Long>> history = List.copyOf(histories.get(patient));
            assertThat(Linearizability.order(0L, history))
                    .as("seed %d: %s", seed, history)
                    .isPresent();
            assertThat(history).anyMatch(call -> call.name().startsWith("stale"));
            assertThat(history).anyMatch(call -> call.name().startsWith("let through"));
        }
    }

    @Test
    void one_id_sent_to_both_at_once_is_in_the_log_once() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 50; round++) {
                Submission submission = Submission.of(entry("twice"));
                List<AppendResult> answers = new ArrayList<>();
                List<Callable<AppendResult>> both = List.of(
                        () -> one.append(submission).get(10, TimeUnit.SECONDS),
                        () -> two.append(submission).get(10, TimeUnit.SECONDS));
                for (Future<AppendResult> answer : threads.invokeAll(both)) {
                    answers.add(answer.get());
                }
                assertThat(answers).hasAtLeastOneElementOfType(AppendResult.Appended.class);
                assertThat(answers).hasAtLeastOneElementOfType(AppendResult.Duplicate.class);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** As the server does it: the state and the staged entry in one transaction, then the answer behind the block. */
    private Operation<Long> change(Ledger ledger, Pseudonym patient, AtomicLong version) throws Exception {
        long start = System.nanoTime();
        long next = version.get() + 1;
        Entry entry = entry("consent");
        try (Connection connection = fixture.database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement update =
                    connection.prepareStatement("update ledger.consent_state set version = ? where subject = ?")) {
                update.setLong(1, next);
                update.setBytes(2, patient.toByteArray());
                update.executeUpdate();
            }
            ledger.stage(connection, List.of(entry));
            connection.commit();
        }
        ledger.seal(List.of(entry)).get(10, TimeUnit.SECONDS);
        Operation<Long> change = new Operation<>(
                "change to " + next,
                start,
                System.nanoTime(),
                state -> state == next - 1 ? Optional.of(next) : Optional.empty());
        version.set(next);
        return change;
    }

    private static Operation<Long> access(Ledger ledger, Pseudonym patient, long used) throws Exception {
        long start = System.nanoTime();
        AppendResult answer = ledger.append(
                        Submission.of(List.of(entry("reader")), List.of(new Precondition(patient, used))))
                .get(10, TimeUnit.SECONDS);
        boolean through = answer instanceof AppendResult.Appended;
        return new Operation<>(
                (through ? "let through with " : "stale with ") + used,
                start,
                System.nanoTime(),
                state -> (state == used) == through ? Optional.of(state) : Optional.empty());
    }

    private void consent(String sql, long version, Pseudonym patient) throws Exception {
        try (Connection connection = fixture.database.dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, version);
            statement.setBytes(2, patient.toByteArray());
            statement.executeUpdate();
        }
    }

    private static void all(Work work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Callable<Void>> clients = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                int number = client;
                clients.add(() -> {
                    work.run(number);
                    return null;
                });
            }
            for (Future<Void> client : threads.invokeAll(clients)) {
                client.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private record Appended(long index, long start, long end) {}

    private interface Work {
        void run(int client) throws Exception;
    }
}
