package org.securemed.fhir.smart;

import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the authorization server and of the token check, keys {@code securemed.smart.*}.
 *
 * @param baseUrl this server's public address without a trailing slash; also the issuer of its tokens. The FHIR base,
 *     and so the audience of access tokens, is this followed by {@code /fhir}
 * @param keyEncryptionSecret base64 of 32 random bytes under which private signing keys are stored; absent: a public
 *     constant, refused under the profile {@code production}
 * @param accessTokenLifetime of tokens for users, at most an hour (SMART 2.2)
 * @param backendTokenLifetime of tokens for machine clients, at most five minutes (SMART 2.2 Backend Services)
 * @param refreshTokenLifetime from the last log-in or refresh on
 * @param authorizationCodeLifetime from consent to exchange, at most ten minutes (RFC 6749 section 4.1.2)
 * @param tokenCacheSize how many verified access tokens are remembered
 * @param clockSkew how much this server's clocks may differ
 * @param stepUpAge how long after a strong log-in a person may grant consent, break the glass or administer
 * @param strongLogIns which log-ins are strong enough for that
 */
@Validated
@ConfigurationProperties("securemed.smart")
public record SmartProperties(
        @DefaultValue("http://localhost:8080") @NotNull URI baseUrl,
        @Nullable String keyEncryptionSecret,
        @DefaultValue("1h") Duration accessTokenLifetime,
        @DefaultValue("5m") Duration backendTokenLifetime,
        @DefaultValue("90d") Duration refreshTokenLifetime,
        @DefaultValue("1m") Duration authorizationCodeLifetime,
        @DefaultValue("10000") int tokenCacheSize,
        @DefaultValue("5s") Duration clockSkew,
        @DefaultValue("10m") Duration stepUpAge,
        @DefaultValue({"passkey", "card"}) Set<LogIn.Method> strongLogIns) {
    public SmartProperties {
        String scheme = baseUrl.getScheme() == null ? "" : baseUrl.getScheme().toLowerCase(Locale.ROOT);
        if (!(scheme.equals("http") || scheme.equals("https"))
                || baseUrl.getHost() == null
                || baseUrl.getRawUserInfo() != null
                || baseUrl.getRawQuery() != null
                || baseUrl.getRawFragment() != null
                || baseUrl.getRawPath().endsWith("/")) {
            throw new IllegalArgumentException(
                    "securemed.smart.base-url is an absolute http(s) address without query and trailing slash");
        }
        within("access-token-lifetime", accessTokenLifetime, Duration.ofHours(1));
        within("backend-token-lifetime", backendTokenLifetime, Duration.ofMinutes(5));
        within("authorization-code-lifetime", authorizationCodeLifetime, Duration.ofMinutes(10));
        within("refresh-token-lifetime", refreshTokenLifetime, Duration.ofDays(366));
        if (clockSkew.isNegative() || clockSkew.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException("securemed.smart.clock-skew is between 0 and 1m");
        }
        within("step-up-age", stepUpAge, Duration.ofHours(12));
        strongLogIns = Set.copyOf(strongLogIns);
        if (strongLogIns.contains(LogIn.Method.CARD_WITHOUT_PIN)) {
            throw new IllegalArgumentException("securemed.smart.strong-log-ins: a card without its PIN is none");
        }
        if (tokenCacheSize < 0) {
            throw new IllegalArgumentException("securemed.smart.token-cache-size is not negative");
        }
    }

    /** {@code iss} of this server's tokens. */
    public String issuer() {
        return baseUrl.toString();
    }

    /** The FHIR base, {@code aud} of access tokens. */
    public String fhirBase() {
        return baseUrl + "/fhir";
    }

    /** Whether browsers reach this server by TLS only. */
    boolean secure() {
        return baseUrl.getScheme().equalsIgnoreCase("https");
    }

    private static void within(String key, Duration value, Duration most) {
        if (value.isNegative() || value.isZero() || value.compareTo(most) > 0) {
            throw new IllegalArgumentException("securemed.smart.%s is more than 0 and at most %s".formatted(key, most));
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "SmartProperties[baseUrl=" + baseUrl + "]";
    }
}
