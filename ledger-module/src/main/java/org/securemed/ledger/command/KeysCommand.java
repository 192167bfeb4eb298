package org.securemed.ledger.command;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.KeyException;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.log.Alarm;
import org.securemed.ledger.log.KeyStatementException;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerKeys;
import org.securemed.ledger.log.LedgerOptions;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.LogCorruptException;
import org.securemed.ledger.storage.FileCheckpointVault;
import org.securemed.ledger.storage.PostgresLogStore;

/**
 * The keys' command line: shows the keys of a log, makes a new log key known, revokes keys. It opens the log as an
 * instance of its own, beside servers that run, and so with a key of its own in the keystore.
 */
final class KeysCommand {
    static final String USAGE = """
            keys: shows the keys of a log and which are in force; with --outgoing makes a new log key known; with --revoke
            revokes a key.

              --jdbc URL            the log's database
              --user NAME           as the server's
              --password-env NAME   environment variable that holds its password
              --origin NAME         the log's name (securemed.ledger.origin)
              --vault FILE          the server's copy of the last checkpoint (<securemed.ledger.directory>/checkpoint)
              --keystore FILE       PKCS#12 file with the log key, an Ed25519 key for this command under the alias
                                    "operator", and the cosigner's under "cosigner" if the log has one
              --keystore-password-env NAME
                                    environment variable that holds its password
              --token FILE          SunPKCS11 configuration of a token that holds the log keys instead
              --token-pin-env NAME  environment variable that holds its PIN
              --log-key ALIAS       of the log key that is to sign from now on; default "log"
              --outgoing ALIAS      of the log key that signed so far: if the other is new, it follows
              --revoke VKEY         of another instance, of a cosigner, or of an earlier log key

            Exit status: 0 done, 1 refused, 2 could not be tried.
            """;
    private static final Set<String> KNOWN = Set.of(
            "--jdbc",
            "--user",
            "--password-env",
            "--origin",
            "--vault",
            "--keystore",
            "--keystore-password-env",
            "--token",
            "--token-pin-env",
            "--log-key",
            "--outgoing",
            "--revoke");

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;

    KeysCommand(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = environment;
    }

    int run(String... arguments) {
        try {
            Options options = Options.parse(KNOWN, environment, arguments);
            try (Ledger ledger = open(options)) {
                options.find("--revoke").ifPresent(ledger::revokeKey);
                show(ledger);
            }
            return 0;
        } catch (KeyStatementException | LogCorruptException e) {
            err.println("refused: " + e.getMessage());
            return 1;
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println();
            err.print(USAGE);
        } catch (KeyException | LedgerUnavailableException e) {
            err.println("cannot do it: " + e.getMessage());
        }
        return 2;
    }

    private void show(Ledger ledger) {
        KeyHistory keys = ledger.keyHistory();
        List<String> logKeys = keys.logKeys().stream().map(Object::toString).toList();
        for (int i = 0; i < logKeys.size(); i++) {
            out.printf("%-9s %s%n", i == logKeys.size() - 1 ? "log" : "followed", logKeys.get(i));
        }
        keys.instanceKeys()
                .forEach(key ->
                        out.printf("%-9s %s%n", keys.isInForce(key.fingerprint()) ? "instance" : "revoked", key));
        keys.cosignersAt(Long.MAX_VALUE).forEach(key -> out.printf("%-9s %s%n", "cosigner", key));
    }

    private static Ledger open(Options options) throws KeyException {
        String origin = options.get("--origin");
        Optional<String> outgoing = options.find("--outgoing");
        LedgerKeys keys = new LedgerKeys(
                logKey(options, options.find("--log-key").orElse("log"), origin),
                outgoing.isEmpty() ? null : logKey(options, outgoing.get(), origin),
                stored(options, "operator", "operator"),
                cosigner(options, origin + "/pq"));
        return Ledger.open(
                new PostgresLogStore(options.database()),
                keys,
                new FileCheckpointVault(options.path("--vault")),
                LedgerOptions.defaults(),
                Clock.systemUTC(),
                Alarm.logging());
    }

    private static SigningKey logKey(Options options, String alias, String origin) throws KeyException {
        return options.find("--token").isEmpty()
                ? stored(options, alias, origin)
                : KeyFiles.fromPkcs11(
                        options.path("--token"),
                        options.secret("--token-pin-env").toCharArray(),
                        alias,
                        origin);
    }

    private static SigningKey stored(Options options, String alias, String name) throws KeyException {
        return KeyFiles.fromPkcs12(
                options.path("--keystore"),
                options.secret("--keystore-password-env").toCharArray(),
                alias,
                name);
    }

    private static @Nullable CosignKey cosigner(Options options, String name) throws KeyException {
        Path keystore = options.path("--keystore");
        char[] password = options.secret("--keystore-password-env").toCharArray();
        return KeyFiles.hasAlias(keystore, password, "cosigner")
                ? KeyFiles.cosignerFromPkcs12(keystore, password, "cosigner", name)
                : null;
    }
}
