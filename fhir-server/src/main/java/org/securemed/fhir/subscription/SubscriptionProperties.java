package org.securemed.fhir.subscription;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of Subscriptions, keys {@code securemed.subscription.*}.
 *
 * @param endpoints addresses below which subscribers may be notified; none: nobody can subscribe. https, in development
 *     also http
 * @param interval between two looks at what is to be sent
 * @param attempts how often one notification is tried, 2 to 20
 * @param pause before the second attempt; doubled for each further one
 * @param most how many Subscriptions one subscriber has, 1 to 1000
 */
@Validated
@ConfigurationProperties("securemed.subscription")
public record SubscriptionProperties(
        @DefaultValue List<URI> endpoints,
        @DefaultValue("1s") Duration interval,
        @DefaultValue("6") int attempts,
        @DefaultValue("10s") Duration pause,
        @DefaultValue("20") int most) {
    public SubscriptionProperties {
        endpoints = List.copyOf(endpoints);
        if (interval.toMillis() < 1 || pause.toMillis() < 1) {
            throw new IllegalArgumentException("securemed.subscription.interval and pause are positive");
        }
        if (attempts < 2 || attempts > 20) {
            throw new IllegalArgumentException("securemed.subscription.attempts is 2 to 20");
        }
        if (most < 1 || most > 1000) {
            throw new IllegalArgumentException("securemed.subscription.most is 1 to 1000");
        }
    }
}
