package org.securemed.ledger.command;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.files.LogExport;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.LogCorruptException;
import org.securemed.ledger.storage.PostgresLogStore;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.VerifyCommand;

/** Export and import of a whole log as files. Exit status 0: done; 1: not whole, nothing is done; 2: could not. */
final class TransferCommand {
    static final String USAGE = """
            Writes a log as files, as far as its newest checkpoint covers it, while it may go on growing; or puts such
            files into an empty database, after they were verified:

              export --jdbc URL --key VKEY|@FILE --to DIR
              import --from DIR --key VKEY|@FILE --jdbc URL

              --user NAME, --password-env NAME as above. The directory must be empty or absent, the database must have
              the ledger's tables and nothing in them.

            Exit status: 0 done, 1 what should be moved is not whole or the target not empty, 2 could not be done.
            """;

    private static final Set<String> EXPORT = Set.of("--jdbc", "--key", "--to", "--user", "--password-env");
    private static final Set<String> IMPORT = Set.of("--jdbc", "--key", "--from", "--user", "--password-env");

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;

    TransferCommand(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = environment;
    }

    int run(String... arguments) {
        try {
            boolean exporting = arguments[0].equals("export");
            Options options = Options.parse(
                    exporting ? EXPORT : IMPORT, environment, Arrays.copyOfRange(arguments, 1, arguments.length));
            VerifyKey key = options.key();
            PostgresLogStore store = new PostgresLogStore(options.database());
            return exporting ? export(store, key, options.path("--to")) : restore(store, key, options.path("--from"));
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println("--help tells more");
        } catch (DirectoryNotEmptyException e) {
            err.println("not empty: " + e.getMessage());
            return VerifyCommand.NOT_WHOLE;
        } catch (LogCorruptException e) {
            err.println("refused: " + e.getMessage());
            return VerifyCommand.NOT_WHOLE;
        } catch (NoSuchFileException | NotDirectoryException e) {
            err.println("there is no such file or directory: " + e.getMessage());
        } catch (NoteException | IOException | LedgerUnavailableException e) {
            err.println("could not be done: " + e.getMessage());
        }
        return VerifyCommand.NOT_VERIFIED;
    }

    private int export(PostgresLogStore store, VerifyKey key, Path target) throws IOException {
        Checkpoint checkpoint = new LogExport(store, key, target).run();
        out.printf("exported: %,d entries of %s%n", checkpoint.size(), checkpoint.origin());
        return VerifyCommand.WHOLE;
    }

    private int restore(PostgresLogStore store, VerifyKey key, Path source) throws IOException {
        Report report = new LogRestore(store, key, source).run();
        if (!report.isWhole()) {
            report.findings().forEach(out::println);
            out.printf("NOT WHOLE, %d findings: nothing was imported%n", report.findingCount());
            return VerifyCommand.NOT_WHOLE;
        }
        out.printf("imported: %,d entries, %,d blocks of %s%n", report.entries(), report.blocks(), key.name());
        return VerifyCommand.WHOLE;
    }
}
