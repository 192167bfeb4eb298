package org.securemed.card.healthcard;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Makes health cards. Thread-safe. */
final class HealthCardIssuer {
    private final URI issuer;
    private final IssuerKeys keys;
    private final IssuedCards cards;
    private final Duration lifetime;
    private final Clock clock;

    /** @param issuer our public address: {@code iss} */
    HealthCardIssuer(URI issuer, IssuerKeys keys, IssuedCards cards, Duration lifetime, Clock clock) {
        this.issuer = issuer;
        this.keys = keys;
        this.cards = cards;
        this.lifetime = lifetime;
        this.clock = clock;
    }

    /**
     * Makes one.
     *
     * @param patient logical id
     * @param resources the Patient first
     */
    HealthCard issue(String patient, CardContent content, List<ObjectNode> resources) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        Instant expires = now.plus(lifetime);
        SigningKey key = keys.signing();
        String id = cards.add(key.id(), patient, content, now, expires);
        String jws = key.sign(issuer.toString(), now, expires, id, CardBundle.of(content, resources));
        return new HealthCard(id, key.id(), content, expires, jws);
    }
}
