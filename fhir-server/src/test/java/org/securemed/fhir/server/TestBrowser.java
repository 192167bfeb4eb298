package org.securemed.fhir.server;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Chromium without a window, one for all tests of a run; it ends with the JVM. It finds the {@link TestServer} under
 * the address by which that calls itself, {@code http://localhost:8080}, wherever it listens.
 */
public final class TestBrowser {
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static @Nullable Browser shared;
    private static @Nullable Browser plain;

    private TestBrowser() {}

    /** A new profile: no cookies, a window of a laptop's size. */
    public static synchronized BrowserContext profile(TestServer server) {
        Browser browser = shared;
        if (browser == null) {
            browser = start(
                    "--host-resolver-rules=MAP localhost:8080 " + server.base().substring("http://".length()));
            shared = browser;
        }
        return browser.newContext(new Browser.NewContextOptions().setViewportSize(1000, 900));
    }

    /** A new profile of a browser that finds everything where it is. */
    public static synchronized BrowserContext profile() {
        Browser browser = plain;
        if (browser == null) {
            browser = start("--no-default-browser-check");
            plain = browser;
        }
        return browser.newContext(new Browser.NewContextOptions().setViewportSize(1000, 900));
    }

    private static Browser start(String argument) {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        environment.putIfAbsent("PLAYWRIGHT_NODEJS_PATH", command("node"));
        Playwright playwright = Playwright.create(new Playwright.CreateOptions().setEnv(environment));
        return playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(Path.of(command("chromium")))
                        .setArgs(List.of(
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync",
                                argument)));
    }

    /**
     * Where a program is, by the search path. Without it the test is skipped, but not where CI has said it must run.
     */
    private static String command(String name) {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseGet(() -> missing(name))
                .toString();
    }

    private static Path missing(String name) {
        String message = name + " is not installed";
        return System.getenv("TOOLS_REQUIRED") == null ? Assumptions.abort(message) : Assertions.fail(message);
    }

    /** Keeps a picture of the page in {@code target/screenshots}, for people to look at. */
    public static void picture(Page page, String name) {
        try {
            Files.createDirectories(SCREENSHOTS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve(name + ".png"))
                .setFullPage(true));
    }
}
