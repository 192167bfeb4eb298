package org.securemed.card.server;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;

/** Refuses to start with a {@code securemed.*} key that nothing reads: a misspelt setting is no silent default. */
final class KnownSettings {
    private static final Set<ConfigurationPropertyName> KNOWN = Stream.of(
                    "securemed.bridge.base-url",
                    "securemed.bridge.issuer",
                    "securemed.bridge.fhir-base",
                    "securemed.bridge.max-body",
                    "securemed.bridge.clock-skew",
                    "securemed.bridge.sealing-secret",
                    "securemed.bridge.cards.ca",
                    "securemed.bridge.cards.revocation-list",
                    "securemed.bridge.cards.number-secret",
                    "securemed.bridge.cards.challenge-lifetime",
                    "securemed.bridge.cards.log-out-on-removal",
                    "securemed.bridge.cards.removal-grace",
                    "securemed.bridge.cards.presence-lease",
                    "securemed.bridge.cards.requests-per-minute",
                    "securemed.bridge.cards.workstation-certificates",
                    "securemed.bridge.health-card.lifetime",
                    "securemed.bridge.health-card.key-lifetime",
                    "securemed.bridge.health-card.trusted-issuers",
                    "securemed.bridge.health-card.private-issuers",
                    "securemed.bridge.health-card.refresh-after",
                    "securemed.bridge.health-card.stale-after",
                    "securemed.bridge.client.id",
                    "securemed.bridge.client.key",
                    "securemed.bridge.client.tls.certificate",
                    "securemed.bridge.client.tls.key",
                    "securemed.bridge.client.tls.trust",
                    "securemed.bridge.health-link.lifetime",
                    "securemed.bridge.health-link.longest-lifetime",
                    "securemed.bridge.health-link.passcode-attempts",
                    "securemed.bridge.health-link.requests-per-minute",
                    "securemed.bridge.health-link.viewer",
                    "securemed.bridge.check-in.lifetime",
                    "securemed.bridge.check-in.gsrn-system",
                    "securemed.bridge.check-in.printed-system",
                    "securemed.bridge.scan.time-limit",
                    "securemed.bridge.scan.parallel",
                    "securemed.bridge.scan.client-id",
                    "securemed.development.data-directory",
                    "securemed.development.postgres-port")
            .map(ConfigurationPropertyName::of)
            .collect(Collectors.toUnmodifiableSet());

    /**
     * Where the project's tests find the implementation guides, and how long they run; it reaches every JVM of a build.
     */
    private static final List<String> OF_THE_BUILD = List.of("securemed.ig.dir", "securemed.test.");

    private KnownSettings() {}

    /**
     * Checks every key that begins with {@code securemed.}, wherever it is set.
     *
     * @throws IllegalStateException naming the keys that are not known
     */
    static void check(ConfigurableEnvironment environment) {
        Set<String> unknown = new TreeSet<>();
        environment.getPropertySources().forEach(source -> {
            if (source instanceof EnumerablePropertySource<?> enumerable) {
                for (String name : enumerable.getPropertyNames()) {
                    if (name.startsWith("securemed.")
                            && OF_THE_BUILD.stream().noneMatch(name::startsWith)
                            && !isKnown(name)) {
                        unknown.add(name);
                    }
                }
            }
        });
        if (!unknown.isEmpty()) {
            throw new IllegalStateException("unknown settings: " + String.join(", ", unknown));
        }
    }

    /** Elements of a list are named by the list: {@code key[0]}. */
    private static boolean isKnown(String name) {
        ConfigurationPropertyName key = ConfigurationPropertyName.adapt(name, '.');
        return KNOWN.contains(key.isLastElementIndexed() ? key.getParent() : key);
    }

    /** The keys that are known, in canonical form. */
    static Set<String> known() {
        return KNOWN.stream().map(ConfigurationPropertyName::toString).collect(Collectors.toUnmodifiableSet());
    }
}
