package org.securemed.card;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.securemed.card.emergency.EmergencyKeyCommand;
import org.securemed.card.identify.IdentifyCommand;
import org.securemed.card.reader.agent.ReaderCommand;
import org.securemed.card.server.ServeCommand;

/**
 * The program: {@code java -jar smart-card-bridge.jar <command> [options]}. Exit codes are the command's own; {@code 2}
 * says that it was called wrongly.
 */
public final class SmartCardBridge {
    /** Exit code of a call that cannot be understood. */
    public static final int USAGE = 2;

    private static final Map<String, Command> COMMANDS = new TreeMap<>(Map.of(
            "emergency-key", new EmergencyKeyCommand(),
            "identify", new IdentifyCommand(),
            "reader", new ReaderCommand(),
            "serve", new ServeCommand()));

    private SmartCardBridge() {}

    /**
     * Runs a command; returns while the command's own threads go on, exits otherwise.
     *
     * @param args name of the command, then its options
     */
    public static void main(String[] args) {
        int code = run(Arrays.asList(args), System.out, System.err);
        if (code != Command.RUNNING) {
            System.exit(code);
        }
    }

    /**
     * Runs a command.
     *
     * @return its exit code, {@link Command#RUNNING} if it goes on in threads of its own
     */
    static int run(List<String> args, PrintStream out, PrintStream err) {
        Command command = args.isEmpty() ? null : COMMANDS.get(args.get(0));
        if (command == null) {
            err.println("usage: java -jar smart-card-bridge.jar <command> [options]");
            err.println(COMMANDS.entrySet().stream()
                    .map(entry -> "  %-14s %s"
                            .formatted(entry.getKey(), entry.getValue().summary()))
                    .collect(Collectors.joining(System.lineSeparator())));
            return USAGE;
        }
        return command.run(args.subList(1, args.size()), out, err);
    }
}
