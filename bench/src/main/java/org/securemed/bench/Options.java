package org.securemed.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
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
 * @param rivals what ours is measured against
 * @param operations what is measured
 * @param jvmFlags of both servers
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
        List<Rival> rivals,
        List<Operation> operations,
        List<String> jvmFlags,
        @Nullable Path output) {

    static final String USAGE = """
            usage: ./dev bench [--quick] [options]
              --quick             ends in under two minutes, start-up included; for an impression
              --patients <n>      patients on both servers (8 with --quick, else 100)
              --clients <n,n>     numbers of clients, in this order (8,1: the servers get warm under the first)
              --rounds <n>        rounds of each server (5 with --quick, else 7)
              --seconds <n>       length of a round (0.45 with --quick, else 5)
              --warm-up <n>       seconds of warm-up for each operation (2 with --quick, else 20)
              --start-ups <n>     start-ups of each server, alone on the machine (0 with --quick, else 3)
              --rivals <a,b>      of plain, balp (plain with --quick, else both; start-ups are compared with the first)
              --operations <a,b>  of %s
              --jvm <flag,flag>   further flags of both servers
              --output <file>     write the JSON lines there as well
            """.formatted(String.join(
            ", ", Stream.of(Operation.values()).map(Operation::label).toList()));

    private static final Set<String> NAMES = Set.of(
            "--patients",
            "--clients",
            "--rounds",
            "--seconds",
            "--warm-up",
            "--start-ups",
            "--rivals",
            "--operations",
            "--jvm",
            "--output");

    private static final List<String> JVM_FLAGS = List.of("-Xms1g", "-Xmx1g", "-Duser.timezone=UTC");

    static final Options FULL = new Options(
            100,
            List.of(8, 1),
            7,
            Duration.ofSeconds(5),
            Duration.ofSeconds(20),
            3,
            Duration.ZERO,
            List.of(Rival.values()),
            List.of(Operation.values()),
            JVM_FLAGS,
            null);

    /**
     * The optimizing compiler needs minutes of load before its work is done, and would be what a quick run measures: so
     * both servers do without it there.
     */
    static final Options QUICK = new Options(
            8,
            List.of(8, 1),
            5,
            Duration.ofMillis(450),
            Duration.ofSeconds(2),
            0,
            Duration.ofSeconds(85),
            List.of(Rival.PLAIN),
            List.of(Operation.values()),
            Stream.concat(JVM_FLAGS.stream(), Stream.of("-XX:TieredStopAtLevel=1"))
                    .toList(),
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
        rivals = List.copyOf(rivals);
        operations = List.copyOf(operations);
        jvmFlags = List.copyOf(jvmFlags);
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
        Options base = rest.remove("--quick") ? QUICK : FULL;
        Map<String, String> given = new HashMap<>();
        while (!rest.isEmpty()) {
            String name = rest.removeFirst();
            if (!NAMES.contains(name) || rest.isEmpty()) {
                throw new IllegalArgumentException("unknown option, or no value given: " + name);
            }
            given.put(name, rest.removeFirst());
        }
        return base.with(name -> Optional.ofNullable(given.get(name)));
    }

    private Options with(Function<String, Optional<String>> given) {
        return new Options(
                given.apply("--patients").map(Integer::valueOf).orElse(patients),
                given.apply("--clients")
                        .map(list -> list(list, Integer::valueOf))
                        .orElse(clients),
                given.apply("--rounds").map(Integer::valueOf).orElse(rounds),
                given.apply("--seconds").map(Options::seconds).orElse(round),
                given.apply("--warm-up").map(Options::seconds).orElse(warmUp),
                given.apply("--start-ups").map(Integer::valueOf).orElse(startUps),
                budget,
                given.apply("--rivals").map(list -> list(list, Rival::labelled)).orElse(rivals),
                given.apply("--operations")
                        .map(list -> list(list, Operation::labelled))
                        .orElse(operations),
                given.apply("--jvm").map(flags -> append(jvmFlags, flags)).orElse(jvmFlags),
                given.apply("--output").map(Path::of).orElse(output));
    }

    private static <T> List<T> list(String values, Function<String, T> parse) {
        return Stream.of(values.split(",", -1)).map(parse).toList();
    }

    private static List<String> append(List<String> flags, String more) {
        return Stream.concat(flags.stream(), Stream.of(more.split(","))).toList();
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
