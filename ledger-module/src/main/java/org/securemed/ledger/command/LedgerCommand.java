package org.securemed.ledger.command;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.Map;
import org.securemed.ledger.verify.VerifyCommand;

/**
 * {@code java -jar ledger-verify.jar}: verifies, unless the first word is {@code export} or {@code import}.
 *
 * @see VerifyCommand
 * @see TransferCommand
 */
public final class LedgerCommand {
    private LedgerCommand() {}

    /** Runs the command and ends the JVM with its status. */
    public static void main(String[] arguments) {
        System.exit(run(System.out, System.err, System.getenv(), System.console() != null, arguments));
    }

    static int run(
            PrintStream out, PrintStream err, Map<String, String> environment, boolean terminal, String... arguments) {
        String first = arguments.length == 0 ? "" : arguments[0];
        if (first.equals("export") || first.equals("import")) {
            return new TransferCommand(out, err, environment).run(arguments);
        }
        VerifyCommand verify = new VerifyCommand(out, err, environment, terminal);
        if (first.equals("verify")) {
            return verify.run(Arrays.copyOfRange(arguments, 1, arguments.length));
        }
        int status = verify.run(arguments);
        if (Arrays.asList(arguments).contains("--help")) {
            out.println();
            out.print(TransferCommand.USAGE);
        }
        return status;
    }
}
