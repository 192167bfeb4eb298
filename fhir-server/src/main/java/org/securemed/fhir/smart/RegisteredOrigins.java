package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsConfigurationSource;

/**
 * Which web pages may call from a browser: any page for what is public, else pages of registered apps, known by the
 * origins of their redirect addresses. Read again every half minute. Thread-safe.
 *
 * @see <a
 *     href="https://hl7.org/fhir/smart-app-launch/app-launch.html#considerations-for-cross-origin-resource-sharing-cors-support">
 *     SMART App Launch 2.2, CORS</a>
 */
final class RegisteredOrigins implements CorsConfigurationSource {
    private static final Duration FRESH = Duration.ofSeconds(30);

    private static final Pattern LOOPBACK = Pattern.compile("http://(127\\.0\\.0\\.1|\\[::1]):[0-9]{1,5}");

    private record Known(Set<String> origins, Instant at) {}

    private final JdbcClient database;
    private final Clock clock;
    private volatile Known known = new Known(Set.of(), Instant.MIN);

    RegisteredOrigins(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    @Override
    public @Nullable CorsConfiguration getCorsConfiguration(HttpServletRequest request) {
        String origin = request.getHeader("Origin");
        if (origin == null || !Endpoints.CALLED_BY_SCRIPTS.matches(request)) {
            // A browser that goes somewhere, by a form too, is no script that calls; it may well say Origin: null.
            return null;
        }
        CorsConfiguration cors = new CorsConfiguration();
        cors.setAllowedMethods(List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"));
        cors.setAllowedHeaders(List.of(
                "Authorization",
                "Content-Type",
                "Accept",
                "If-Match",
                "If-None-Match",
                "If-None-Exist",
                "Prefer",
                "X-Request-Id"));
        cors.setExposedHeaders(List.of("ETag", "Location", "Content-Location", "Last-Modified", "X-Request-Id"));
        cors.setMaxAge(Duration.ofMinutes(10));
        if (Endpoints.PUBLIC.matches(request)) {
            cors.setAllowedOrigins(List.of("*"));
        } else {
            cors.setAllowedOrigins(registered(origin) ? List.of(origin) : List.of());
        }
        return cors;
    }

    /** An app on the person's own machine takes the port that is free, RFC 8252 section 7.3. */
    private boolean registered(String origin) {
        return origins().contains(origin)
                || LOOPBACK.matcher(origin).matches()
                        && origins().contains(origin.substring(0, origin.lastIndexOf(':')));
    }

    private Set<String> origins() {
        Instant now = clock.instant();
        Known held = known;
        if (held.at().isAfter(now.minus(FRESH))) {
            return held.origins();
        }
        Set<String> origins = new TreeSet<>();
        database.sql("select redirect_uris from smart.oauth2_registered_client where redirect_uris <> '' and enabled")
                .query(String.class)
                .list()
                .forEach(uris -> {
                    for (String uri : uris.split(",")) {
                        origin(uri).ifPresent(origins::add);
                    }
                });
        known = new Known(Set.copyOf(origins), now);
        return known.origins();
    }

    static java.util.Optional<String> origin(String uri) {
        URI address = URI.create(uri);
        String scheme = address.getScheme();
        if (!"https".equals(scheme) && !"http".equals(scheme) || address.getHost() == null) {
            return java.util.Optional.empty();
        }
        return java.util.Optional.of(
                scheme + "://" + address.getHost() + (address.getPort() < 0 ? "" : ":" + address.getPort()));
    }
}
