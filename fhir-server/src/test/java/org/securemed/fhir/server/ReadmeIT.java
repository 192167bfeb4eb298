package org.securemed.fhir.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The README's curl lines do what the sentence before them says. They stand in blocks marked {@code sh curl}; a status
 * in parentheses before the block is the one to expect, otherwise it is 2xx.
 */
class ReadmeIT {
    private static final Path ROOT = Path.of("").toAbsolutePath().resolve("..").normalize();
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```sh curl\\n(.*?)^```");
    private static final Pattern STATUS = Pattern.compile("\\(([1-5][0-9]{2})\\)");

    /** How a status follows the body that curl prints. */
    private static final Pattern WRITTEN = Pattern.compile("(?s)(.*)\\nstatus (\\d{3})\\s*");

    private final TestServer server = TestServer.shared();

    @TestFactory
    Stream<DynamicTest> each_line_works_when_it_is_pasted() throws IOException {
        List<Line> lines = lines(Files.readString(ROOT.resolve("README.md")));
        assertThat(lines).as("curl lines in README.md").hasSizeGreaterThan(3);
        return lines.stream().map(line -> DynamicTest.dynamicTest(line.command(), () -> run(line)));
    }

    private record Line(String command, String status) {}

    /** In the order of the page: each line finds what those before it have done. */
    private static List<Line> lines(String readme) {
        List<Line> lines = new ArrayList<>();
        Matcher block = BLOCK.matcher(readme);
        int end = 0;
        while (block.find()) {
            String before = readme.substring(end, block.start());
            end = block.end();
            String status = "2..";
            Matcher told = STATUS.matcher(before);
            while (told.find()) {
                status = told.group(1);
            }
            for (String line : block.group(1).replace("\\\n", "").split("\n")) {
                if (line.startsWith("curl ")) {
                    lines.add(new Line(line, status));
                }
            }
        }
        return lines;
    }

    private void run(Line line) throws IOException, InterruptedException {
        String here = line.command()
                .replace("http://localhost:8080", server.base())
                .replace(
                        "fhir-server/data/demo",
                        server.directory().resolve("demo").toAbsolutePath().toString());
        Path output = Files.createTempFile("curl", ".txt");
        Process process = new ProcessBuilder(
                        "bash",
                        "-euo",
                        "pipefail",
                        "-c",
                        here.replaceFirst("^curl ", "curl -w '\\\\nstatus %{http_code}\\\\n' "))
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("curl ends").isTrue();
        String printed = Files.readString(output, StandardCharsets.UTF_8);
        Files.delete(output);
        assertThat(process.exitValue()).as(printed).isZero();
        Matcher written = WRITTEN.matcher(printed);
        assertThat(written.matches()).as(printed).isTrue();
        assertThat(written.group(2)).as(printed).matches(line.status());
        if (line.command().contains("/fhir")) {
            assertThat(written.group(1)).contains("\"resourceType\"");
        }
    }
}
