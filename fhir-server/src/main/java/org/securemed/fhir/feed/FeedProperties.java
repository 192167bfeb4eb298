package org.securemed.fhir.feed;

import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the feed, keys {@code securemed.feed.*}.
 *
 * @param url of the repository: its FHIR base, https, or {@code syslog+tls://host:port}; absent: nothing is sent.
 *     Without TLS only to this machine
 * @param token sent as a bearer token; absent: none. Syslog has none
 * @param sslBundle name of an SSL bundle ({@code spring.ssl.bundle.*}) with the certificates that are trusted and this
 *     server's own; absent: those that Java trusts, and none
 * @param interval between two looks at what is new
 * @param batch how many ledger entries are sent at once
 * @param attempts how often an event is sent that the repository refuses, before it is laid aside
 */
@Validated
@ConfigurationProperties("securemed.feed")
public record FeedProperties(
        @Nullable URI url,
        @Nullable String token,
        @Nullable String sslBundle,
        @DefaultValue("5s") @NotNull Duration interval,
        @DefaultValue("100") int batch,
        @DefaultValue("10") int attempts) {
    static final String SYSLOG = "syslog+tls";

    public FeedProperties {
        boolean secure = url == null
                || url.getHost() != null && ("https".equals(url.getScheme()) || SYSLOG.equals(url.getScheme()))
                || "http".equals(url.getScheme())
                        && Set.of("localhost", "127.0.0.1").contains(url.getHost());
        if (!secure) {
            throw new IllegalArgumentException("securemed.feed.url is an https or syslog+tls address");
        }
        if (interval.toMillis() < 1 || batch < 1 || batch > 500 || attempts < 1) {
            throw new IllegalArgumentException("securemed.feed.interval and attempts are positive, batch is 1 to 500");
        }
    }

    boolean isSyslog() {
        return url != null && SYSLOG.equals(url.getScheme());
    }

    /** The settings without the token. */
    @Override
    public String toString() {
        return "FeedProperties[url=%s]".formatted(url);
    }
}
