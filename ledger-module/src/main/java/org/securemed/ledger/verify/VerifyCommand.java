package org.securemed.ledger.verify;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.files.LogFiles;
import org.securemed.ledger.files.LogUrl;
import org.securemed.ledger.merkle.ProofException;
import org.securemed.ledger.policy.PolicyException;
import org.securemed.ledger.policy.QuorumException;
import org.securemed.ledger.policy.TrustPolicy;
import org.securemed.ledger.verify.VerifyArguments.Option;

/** The verifier's command line. Exit status 0: whole; 1: not whole, places are printed; 2: could not be verified. */
public final class VerifyCommand {
    /** Everything that was looked at is as it was signed. */
    public static final int WHOLE = 0;
    /** It is not; where is printed. */
    public static final int NOT_WHOLE = 1;
    /** It could not be found out. */
    public static final int NOT_VERIFIED = 2;

    private static final int MAX_FILE = 256 * 1024;

    /** What {@code --help} prints. */
    public static final String USAGE = """
            Verifies a ledger against its public key, and says where it is not as it was signed. One of:

              --jdbc URL            its database, such as jdbc:postgresql://host/name: every column of every row
              --url URL             the live log, such as https://hospital.example/ledger
              --export DIR          an export, or a copy of a live log's files
              --receipt FILE        one receipt (tlog-proof), offline

            What is trusted:

              --key VKEY|@FILE      the log's public key, or a file that lists those it has had, the first one first; may be
                                    left out if the policy names exactly one log
              --policy FILE         a trust policy (c2sp.org/tlog-policy): its quorum must have cosigned the checkpoint;
                                    with --jdbc one of them, and it says how many entries the newest such covers
              --checkpoint FILE     a checkpoint that was handed out earlier: finds a log that was cut off or forked
                                    (may be repeated; not with --receipt)

            With --url and --export:

              --tiles-only          checks hashes without seeing any entry
              --without-blocks      leaves out the blocks and their signatures, for a copy that has none
              --token-env NAME, --token-file FILE
                                    environment variable or file that holds an auditor's access token for entries and
                                    blocks

            With --receipt:

              --entry FILE          the entry's bytes, without which only the checkpoint's signatures are checked

            With --jdbc:

              --user NAME           needs to read only
              --password-env NAME   environment variable that holds the password
              --patient-keystore FILE
                                    PKCS#12 file with the key-encryption keys: consent states are replayed from the log
                                    and patients' keys authenticated
              --patient-keystore-password-env NAME
                                    environment variable that holds its password

            Exit status: 0 whole, 1 not whole (each finding on a line of its own), 2 could not be verified.
            """;

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;
    private final boolean terminal;

    /**
     * @param environment where secrets come from
     * @param terminal whether somebody looks at {@code err}
     */
    public VerifyCommand(PrintStream out, PrintStream err, Map<String, String> environment, boolean terminal) {
        this.out = out;
        this.err = err;
        this.environment = environment;
        this.terminal = terminal;
    }

    /** Runs the command and ends the JVM with its status. */
    public static void main(String[] arguments) {
        System.exit(
                new VerifyCommand(System.out, System.err, System.getenv(), System.console() != null).run(arguments));
    }

    /** Runs the command; its exit status. */
    public int run(String... arguments) {
        if (Arrays.asList(arguments).contains("--help")) {
            out.print(USAGE);
            return WHOLE;
        }
        try {
            return verify(VerifyArguments.parse(arguments));
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println("--help tells more");
        } catch (NoSuchFileException e) {
            err.println("cannot verify: there is no " + e.getMessage());
        } catch (NoteException | PolicyException | IOException | GeneralSecurityException e) {
            err.println("cannot verify: " + e.getMessage());
        } catch (SQLException e) {
            err.println("cannot read the database: " + e.getMessage());
        }
        return NOT_VERIFIED;
    }

