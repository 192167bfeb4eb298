package org.securemed.ledger.verify;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.erasure.KeyEncryptionKeys;

/** The verifier's command line. Exit status 0: whole; 1: not whole, places are printed; 2: could not be verified. */
public final class VerifyCommand {
    static final int WHOLE = 0;
    static final int NOT_WHOLE = 1;
    static final int NOT_VERIFIED = 2;

    private static final String USAGE = """
            Verifies a ledger in its database and says which row and column is not as it was signed.

              --jdbc URL            the database, such as jdbc:postgresql://host/name
              --user NAME           needs to read only
              --password-env NAME   environment variable that holds the password
              --key VKEY            the log's public key, or @FILE that holds it
              --checkpoint FILE     a checkpoint that was handed out earlier: finds a log that was cut off or forked
                                    (may be repeated)
              --patient-keystore FILE
                                    PKCS#12 file with the key-encryption keys: consent states are replayed from the log
                                    and patients' keys authenticated
              --patient-keystore-password-env NAME
                                    environment variable that holds its password

            Exit status: 0 whole, 1 not whole, 2 could not be verified.
            """;

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;
    private long nextShown;

    VerifyCommand(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = environment;
    }

    /** Runs the command and ends the JVM with its status. */
    public static void main(String[] arguments) {
        System.exit(new VerifyCommand(System.out, System.err, System.getenv()).run(arguments));
    }

    int run(String... arguments) {
        try {
            VerifyArguments parsed = VerifyArguments.parse(arguments);
            return verify(parsed);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println();
            err.print(USAGE);
        } catch (NoteException | IOException | GeneralSecurityException e) {
            err.println("cannot verify: " + e.getMessage());
        } catch (SQLException e) {
            err.println("cannot read the database: " + e.getMessage());
        }
        return NOT_VERIFIED;
    }

    private int verify(VerifyArguments arguments)
            throws NoteException, IOException, SQLException, GeneralSecurityException {
        Verifier verifier = new Verifier(key(arguments.key())).reportingTo(this::show);
        for (String file : arguments.checkpoints()) {
            verifier.against(file, SignedNote.parse(Files.readAllBytes(Path.of(file))));
        }
        boolean opening = !arguments.patientKeystore().isEmpty();
        if (opening) {
            char[] password =
                    secret(arguments.patientKeystorePasswordVariable()).toCharArray();
            verifier.opening(KeyEncryptionKeys.open(Path.of(arguments.patientKeystore()), password));
        }
        long start = System.nanoTime();
        Report report;
        try (Connection connection = DriverManager.getConnection(arguments.jdbc(), properties(arguments))) {
            report = verifier.verify(connection);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        report.findings().forEach(out::println);
        if (report.findingCount() > report.findings().size()) {
            out.printf(
                    "… and %d more%n", report.findingCount() - report.findings().size());
        }
        out.printf(
                "%s: %,d entries, %,d blocks, root %s, %.1f s%n",
                report.isWhole() ? "whole" : "NOT WHOLE, " + report.findingCount() + " findings",
                report.entries(),
                report.blocks(),
                report.root(),
                seconds);
        out.println(
                opening
                        ? "consent states and patients' keys: checked"
                        : "consent states and patients' keys: not checked, which needs --patient-keystore");
        return report.isWhole() ? WHOLE : NOT_WHOLE;
    }

    private Properties properties(VerifyArguments arguments) {
        Properties properties = new Properties();
        if (!arguments.user().isEmpty()) {
            properties.setProperty("user", arguments.user());
        }
        if (!arguments.passwordVariable().isEmpty()) {
            properties.setProperty("password", secret(arguments.passwordVariable()));
        }
        return properties;
    }

    private String secret(String variable) {
        String secret = environment.get(variable);
        if (secret == null) {
            throw new IllegalArgumentException("the environment variable %s is not set".formatted(variable));
        }
        return secret;
    }

    private static VerifyKey key(String argument) throws NoteException, IOException {
        String text = argument.startsWith("@")
                ? Files.readString(Path.of(argument.substring(1)), StandardCharsets.UTF_8)
                        .strip()
                : argument;
        return VerifyKey.parse(text);
    }

    private void show(long entries, long total) {
        if (entries >= nextShown) {
            nextShown = entries + Math.max(1, total / 100);
            err.printf("\r%3d %% of %,d entries ", total == 0 ? 100 : Math.min(100, 100 * entries / total), total);
            if (entries >= total) {
                err.println();
            }
        }
    }
}
