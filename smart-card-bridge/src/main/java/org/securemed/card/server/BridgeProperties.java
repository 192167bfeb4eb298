package org.securemed.card.server;

import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Where the bridge is and whom it works with, keys {@code securemed.bridge.*}.
 *
 * @param baseUrl this application's public address, without a trailing slash
 * @param issuer the authorization server whose access tokens are accepted, without a trailing slash
 * @param fhirBase the FHIR server, and the audience that access tokens must name; absent: the issuer's followed by
 *     {@code /fhir}
 * @param maxBody largest request body
 * @param clockSkew how much the authorization server's clock may differ, at most a minute
 */
@Validated
@ConfigurationProperties("securemed.bridge")
public record BridgeProperties(
        @DefaultValue("http://localhost:8090") @NotNull URI baseUrl,
        @DefaultValue("http://localhost:8080") @NotNull URI issuer,
        @Nullable URI fhirBase,
        @DefaultValue("16MB") @NotNull DataSize maxBody,
        @DefaultValue("5s") @NotNull Duration clockSkew) {
    public BridgeProperties {
        requireAddress("base-url", baseUrl);
        requireAddress("issuer", issuer);
        fhirBase = fhirBase == null ? URI.create(issuer + "/fhir") : fhirBase;
        requireAddress("fhir-base", fhirBase);
        if (maxBody.toBytes() < 1) {
            throw new IllegalArgumentException("securemed.bridge.max-body is at least 1B");
        }
        if (clockSkew.isNegative() || clockSkew.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException("securemed.bridge.clock-skew is between 0 and 1m");
        }
    }

    /** The FHIR server's base, without a trailing slash. */
    @Override
    public URI fhirBase() {
        if (fhirBase == null) {
            throw new IllegalStateException("set by the constructor");
        }
        return fhirBase;
    }

    private static void requireAddress(String key, URI address) {
        String scheme = address.getScheme() == null ? "" : address.getScheme().toLowerCase(Locale.ROOT);
        if (!(scheme.equals("http") || scheme.equals("https"))
                || address.getHost() == null
                || address.getRawUserInfo() != null
                || address.getRawQuery() != null
                || address.getRawFragment() != null
                || address.getRawPath().endsWith("/")) {
            throw new IllegalArgumentException(
                    "securemed.bridge.%s is an absolute http(s) address without query and trailing slash"
                            .formatted(key));
        }
    }
}
