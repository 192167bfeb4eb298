package org.securemed.fhir.feed;

import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the feed, keys {@code securemed.feed.*}.
 *
 * @param url FHIR base of the repository; absent: nothing is sent. Without TLS only to this machine
 * @param token sent as a bearer token; absent: none
 * @param interval between two looks at what is new
 * @param batch how many ledger entries are sent at once
 */
@Validated
@ConfigurationProperties("securemed.feed")
public record FeedProperties(
        @Nullable URI url,
        @Nullable String token,
        @DefaultValue("5s") @NotNull Duration interval,
        @DefaultValue("100") int batch) {
    public FeedProperties {
        boolean secure = url == null
                || "https".equals(url.getScheme())
                || "http".equals(url.getScheme())
                        && ("localhost".equals(url.getHost()) || "127.0.0.1".equals(url.getHost()));
        if (!secure) {
            throw new IllegalArgumentException("securemed.feed.url is an https address");
        }
        if (interval.toMillis() < 1 || batch < 1 || batch > 500) {
            throw new IllegalArgumentException("securemed.feed.interval is positive, batch is 1 to 500");
        }
    }

    /** The settings without the token. */
    @Override
    public String toString() {
        return "FeedProperties[url=%s]".formatted(url);
    }
}
