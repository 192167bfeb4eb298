package org.securemed.card.qr;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.securemed.card.problem.Problem;
import org.securemed.card.server.BridgeProperties;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

/**
 * {@code GET /scanner}: a page that reads codes with the camera of whatever it is opened on. The page is open to all;
 * it logs its user in at the authorization server (SMART App Launch, standalone, public client with PKCE), keeps the
 * access token in memory and sends frames to {@code /scan}. It runs our own script and no other.
 */
@RestController
class ScannerPage {
    private static final Duration KEPT = Duration.ofHours(1);
    private static final Map<String, MediaType> FILES = Map.of(
            "scanner.js", MediaType.parseMediaType("text/javascript;charset=UTF-8"),
            "scanner.css", MediaType.parseMediaType("text/css;charset=UTF-8"));

    private final @Nullable String clientId;
    private final URI issuer;
    private final URI fhirBase;

    ScannerPage(ScanProperties properties, BridgeProperties bridge) {
        this.clientId = properties.clientId();
        this.issuer = bridge.issuer();
        this.fhirBase = bridge.fhirBase();
    }

    @GetMapping("/scanner")
    ResponseEntity<String> page() {
        if (clientId == null) {
            throw Problem.forStatus(404);
        }
        String html = text("scanner.html")
                .replace("{issuer}", HtmlUtils.htmlEscape(issuer.toString()))
                .replace("{client}", HtmlUtils.htmlEscape(clientId))
                .replace("{audience}", HtmlUtils.htmlEscape(fhirBase.toString()));
        return ResponseEntity.ok()
                .contentType(MediaType.parseMediaType("text/html;charset=UTF-8"))
                .cacheControl(CacheControl.noCache())
                .header("Content-Security-Policy", policy())
                .header("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
                .body(html);
    }

    @GetMapping("/scanner/{file}")
    ResponseEntity<String> file(@PathVariable String file) {
        MediaType type = FILES.get(file);
        if (clientId == null || type == null) {
            throw Problem.forStatus(404);
        }
        return ResponseEntity.ok()
                .contentType(type)
                .cacheControl(CacheControl.maxAge(KEPT))
                .body(text(file));
    }

    private String policy() {
        String servers = Stream.of(issuer, fhirBase)
                .map(server -> server.getScheme() + "://" + server.getRawAuthority())
                .distinct()
                .collect(Collectors.joining(" "));
        return "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' " + servers
                + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    private static String text(String file) {
        try (InputStream in = ScannerPage.class.getResourceAsStream("/scanner/" + file)) {
            if (in == null) {
                throw new IllegalStateException("the application lacks " + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
