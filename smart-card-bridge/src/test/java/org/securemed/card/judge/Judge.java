package org.securemed.card.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A library that is not ours, {@code kill-the-clipboard} of npm, and the decoders {@code zbarimg} and {@code dmtxread}:
 * what they accept was made by the specification and not only by our reading of it. Where they are not installed the
 * test is skipped; with {@code TOOLS_REQUIRED} in the environment, as in CI, it fails.
 */
public final class Judge {
    private static final Path SOURCE = Path.of("src/test/node");
    private static final Path HOME = Path.of("target/judge");
    private static final ObjectMapper JSON = new ObjectMapper();

    private Judge() {}

    /** Asks {@code judge.mjs}; the answer has {@code accepted}. */
    public static JsonNode ask(Map<String, ?> question) {
        install();
        try {
            return JSON.readTree(run(HOME, JSON.writeValueAsString(question), "node", "judge.mjs"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What {@code zbarimg} reads in a picture, empty if nothing. */
    public static String zbar(byte[] png) {
        require("zbarimg");
        // 4: there is no code.
        return decoded(png, 4, "zbarimg", "--raw", "--quiet", "--nodbus");
    }

    /** What {@code dmtxread} reads in a picture with a GS1 DataMatrix, empty if nothing; FNC1 is U+001D. */
    public static String dmtx(byte[] png) {
        require("dmtxread");
        // 1: there is no code.
        return decoded(png, 1, "dmtxread", "--gs1=29", "--stop-after=1", "--milliseconds=10000");
    }

    /** The GS1 DataMatrix that {@code dmtxwrite} makes of a text; FNC1 is U+001D. */
    public static byte[] dmtxPicture(String text) {
        require("dmtxwrite");
        try {
            Files.createDirectories(HOME);
            Path file = Files.createTempFile(HOME, "code", ".png");
            try {
                run(HOME, text, "dmtxwrite", "--gs1=29", "--module=6", "--output=" + file.toAbsolutePath());
                return Files.readAllBytes(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String decoded(byte[] png, int none, String... command) {
        try {
            Files.createDirectories(HOME);
            Path file = Files.createTempFile(HOME, "code", ".png");
            try {
                Files.write(file, png);
                List<String> all = new ArrayList<>(List.of(command));
                all.add(file.toString());
                Process process = new ProcessBuilder(all)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                int code = end(process);
                if (code != 0 && code != none) {
                    throw new IllegalStateException("%s ended with %d".formatted(command[0], code));
                }
                return text.strip();
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new IllegalStateException(command[0] + " is needed", e);
        }
    }

    private static void require(String name) {
        boolean installed = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, name)));
        if (!installed && System.getenv("TOOLS_REQUIRED") != null) {
            throw new IllegalStateException(name + " is not installed");
        }
        Assumptions.assumeTrue(installed, name + " is not installed");
    }

    private static synchronized void install() {
        require("node");
        require("npm");
        try {
            Path lock = SOURCE.resolve("package-lock.json");
            Path installed = HOME.resolve("node_modules/.installed");
            if (Files.exists(installed) && Files.readString(installed).equals(Files.readString(lock))) {
                Files.copy(SOURCE.resolve("judge.mjs"), HOME.resolve("judge.mjs"), StandardCopyOption.REPLACE_EXISTING);
                return;
            }
            Files.createDirectories(HOME);
            for (String file : List.of("package.json", "package-lock.json", "judge.mjs")) {
                Files.copy(SOURCE.resolve(file), HOME.resolve(file), StandardCopyOption.REPLACE_EXISTING);
            }
            run(HOME, "", "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
            Files.writeString(installed, Files.readString(lock));
        } catch (IOException e) {
            throw new IllegalStateException("node and npm are needed", e);
        }
    }

    private static String run(Path directory, String input, String... command) throws IOException {
        Path errors = directory.resolve("errors.txt");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(errors.toFile())
                .start();
        process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = end(process);
        if (code != 0) {
            throw new IllegalStateException(
                    "%s ended with %d: %s".formatted(command[0], code, Files.readString(errors)));
        }
        return output;
    }

    private static int end(Process process) {
        try {
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IllegalStateException("it did not end");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
