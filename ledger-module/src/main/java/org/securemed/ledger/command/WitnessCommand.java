package org.securemed.ledger.command;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.KeyException;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.policy.KnownLog;
import org.securemed.ledger.policy.PolicyException;
import org.securemed.ledger.policy.TrustPolicy;
import org.securemed.ledger.witness.CosigningWitness;
import org.securemed.ledger.witness.WitnessServer;

/** The witness's command line: runs until it is told to stop. */
final class WitnessCommand {
    /** What the command takes. */
    static final String USAGE = """
            witness: watches logs, cosigns each checkpoint that extends the one it cosigned before.

              --policy FILE         the logs to witness: the "log" lines of a trust policy (C2SP tlog-policy)
              --name NAME           this witness's name in its cosignatures, such as witness.example/w1
              --directory DIR       its state and the evidence it finds; keep it as you keep a key
              --listen HOST:PORT    default localhost:8470; put TLS in front
              --keystore FILE       PKCS#12 file with its Ed25519 key under the alias "witness"; without it a key is
                                    made in the directory, readable by its owner only
              --keystore-password-env NAME
                                    environment variable that holds the keystore's password
            """;

    private static final Set<String> KNOWN =
            Set.of("--policy", "--name", "--directory", "--listen", "--keystore", "--keystore-password-env");

    private final PrintStream out;
    private final Map<String, String> environment;

    WitnessCommand(PrintStream out, Map<String, String> environment) {
        this.out = out;
        this.environment = environment;
    }

    /**
     * Starts the witness, which answers until the process ends.
     *
     * @return 0, or 2 when it could not be started
     */
    static int run(PrintStream out, PrintStream err, Map<String, String> environment, String... arguments) {
        // A client that sends its request byte by byte must not hold a thread for ever.
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "10");
        try {
            new WitnessCommand(out, environment).start(arguments);
            return 0;
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println();
            err.print(USAGE);
        } catch (IOException | KeyException | PolicyException e) {
            err.println("cannot witness: " + e.getMessage());
        }
        return 2;
    }

    WitnessServer start(String... arguments) throws IOException, KeyException, PolicyException {
        Options options = Options.parse(KNOWN, environment, arguments);
        Path directory = options.path("--directory");
        Files.createDirectories(directory);
        TrustPolicy policy = TrustPolicy.parse(Files.readAllBytes(options.path("--policy")));
        CosignKey key = CosignKey.ed25519(key(options, directory));
        CosigningWitness witness = new CosigningWitness(
                directory, policy.logs().stream().map(KnownLog::key).toList(), List.of(key), Clock.systemUTC());
        WitnessServer server =
                WitnessServer.start(witness, address(options.find("--listen").orElse("localhost:8470")));
        out.printf("witness %s%n", key.verifyKey());
        policy.logs().forEach(log -> out.printf("log     %s%n", log.key().name()));
        out.printf(
                "listens on http://%s:%d%n",
                server.address().getHostString(), server.address().getPort());
        return server;
    }

    private static SigningKey key(Options options, Path directory) throws KeyException {
        String name = options.get("--name");
        if (options.find("--keystore").isEmpty()) {
            return KeyFiles.development(directory.resolve("witness.key"), name);
        }
        return KeyFiles.fromPkcs12(
                options.path("--keystore"),
                options.secret("--keystore-password-env").toCharArray(),
                "witness",
                name);
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException("--listen takes HOST:PORT");
        }
        return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }
}
