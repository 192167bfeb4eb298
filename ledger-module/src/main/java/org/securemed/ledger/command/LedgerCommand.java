package org.securemed.ledger.command;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.Map;
import org.securemed.ledger.verify.VerifyCommand;

/**
 * {@code java -jar ledger-verify.jar}: verifies, unless the first word is {@code export}, {@code import},
 * {@code mirror}, {@code keys} or {@code witness}.
 *
 * @see VerifyCommand
 * @see TransferCommand
 */
public final class LedgerCommand {
    private LedgerCommand() {}

    /** Runs the command and ends the JVM with its status. */
    public static void main(String[] arguments) {
        if (arguments.length > 0 && arguments[0].equals("witness")) {
            int status = WitnessCommand.run(System.out, System.err, System.getenv(), rest(arguments));
            if (status != 0) {
                System.exit(status);
            }
            // It goes on answering in threads of its own.
            return;
        }
        System.exit(run(System.out, System.err, System.getenv(), System.console() != null, arguments));
    }

    static int run(
            PrintStream out, PrintStream err, Map<String, String> environment, boolean terminal, String... arguments) {
        String first = arguments.length == 0 ? "" : arguments[0];
        if (first.equals("export") || first.equals("import")) {
            return new TransferCommand(out, err, environment).run(arguments);
        }
        if (first.equals("keys")) {
            return new KeysCommand(out, err, environment).run(rest(arguments));
        }
        if (first.equals("mirror")) {
            return new MirrorCommand(out, err, environment).run(rest(arguments));
        }
        VerifyCommand verify = new VerifyCommand(out, err, environment, terminal);
        if (first.equals("verify")) {
            return verify.run(rest(arguments));
        }
        int status = verify.run(arguments);
        if (Arrays.asList(arguments).contains("--help")) {
            out.println();
            out.print(TransferCommand.USAGE);
            out.println();
            out.print(MirrorCommand.USAGE);
            out.println();
            out.print(KeysCommand.USAGE);
            out.println();
            out.print(WitnessCommand.USAGE);
        }
        return status;
    }

    private static String[] rest(String... arguments) {
        return Arrays.copyOfRange(arguments, 1, arguments.length);
    }
}
