package org.securemed.ledger.verify;

import java.util.ArrayList;
import java.util.List;

/**
 * What the command was told.
 *
 * @param user empty for the driver's default
 * @param passwordVariable name of the environment variable with the password; empty for none
 * @param key vkey or @file
 * @param checkpoints files
 * @param patientKeystore file; empty for none
 * @param patientKeystorePasswordVariable name of the environment variable with its password
 */
record VerifyArguments(
        String jdbc,
        String user,
        String passwordVariable,
        String key,
        List<String> checkpoints,
        String patientKeystore,
        String patientKeystorePasswordVariable) {
    VerifyArguments {
        if (jdbc.isEmpty() || key.isEmpty()) {
            throw new IllegalArgumentException("--jdbc and --key are needed");
        }
        if (patientKeystore.isEmpty() != patientKeystorePasswordVariable.isEmpty()) {
            throw new IllegalArgumentException("--patient-keystore and --patient-keystore-password-env go together");
        }
        checkpoints = List.copyOf(checkpoints);
    }

    static VerifyArguments parse(String... arguments) {
        String jdbc = "";
        String user = "";
        String passwordVariable = "";
        String key = "";
        String patientKeystore = "";
        String patientKeystorePasswordVariable = "";
        List<String> checkpoints = new ArrayList<>();
        for (int i = 0; i < arguments.length; i += 2) {
            String name = arguments[i];
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException(name + " needs a value, or is not known");
            }
            String value = arguments[i + 1];
            switch (name) {
                case "--jdbc" -> jdbc = value;
                case "--user" -> user = value;
                case "--password-env" -> passwordVariable = value;
                case "--key" -> key = value;
                case "--checkpoint" -> checkpoints.add(value);
                case "--patient-keystore" -> patientKeystore = value;
                case "--patient-keystore-password-env" -> patientKeystorePasswordVariable = value;
                default -> throw new IllegalArgumentException(name + " is not known");
            }
        }
        return new VerifyArguments(
                jdbc, user, passwordVariable, key, checkpoints, patientKeystore, patientKeystorePasswordVariable);
    }
}
