package org.securemed.card.qr;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Chromium without a window, before whose camera a picture is held. */
final class CameraBrowser implements AutoCloseable {
    private static final int FRAMES = 10;

    private final Playwright playwright;
    private final Browser browser;

    /** @param seen what the camera sees, even width and height */
    CameraBrowser(BufferedImage seen) throws IOException {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        environment.putIfAbsent("PLAYWRIGHT_NODEJS_PATH", command("node"));
        String chromium = command("chromium");
        Path video = Files.createTempFile(Path.of("target"), "camera", ".y4m");
        video.toFile().deleteOnExit();
        write(seen, video);
        playwright = Playwright.create(new Playwright.CreateOptions().setEnv(environment));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(Path.of(chromium))
                        .setArgs(List.of(
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync",
                                "--use-fake-ui-for-media-stream",
                                "--use-fake-device-for-media-stream",
                                "--use-file-for-fake-video-capture=" + video.toAbsolutePath())));
    }

    /** A new profile, a window of a tablet's size. */
    BrowserContext profile() {
        return browser.newContext(new Browser.NewContextOptions().setViewportSize(820, 1000));
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }

    /** YUV4MPEG2, of which Chromium's fake camera shows one frame after the other, again and again. */
    private static void write(BufferedImage seen, Path file) throws IOException {
        int width = seen.getWidth();
        int height = seen.getHeight();
        byte[] light = new byte[width * height];
        for (int i = 0; i < light.length; i++) {
            light[i] = (byte) (seen.getRGB(i % width, i / width) & 0xFF);
        }
        byte[] colour = new byte[width * height / 2];
        Arrays.fill(colour, (byte) 128);
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write("YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n"
                    .formatted(width, height)
                    .getBytes(StandardCharsets.US_ASCII));
            for (int frame = 0; frame < FRAMES; frame++) {
                out.write("FRAME\n".getBytes(StandardCharsets.US_ASCII));
                out.write(light);
                out.write(colour);
            }
        }
    }

    /** Where a program is. Without it the test is skipped, but not where CI has said it must run. */
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
}
