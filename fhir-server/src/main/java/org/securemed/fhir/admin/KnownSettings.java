package org.securemed.fhir.admin;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;

/**
 * Refuses to start with a {@code securemed.*} key that nothing reads: a misspelt setting must not be a silent default.
 */
public final class KnownSettings {
    private static final Set<ConfigurationPropertyName> KNOWN = Set.of(
                    "securemed.fhir.base-url",
                    "securemed.fhir.max-body",
                    "securemed.smart.base-url",
                    "securemed.smart.key-encryption-secret",
                    "securemed.smart.access-token-lifetime",
                    "securemed.smart.backend-token-lifetime",
                    "securemed.smart.refresh-token-lifetime",
                    "securemed.smart.authorization-code-lifetime",
                    "securemed.smart.token-cache-size",
                    "securemed.smart.clock-skew",
                    "securemed.smart.step-up-age",
                    "securemed.smart.log-in-issuer.issuer",
                    "securemed.smart.log-in-issuer.client-id",
                    "securemed.smart.log-in-issuer.client-secret",
                    "securemed.smart.log-in-issuer.name",
                    "securemed.smart.trusted-server.issuer",
                    "securemed.smart.trusted-server.jwks-uri",
                    "securemed.smart.trusted-server.introspection-uri",
                    "securemed.smart.trusted-server.client-id",
                    "securemed.smart.trusted-server.client-secret",
                    "securemed.smart.strong-log-ins",
                    "securemed.smart.card-bridge.client-id",
                    "securemed.smart.card-bridge.keys",
                    "securemed.smart.card-bridge.reader",
                    "securemed.smart.card-bridge.certificates",
                    "securemed.smart.card-bridge.without-pin",
                    "securemed.consent.implicit-policy",
                    "securemed.consent.adopt",
                    "securemed.consent.answer-interval",
                    "securemed.consent.label-lists",
                    "securemed.consent.redactions",
                    "securemed.consent.break-glass.roles",
                    "securemed.consent.break-glass.duration",
                    "securemed.subscription.endpoints",
                    "securemed.subscription.interval",
                    "securemed.subscription.attempts",
                    "securemed.subscription.pause",
                    "securemed.subscription.most",
                    "securemed.export.lifetime",
                    "securemed.export.most-jobs",
                    "securemed.export.threads",
                    "securemed.export.file-resources",
                    "securemed.integrity.sweep-interval",
                    "securemed.integrity.sweep-rate",
                    "securemed.integrity.on-read",
                    "securemed.integrity.replica.url",
                    "securemed.integrity.replica.user",
                    "securemed.integrity.replica.password",
                    "securemed.research.pseudonym-secret",
                    "securemed.review.enabled",
                    "securemed.review.interval",
                    "securemed.review.findings-at-once",
                    "securemed.review.threshold",
                    "securemed.review.zone",
                    "securemed.review.day-begins",
                    "securemed.review.day-ends",
                    "securemed.review.patients-per-hour",
                    "securemed.review.denials-per-hour",
                    "securemed.review.search-window",
                    "securemed.review.card-window",
                    "securemed.review.due",
                    "securemed.review.look-back",
                    "securemed.review.rate",
                    "securemed.review.scores.own-record",
                    "securemed.review.scores.same-surname",
                    "securemed.review.scores.same-address",
                    "securemed.review.scores.no-care-relationship",
                    "securemed.review.scores.off-hours",
                    "securemed.review.scores.volume",
                    "securemed.review.scores.search-then-open",
                    "securemed.review.scores.vip",
                    "securemed.review.scores.department-mismatch",
                    "securemed.review.scores.card-in-two-places",
                    "securemed.review.scores.blocked-card",
                    "securemed.review.scores.card-too-often",
                    "securemed.review.scores.repeated-denials",
                    "securemed.retention.period",
                    "securemed.retention.shorter",
                    "securemed.retention.rate",
                    "securemed.feed.url",
                    "securemed.feed.token",
                    "securemed.feed.interval",
                    "securemed.feed.batch",
                    "securemed.feed.ssl-bundle",
                    "securemed.feed.attempts",
                    "securemed.audit.metadata",
                    "securemed.consent.cards.presence",
                    "securemed.consent.cards.signature",
                    "securemed.consent.cards.requests-per-hour",
                    "securemed.demo.enabled",
                    "securemed.demo.token-lifetime",
                    "securemed.demo.directory",
                    "securemed.demo.patients",
                    "securemed.ledger.origin",
                    "securemed.ledger.instance",
                    "securemed.ledger.create",
                    "securemed.ledger.directory",
                    "securemed.ledger.keystore",
                    "securemed.ledger.keystore-password",
                    "securemed.ledger.token",
                    "securemed.ledger.token-pin",
                    "securemed.ledger.log-key-alias",
                    "securemed.ledger.outgoing-log-key-alias",
                    "securemed.ledger.instance-key-alias",
                    "securemed.witness.policy",
                    "securemed.witness.interval",
                    "securemed.witness.max-without-quorum",
                    "securemed.ledger.owner-username",
                    "securemed.ledger.owner-password",
                    "securemed.ledger.patient-keystore",
                    "securemed.ledger.patient-keystore-password",
                    "securemed.development.data-directory",
                    "securemed.development.postgres-port")
            .stream()
            .map(ConfigurationPropertyName::of)
            .collect(Collectors.toUnmodifiableSet());

    private KnownSettings() {}

    /**
     * Checks every key that begins with {@code securemed.}, wherever it is set.
     *
     * @throws IllegalStateException naming the keys that are not known
     */
    public static void check(ConfigurableEnvironment environment) {
        Set<String> unknown = new TreeSet<>();
        environment.getPropertySources().forEach(source -> {
            if (source instanceof EnumerablePropertySource<?> enumerable) {
                for (String name : enumerable.getPropertyNames()) {
                    if (name.startsWith("securemed.") && !KNOWN.contains(ConfigurationPropertyName.adapt(name, '.'))) {
                        unknown.add(name);
                    }
                }
            }
        });
        if (!unknown.isEmpty()) {
            throw new IllegalStateException("unknown settings: " + String.join(", ", unknown));
        }
    }

    /** The keys that are known, in canonical form. */
    public static Set<String> known() {
        return KNOWN.stream().map(ConfigurationPropertyName::toString).collect(Collectors.toUnmodifiableSet());
    }
}
