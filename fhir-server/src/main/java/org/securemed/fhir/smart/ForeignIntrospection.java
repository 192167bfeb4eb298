package org.securemed.fhir.smart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;

/**
 * Asks the trusted server what an opaque token of its is: over https, without redirects, at most 64 KiB in five
 * seconds, a few at a time. An answer, good or bad, is remembered for {@link #FRESH}: so long may a token that was
 * revoked there go on here. What is revoked here ends at once. Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7662">RFC 7662, OAuth 2.0 Token Introspection</a>
 */
final class ForeignIntrospection {
    /** How long an answer counts. */
    static final Duration FRESH = Duration.ofSeconds(5);

    private static final Logger log = LoggerFactory.getLogger(ForeignIntrospection.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int LARGEST = 64 * 1024;
    private static final int AT_ONCE = 8;
    // The year 5138: beyond it something else was meant.
    private static final long LATEST = 100_000_000_000L;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** An answer; {@code known} is null if the token is not active. */
    private record Answer(@Nullable AccessTokenAuthentication known, Instant at) {}

    private final TrustedServer trusted;
    private final Accounts accounts;
    private final RequesterClaims claims;
    private final ClientKeys addresses;
    private final String fhirBase;
    private final Clock clock;
    private final Duration skew;
    private final Semaphore room = new Semaphore(AT_ONCE);
    private final Cache<String, Answer> answers;
    private final HttpClient http = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(TIMEOUT)
            .build();

    ForeignIntrospection(
            TrustedServer trusted, ClientKeys addresses, Accounts accounts, SmartProperties properties, Clock clock) {
        this.trusted = trusted;
        this.addresses = addresses;
        this.accounts = accounts;
        this.fhirBase = properties.fhirBase();
        this.claims = new RequesterClaims(fhirBase);
        this.clock = clock;
        this.skew = properties.clockSkew();
        this.answers =
                Caffeine.newBuilder().maximumSize(properties.tokenCacheSize()).build();
    }

    /** Whether a token can only be understood by asking: it is no JWT, and there is somebody to ask. */
    boolean concerns(String token) {
        return trusted.introspectionUri() != null
                && token.chars().filter(c -> c == '.').count() != 2;
    }

    /**
     * The requester that the token speaks for.
     *
     * @param hash of the token
     * @throws InvalidBearerTokenException if it is not active, or not for this FHIR server
     * @throws Problem 403 {@code account-unknown} if its subject has no account here, 503 if nobody can be asked now
     */
    AccessTokenAuthentication authenticate(String token, String hash) {
        Instant now = clock.instant();
        Answer answer = answers.getIfPresent(hash);
        if (answer == null || answer.at().plus(FRESH).isBefore(now)) {
            answer = new Answer(requester(ask(token), token, hash, now).orElse(null), now);
            answers.put(hash, answer);
        }
        AccessTokenAuthentication known = answer.known();
        if (known == null || !now.isBefore(known.requester().expiresAt().plus(skew))) {
            throw new InvalidBearerTokenException("the access token is not valid");
        }
        return known;
    }

    private Optional<AccessTokenAuthentication> requester(
            Map<String, Object> answer, String token, String hash, Instant now) {
        Instant until = instant(answer.get("exp"));
        Instant from = instant(answer.get("nbf"));
        boolean good = Boolean.TRUE.equals(answer.get("active"))
                && until != null
                && (from == null || !from.minus(skew).isAfter(now))
                && answer.get("sub") instanceof String
                && isForThisServer(answer.get("aud"))
                && (answer.get("iss") == null || issuer().equals(answer.get("iss")));
        if (!good || until == null) {
            return Optional.empty();
        }
        Map<String, Object> set = new HashMap<>(answer);
        // An issue time that is not told is older than any revocation.
        Instant issued = instant(answer.get("iat"));
        set.put("iss", issuer());
        set.remove("iat");
        set.remove("nbf");
        set.put("exp", until);
        Jwt jwt = new Jwt(
                token,
                issued == null || !issued.isBefore(until) ? Instant.EPOCH : issued,
                until,
                Map.of("alg", "none"),
                set);
        Account account = accounts.linked(issuer(), String.valueOf(answer.get("sub")))
                .filter(Account::enabled)
                .orElseThrow(ForeignTokens::unknownAccount);
        return Optional.of(new AccessTokenAuthentication(jwt, claims.of(jwt, account, hash)));
    }

    private String issuer() {
        return String.valueOf(trusted.issuer());
    }

    private boolean isForThisServer(@Nullable Object audience) {
        return fhirBase.equals(audience) || audience instanceof Collection<?> many && many.contains(fhirBase);
    }

    private static @Nullable Instant instant(@Nullable Object seconds) {
        return seconds instanceof Number number && number.longValue() > 0 && number.longValue() < LATEST
                ? Instant.ofEpochSecond(number.longValue())
                : null;
    }

    private Map<String, Object> ask(String token) {
        URI address = trusted.introspectionUri();
        if (address == null || !addresses.allowed(address)) {
            throw unavailable();
        }
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(TIMEOUT)
                .header("Accept", "application/json")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Authorization", "Basic " + credentials())
                .POST(HttpRequest.BodyPublishers.ofString("token=" + encoded(token) + "&token_type_hint=access_token"))
                .build();
        try {
            if (!room.tryAcquire(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw unavailable();
            }
            try {
                // The request's own timeout ends with the headers; this one covers the body.
                String body = http.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
                        .thenApplyAsync(ForeignIntrospection::body)
                        .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
                Map<String, Object> answer = JSON.readValue(body, new TypeReference<Map<String, Object>>() {});
                if (answer == null) {
                    throw unavailable();
                }
                return answer;
            } finally {
                room.release();
            }
        } catch (ExecutionException | TimeoutException | JsonProcessingException e) {
            log.atWarn().addKeyValue("address", address).log("a token could not be introspected");
            throw unavailable();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable();
        }
    }

    private String credentials() {
        String pair =
                encoded(String.valueOf(trusted.clientId())) + ":" + encoded(String.valueOf(trusted.clientSecret()));
        return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String body(HttpResponse<InputStream> response) {
        try (InputStream in = response.body()) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (response.statusCode() != 200 || bytes.length > LARGEST) {
                throw new IllegalStateException("not an answer");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("no answer", e);
        }
    }

    private static Problem unavailable() {
        return Problem.unavailable(
                "token-check-unavailable", "The access token cannot be checked now. Try again.", FRESH);
    }
}
