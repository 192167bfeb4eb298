package org.securemed.ledger.verify;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the command was told.
 *
 * @param values of the options that were given, once each
 * @param checkpoints files
 */
record VerifyArguments(Map<Option, String> values, List<String> checkpoints) {
    /** What is verified; exactly one of them is given. */
    private static final Set<Option> SOURCES = EnumSet.of(Option.JDBC, Option.URL, Option.EXPORT, Option.RECEIPT);

    private static final Set<Option> SWITCHES = EnumSet.of(Option.TILES_ONLY, Option.WITHOUT_BLOCKS);

    /** What the command knows, and for which sources it means something. */
    enum Option {
        JDBC("--jdbc"),
        URL("--url"),
        EXPORT("--export"),
        RECEIPT("--receipt"),
        KEY("--key"),
        POLICY("--policy"),
        CHECKPOINT("--checkpoint", "--jdbc", "--url", "--export"),
        TILES_ONLY("--tiles-only", "--url", "--export"),
        WITHOUT_BLOCKS("--without-blocks", "--url", "--export"),
        TOKEN_ENV("--token-env", "--url"),
        TOKEN_FILE("--token-file", "--url"),
        ENTRY("--entry", "--receipt"),
        USER("--user", "--jdbc"),
        PASSWORD_ENV("--password-env", "--jdbc"),
        PATIENT_KEYSTORE("--patient-keystore", "--jdbc"),
        PATIENT_KEYSTORE_PASSWORD_ENV("--patient-keystore-password-env", "--jdbc");

        private final String name;
        private final Set<String> sources;

        Option(String name, String... sources) {
            this.name = name;
            this.sources = Set.of(sources);
        }

        static Option of(String name) {
            for (Option option : values()) {
                if (option.name.equals(name)) {
                    return option;
                }
            }
            throw new IllegalArgumentException(name + " is not known");
        }
    }

    VerifyArguments {
        values = Map.copyOf(values);
        checkpoints = List.copyOf(checkpoints);
        List<Option> sources =
                values.keySet().stream().filter(SOURCES::contains).toList();
        if (sources.size() != 1) {
            throw new IllegalArgumentException("one of --jdbc, --url, --export and --receipt is needed");
        }
        for (Option option : values.keySet()) {
            requireFits(option, sources.get(0));
        }
        if (!checkpoints.isEmpty()) {
            requireFits(Option.CHECKPOINT, sources.get(0));
        }
        if (!values.containsKey(Option.KEY) && !values.containsKey(Option.POLICY)) {
            throw new IllegalArgumentException("--key is needed, or a --policy that names one log");
        }
        if (values.containsKey(Option.TOKEN_ENV) && values.containsKey(Option.TOKEN_FILE)) {
            throw new IllegalArgumentException("one of --token-env and --token-file is enough");
        }
        if (values.containsKey(Option.PATIENT_KEYSTORE) != values.containsKey(Option.PATIENT_KEYSTORE_PASSWORD_ENV)) {
            throw new IllegalArgumentException("--patient-keystore and --patient-keystore-password-env go together");
        }
    }

    static VerifyArguments parse(String... arguments) {
        Map<Option, String> values = new EnumMap<>(Option.class);
        List<String> checkpoints = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            Option option = Option.of(arguments[i]);
            String value = "";
            if (!SWITCHES.contains(option)) {
                if (i + 1 == arguments.length) {
                    throw new IllegalArgumentException(option.name + " needs a value");
                }
                value = arguments[++i];
            }
            if (option == Option.CHECKPOINT) {
                checkpoints.add(value);
            } else if (values.put(option, value) != null) {
                throw new IllegalArgumentException(option.name + " is given twice");
            }
        }
        return new VerifyArguments(values, checkpoints);
    }

    boolean has(Option option) {
        return values.containsKey(option);
    }

    /** The value of an option; empty if it was not given. */
    String get(Option option) {
        return values.getOrDefault(option, "");
    }

    private static void requireFits(Option option, Option source) {
        if (!option.sources.isEmpty() && !option.sources.contains(source.name)) {
            throw new IllegalArgumentException("%s means nothing with %s".formatted(option.name, source.name));
        }
    }
}
