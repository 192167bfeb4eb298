package org.securemed.card.emergency;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.securemed.card.Command;
import org.securemed.card.SmartCardBridge;

/**
 * {@code emergency-key}: {@code make} writes a key and its holders' shares, {@code seal} and {@code open} read standard
 * input and write standard output. Ends with 0, 1 if something does not open or cannot be read, 2 if it was called
 * wrongly.
 */
public final class EmergencyKeyCommand implements Command {
    private static final String USAGE = """
            usage: java -jar smart-card-bridge.jar emergency-key make --shares N --needed K --out DIRECTORY
                   java -jar smart-card-bridge.jar emergency-key seal --key FILE < plain > sealed
                   java -jar smart-card-bridge.jar emergency-key open --key FILE --share FILE [--share FILE]... < sealed > plain""";

    private static final int LARGEST = 256 << 20;
    private static final int LARGEST_KEY = 64 << 10;

    private final InputStream in;

    /** Reads standard input. */
    public EmergencyKeyCommand() {
        this(System.in);
    }

    EmergencyKeyCommand(InputStream in) {
        this.in = in;
    }

    @Override
    public String summary() {
        return "makes and uses emergency keys that several people hold together";
    }

    @Override
    public int run(List<String> options, PrintStream out, PrintStream err) {
        try {
            switch (options.isEmpty() ? "" : options.get(0)) {
                case "make" -> make(options, out);
                case "seal" -> {
                    EmergencyKey key = key(options);
                    out.println(key.seal(read(in, LARGEST)));
                }
                case "open" -> open(options, out);
                default -> throw new IllegalArgumentException(USAGE);
            }
            out.flush();
            return 0;
        } catch (EmergencyException e) {
            err.println(e.getMessage());
        } catch (FileAlreadyExistsException e) {
            err.println("There is a file already: " + e.getFile());
        } catch (IOException e) {
            err.println("It cannot be read or written: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return SmartCardBridge.USAGE;
        }
        return 1;
    }

    private static void make(List<String> options, PrintStream out) throws IOException {
        int shares = number(options, "--shares");
        int needed = number(options, "--needed");
        if (needed < 2 || needed > shares || shares > 255) {
            throw new IllegalArgumentException("--needed is at least 2, --shares at least that and at most 255");
        }
        Path directory = Files.createDirectories(path(one(options, "--out")));
        EmergencyKey.Made made = EmergencyKey.make(shares, needed);
        Files.write(directory.resolve("emergency-key.json"), made.key().json(), StandardOpenOption.CREATE_NEW);
        for (KeyShare share : made.shares()) {
            Path file = Files.createFile(
                    directory.resolve("share-" + share.number() + ".txt"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, share.line() + "\n");
        }
        out.println("Give each of the %d people one share, delete the shares here, and keep emergency-key.json."
                .formatted(shares));
    }

    private void open(List<String> options, PrintStream out) throws IOException, EmergencyException {
        EmergencyKey key = key(options);
        List<KeyShare> shares = new ArrayList<>();
        for (String file : all(options, "--share")) {
            shares.add(KeyShare.parse(new String(bounded(path(file), LARGEST_KEY), StandardCharsets.US_ASCII)));
        }
        byte[] plain = key.open(new String(read(in, LARGEST), StandardCharsets.US_ASCII), shares);
        out.write(plain);
    }

    private static EmergencyKey key(List<String> options) throws IOException, EmergencyException {
        return EmergencyKey.parse(bounded(path(one(options, "--key")), LARGEST_KEY));
    }

    private static byte[] bounded(Path file, int most) throws IOException {
        try (InputStream from = Files.newInputStream(file)) {
            return read(from, most);
        }
    }

    private static byte[] read(InputStream from, int most) throws IOException {
        byte[] content = from.readNBytes(most + 1);
        if (content.length > most) {
            throw new IOException("too large");
        }
        return content;
    }

    private static int number(List<String> options, String name) {
        try {
            return Integer.parseInt(one(options, name));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " takes a number", e);
        }
    }

    private static String one(List<String> options, String name) {
        List<String> values = all(options, name);
        if (values.size() != 1) {
            throw new IllegalArgumentException(USAGE);
        }
        return values.get(0);
    }

    private static List<String> all(List<String> options, String name) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i < options.size(); i += 2) {
            if (i + 1 == options.size()
                    || !List.of("--shares", "--needed", "--out", "--key", "--share")
                            .contains(options.get(i))) {
                throw new IllegalArgumentException(USAGE);
            }
            if (options.get(i).equals(name)) {
                values.add(options.get(i + 1));
            }
        }
        return values;
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("not a path: " + text, e);
        }
    }
}