    private int verify(VerifyArguments arguments)
            throws NoteException, PolicyException, IOException, SQLException, GeneralSecurityException {
        TrustPolicy policy =
                arguments.has(Option.POLICY) ? TrustPolicy.parse(file(arguments.get(Option.POLICY))) : null;
        VerifyKey key = key(arguments, policy);
        if (arguments.has(Option.RECEIPT)) {
            return receipt(arguments, key, policy);
        }
        ProgressBar bar = new ProgressBar(err);
        Progress progress = terminal ? bar : Progress.none();
        try {
            return arguments.has(Option.JDBC)
                    ? database(arguments, key, policy, progress, bar)
                    : files(arguments, key, policy, progress, bar);
        } finally {
            bar.close();
        }
    }

    private int database(
            VerifyArguments arguments, VerifyKey key, @Nullable TrustPolicy policy, Progress progress, ProgressBar bar)
            throws NoteException, IOException, SQLException, GeneralSecurityException {
        Verifier verifier = new Verifier(key).reportingTo(progress);
        for (String file : arguments.checkpoints()) {
            verifier.against(file, SignedNote.parse(file(file)));
        }
        if (policy != null) {
            verifier.demanding(policy);
        }
        boolean opening = arguments.has(Option.PATIENT_KEYSTORE);
        if (opening) {
            char[] password =
                    secret(arguments.get(Option.PATIENT_KEYSTORE_PASSWORD_ENV)).toCharArray();
            verifier.opening(KeyEncryptionKeys.open(Path.of(arguments.get(Option.PATIENT_KEYSTORE)), password));
        }
        long start = System.nanoTime();
        Report report;
        try (Connection connection = DriverManager.getConnection(arguments.get(Option.JDBC), properties(arguments))) {
            report = verifier.verify(connection);
        }
        bar.close();
        int status = print(report, System.nanoTime() - start);
        witnesses(report, policy);
        out.println(
                opening
                        ? "consent states and patients' keys: checked"
                        : "consent states and patients' keys: not checked, which needs --patient-keystore");
        return status;
    }

    private int files(
            VerifyArguments arguments, VerifyKey key, @Nullable TrustPolicy policy, Progress progress, ProgressBar bar)
            throws NoteException, IOException {
        LogFiles files = arguments.has(Option.URL)
                ? new LogUrl(URI.create(arguments.get(Option.URL)), token(arguments))
                : new LogDirectory(Path.of(arguments.get(Option.EXPORT)));
        PublishedVerifier verifier = new PublishedVerifier(key, files).reportingTo(progress);
        for (String file : arguments.checkpoints()) {
            verifier.against(file, SignedNote.parse(file(file)));
        }
        if (policy != null) {
            verifier.demanding(policy);
        }
        boolean tilesOnly = arguments.has(Option.TILES_ONLY);
        if (tilesOnly) {
            verifier.tilesOnly();
        }
        boolean withBlocks = !tilesOnly && !arguments.has(Option.WITHOUT_BLOCKS);
        if (arguments.has(Option.WITHOUT_BLOCKS)) {
            verifier.withoutBlocks();
        }
        long start = System.nanoTime();
        Report report = verifier.verify();
        bar.close();
        int status = print(report, System.nanoTime() - start);
        out.println(tilesOnly ? "entries: not looked at" : "entries: checked");
        out.println(withBlocks ? "blocks and their signatures: checked" : "blocks and their signatures: not looked at");
        witnesses(report, policy);
        return status;
    }

    private void witnesses(Report report, @Nullable TrustPolicy policy) {
        if (policy == null) {
            out.println("witnesses: not asked for");
        } else if (report.witnessed() == Report.NOT_WITNESSED) {
            out.printf("witnesses: not the quorum %s%n", policy.quorum());
        } else {
            out.printf("witnesses: quorum %s of the first %,d entries%n", policy.quorum(), report.witnessed());
        }
    }

