package org.securemed.card.server;

import java.net.URI;
import java.util.Locale;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;

/** Refuses to start under the profile {@code production} with what is good for development only. */
final class ProductionGuard {
    private static final String PRODUCTION = "production";

    private ProductionGuard() {}

    /**
     * Checks the addresses that access tokens travel to.
     *
     * @throws IllegalStateException naming the setting
     */
    static void check(BridgeProperties properties, Environment environment) {
        if (!environment.acceptsProfiles(Profiles.of(PRODUCTION))) {
            return;
        }
        if (!isHttps(properties.issuer())) {
            throw new IllegalStateException(
                    "securemed.bridge.issuer is no https address; in production it is that of the authorization server");
        }
        URI fhir = properties.fhirBase();
        if (!isHttps(fhir) && !isLoopback(fhir)) {
            throw new IllegalStateException(
                    "securemed.bridge.fhir-base is neither an https address nor on this machine, and access tokens go there");
        }
    }

    private static boolean isHttps(URI address) {
        return "https".equals(address.getScheme().toLowerCase(Locale.ROOT));
    }

    private static boolean isLoopback(URI address) {
        return "127.0.0.1".equals(address.getHost()) || "localhost".equals(address.getHost());
    }
}
