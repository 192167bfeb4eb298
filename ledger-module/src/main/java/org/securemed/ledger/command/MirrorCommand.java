package org.securemed.ledger.command;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.files.LogMirror;
import org.securemed.ledger.files.LogUrl;
import org.securemed.ledger.log.LogCorruptException;

/** Mirrors a live log. Exit status 0: up to date; 1: the log is not what it should be; 2: could not be tried. */
final class MirrorCommand {
    static final String USAGE = """
            mirror: keeps a copy of a live log, with its sealed entries, in a directory; run it again to bring it up to
            date, or to go on where it was broken off:

              mirror --url URL --key VKEY|@FILE --to DIR --token-env NAME

            NAME is the environment variable with an auditor's access token, without which there are no entries. The
            copy verifies like an export. A checkpoint that does not extend the copy is kept there as "refused".

            Exit status: 0 up to date, 1 the log is not what was signed or not what it was, 2 could not be tried.
            """;
    private static final Set<String> KNOWN = Set.of("--url", "--key", "--to", "--token-env");

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;

    MirrorCommand(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = environment;
    }

    int run(String... arguments) {
        try {
            Options options = Options.parse(KNOWN, environment, arguments);
            LogUrl source = new LogUrl(URI.create(options.get("--url")), options.secret("--token-env"));
            Checkpoint checkpoint = new LogMirror(source, options.key(), options.path("--to")).run();
            out.printf("mirrored: %,d entries, root %s%n", checkpoint.size(), checkpoint.root());
            return 0;
        } catch (LogCorruptException e) {
            err.println("refused: " + e.getMessage());
            return 1;
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println();
            err.print(USAGE);
        } catch (IOException | NoteException e) {
            err.println("cannot mirror: " + e.getMessage());
        }
        return 2;
    }
}