    private int receipt(VerifyArguments arguments, VerifyKey key, @Nullable TrustPolicy policy)
            throws NoteException, IOException {
        TlogProof receipt = TlogProof.parse(file(arguments.get(Option.RECEIPT)));
        ReceiptCheck check = new ReceiptCheck(key, policy);
        try {
            if (!arguments.has(Option.ENTRY)) {
                Checkpoint checkpoint = check.signed(receipt);
                out.printf(
                        "the checkpoint of %,d entries is signed; whether entry %d is under it needs --entry%n",
                        checkpoint.size(), receipt.index());
                return NOT_VERIFIED;
            }
            byte[] entry = file(arguments.get(Option.ENTRY));
            Checkpoint checkpoint = check.verify(receipt, entry);
            out.printf(
                    "in the log: entry %d of %s, under the checkpoint of %,d entries, root %s%n",
                    receipt.index(), checkpoint.origin(), checkpoint.size(), checkpoint.root());
            return WHOLE;
        } catch (NoteException | ProofException | QuorumException e) {
            out.println("NOT IN THE LOG, as far as this receipt goes: " + e.getMessage());
            return NOT_WHOLE;
        }
    }

    private int print(Report report, long nanos) {
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
                nanos / 1e9);
        if (report.pruned().statements() > 0) {
            out.printf(
                    "pruned: %,d entries, named by %,d retention entries; of these only the hashes were checked%n",
                    report.pruned().entries(), report.pruned().statements());
        }
        return report.isWhole() ? WHOLE : NOT_WHOLE;
    }

    private Properties properties(VerifyArguments arguments) {
        Properties properties = new Properties();
        if (arguments.has(Option.USER)) {
            properties.setProperty("user", arguments.get(Option.USER));
        }
        if (arguments.has(Option.PASSWORD_ENV)) {
            properties.setProperty("password", secret(arguments.get(Option.PASSWORD_ENV)));
        }
        return properties;
    }

    private String token(VerifyArguments arguments) throws IOException {
        if (arguments.has(Option.TOKEN_ENV)) {
            return secret(arguments.get(Option.TOKEN_ENV));
        }
        return arguments.has(Option.TOKEN_FILE)
                ? new String(file(arguments.get(Option.TOKEN_FILE)), StandardCharsets.UTF_8).strip()
                : "";
    }

    private String secret(String variable) {
        String secret = environment.get(variable);
        if (secret == null) {
            throw new IllegalArgumentException("the environment variable %s is not set".formatted(variable));
        }
        return secret;
    }

    private static VerifyKey key(VerifyArguments arguments, @Nullable TrustPolicy policy)
            throws NoteException, IOException {
        String argument = arguments.get(Option.KEY);
        if (argument.isEmpty() && policy != null) {
            if (policy.logs().size() != 1) {
                throw new IllegalArgumentException("the policy names %d logs: say which with --key"
                        .formatted(policy.logs().size()));
            }
            return policy.logs().get(0).key();
        }
        if (!argument.startsWith("@")) {
            return VerifyKey.parse(argument);
        }
        List<String> lines = new String(file(argument.substring(1)), StandardCharsets.UTF_8)
                .lines()
                .toList();
        if (lines.isEmpty()) {
            throw new NoteException("the key's file is empty");
        }
        // A file may list the keys that followed. Entries lead from any to the others; without them the last one signs.
        boolean withEntries = !arguments.has(Option.TILES_ONLY) && !arguments.has(Option.RECEIPT);
        return VerifyKey.parse(lines.get(withEntries ? 0 : lines.size() - 1).strip());
    }

    private static byte[] file(String name) throws IOException {
        try (InputStream in = Files.newInputStream(Path.of(name))) {
            byte[] bytes = in.readNBytes(MAX_FILE + 1);
            if (bytes.length > MAX_FILE) {
                throw new IOException(name + " is larger than anything that is read here");
            }
            return bytes;
        }
    }
}
