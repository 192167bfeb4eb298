package org.securemed.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one run of {@link Bench} does.
 *
 * @param patients how many patients both servers hold
 * @param clients numbers of clients, each in a closed loop: the next request leaves when the answer has arrived
 * @param rounds rounds of each server for each operation and number of clients
 * @param round length of a round; in a run with a budget the longest that it may be
 * @param warmUp load on each server for each operation before anything is measured; with a budget the longest
 * @param startUps how often the start-up of each server is measured, alone on the machine; 0 for not at all
 * @param budget time from the start of the JVM by which the measuring ends, {@link Duration#ZERO} for as long as it
 *     takes
 * @param operations what is measured
 * @param output file to which the JSON lines go as well, absent if none
 */
record Options(
        int patients,
        List<Integer> clients,
        int rounds,
        Duration round,
        Duration warmUp,
        int startUps,
        Duration budget,
        List<Operation> operations,
        @Nullable Path output) {

    static final String USAGE = """
            usage: ./dev bench [--quick] [options]
              --quick             ends in under two minutes, start-up included; for an impression
              --patients <n>      patients on both servers (10 with --quick, else 100)
              --clients <n,n>     numbers of clients, in this order (8,1: the servers get warm under the first)
              --rounds <n>        rounds of each server (5 with --quick, else 7)
              --seconds <n>       length of a round (0.45 with --quick, else 5)
              --warm-up <n>       seconds of warm-up for each operation (2 with --quick, else 20)
              --start-ups <n>     start-ups of each server, alone on the machine (0 with --quick, else 3)
              --operations <a,b>  of %s
              --output <file>     write the JSON lines there as well
            """.formatted(String.join(
            ", ", Stream.of(Operation.values()).map(Operation::label).toList()));

    static final Options FULL = new Options(
            100,
            List.of(8, 1),
            7,
            Duration.ofSeconds(5),
            Duration.ofSeconds(20),
            3,
            Duration.ZERO,
            List.of(Operation.values()),
            null);

    static final Options QUICK = new Options(
            10,
            List.of(8, 1),
            5,
            Duration.ofMillis(450),
            Duration.ofSeconds(2),
            0,
            Duration.ofSeconds(85),
            List.of(Operation.values()),
            null);

    Options {
        requirePositive(patients, "patients");
        requirePositive(rounds, "rounds");
        requirePositive(round.toMillis(), "seconds");
        clients.forEach(count -> requirePositive(count, "clients"));
        if (startUps < 0) {
            throw new IllegalArgumentException("start-ups cannot be negative");
        }
        if (clients.stream().anyMatch(count -> count > patients)) {
            // Clients update patients of their own, so that none waits for another's version.
            throw new IllegalArgumentException("there have to be at least as many patients as clients");
        }
        clients = List.copyOf(clients);
        operations = List.copyOf(operations);
    }

    /** With how many clients the servers are warmed up. */
    int warmUpClients() {
        return clients.stream().mapToInt(Integer::intValue).max().orElse(1);
    }

    /**
     * Reads the command line.
     *
     * @throws IllegalArgumentException if an option is unknown or its value is not what it takes
     */
    static Options parse(String... args) {
        Deque<String> rest = new ArrayDeque<>(Arrays.asList(args));
        Options options = rest.remove("--quick") ? QUICK : FULL;
        while (!rest.isEmpty()) {
            String name = rest.removeFirst();
            if (rest.isEmpty()) {
                throw new IllegalArgumentException("unknown option, or no value given: " + name);
            }
            options = options.with(name, rest.removeFirst());
        }
        return options;
    }

    private Options with(String name, String value) {
        return switch (name) {
            case "--patients" ->
                new Options(
                        Integer.parseInt(value), clients, rounds, round, warmUp, startUps, budget, operations, output);
            case "--clients" ->
                new Options(
                        patients,
                        Stream.of(value.split(",")).map(Integer::valueOf).toList(),
                        rounds,
                        round,
                        warmUp,
                        startUps,
                        budget,
                        operations,
                        output);
            case "--rounds" ->
                new Options(
                        patients,
                        clients,
                        Integer.parseInt(value),
                        round,
                        warmUp,
                        startUps,
                        budget,
                        operations,
                        output);
            case "--seconds" ->
                new Options(patients, clients, rounds, seconds(value), warmUp, startUps, budget, operations, output);
            case "--warm-up" ->
                new Options(patients, clients, rounds, round, seconds(value), startUps, budget, operations, output);
            case "--start-ups" ->
                new Options(
                        patients, clients, rounds, round, warmUp, Integer.parseInt(value), budget, operations, output);
            case "--operations" ->
                new Options(
                        patients,
                        clients,
                        rounds,
                        round,
                        warmUp,
                        startUps,
                        budget,
                        Stream.of(value.split(",")).map(Operation::labelled).toList(),
                        output);
            case "--output" ->
                new Options(patients, clients, rounds, round, warmUp, startUps, budget, operations, Path.of(value));
            default -> throw new IllegalArgumentException("unknown option: " + name);
        };
    }

    private static Duration seconds(String value) {
        return Duration.ofMillis(Math.round(Double.parseDouble(value) * 1000));
    }

    private static void requirePositive(long value, String name) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " has to be positive");
        }
    }
}
