package org.securemed.ledger.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.VerifyKey;

/** What a command was told: names with values, each at most once. Secrets are named, never given. */
final class Options {
    private final Map<String, String> values;
    private final Map<String, String> environment;

    private Options(Map<String, String> values, Map<String, String> environment) {
        this.values = values;
        this.environment = environment;
    }

    /**
     * Reads a command line.
     *
     * @param known names that the command takes
     * @param environment where secrets are
     * @throws IllegalArgumentException if a name is not known, comes twice, or has no value
     */
    static Options parse(Set<String> known, Map<String, String> environment, String... arguments) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!known.contains(arguments[i])) {
                throw new IllegalArgumentException(arguments[i] + " is not known here");
            }
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException(arguments[i] + " needs a value");
            }
            if (values.put(arguments[i], arguments[i + 1]) != null) {
                throw new IllegalArgumentException(arguments[i] + " is given twice");
            }
        }
        return new Options(values, environment);
    }

    /** The value of an option that may be left out. */
    Optional<String> find(String name) {
        return Optional.ofNullable(values.get(name));
    }

    /** @throws IllegalArgumentException if the option was left out */
    String get(String name) {
        return find(name).orElseThrow(() -> new IllegalArgumentException(name + " is needed"));
    }

    /** The path that an option names, likewise. */
    Path path(String name) {
        return Path.of(get(name));
    }

    /**
     * The value of the environment variable that an option names.
     *
     * @throws IllegalArgumentException if the option was left out, or there is no such variable
     */
    String secret(String name) {
        String variable = get(name);
        String secret = environment.get(variable);
        if (secret == null) {
            throw new IllegalArgumentException("the environment variable %s is not set".formatted(variable));
        }
        return secret;
    }

    /** The key that {@code --key} gives, or that its file has in its first line: it may list those that followed. */
    VerifyKey key() throws NoteException, IOException {
        String argument = get("--key");
        if (!argument.startsWith("@")) {
            return VerifyKey.parse(argument);
        }
        String file = Files.readString(Path.of(argument.substring(1)), StandardCharsets.UTF_8);
        return VerifyKey.parse(file.lines().findFirst().orElse("").strip());
    }

    /** The database that {@code --jdbc}, {@code --user} and {@code --password-env} name. */
    DriverDataSource database() {
        return new DriverDataSource(
                get("--jdbc"),
                find("--user").orElse(""),
                values.containsKey("--password-env") ? secret("--password-env") : "");
    }
}
