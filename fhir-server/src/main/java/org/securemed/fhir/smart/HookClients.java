package org.securemed.fhir.smart;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Machine clients that prove themselves on each call, by a JWT of their own in place of an access token: RS384 or ES384
 * by exactly one registered key, {@code iss} the client id, {@code aud} the address that is called, at most five
 * minutes long, each {@code jti} once across all instances. Thread-safe.
 *
 * @see <a href="https://cds-hooks.hl7.org/2.0/#trusting-cds-clients">CDS Hooks 2.0, Trusting CDS Clients</a>
 */
public final class HookClients {
    private static final Duration LONGEST_LIFE = Duration.ofMinutes(5);
    private static final int LONGEST = 8192;
    private static final Pattern ID = Pattern.compile("[\\x21-\\x7e]{1,256}");
    private static final String BEARER = "Bearer ";

    private final Clients clients;
    private final ClientSignatures signatures;
    private final String issuer;
    private final Duration skew;
    private final Clock clock;

    HookClients(Clients clients, ClientSignatures signatures, SmartProperties properties, Clock clock) {
        this.clients = clients;
        this.signatures = signatures;
        this.issuer = properties.issuer();
        this.skew = properties.clockSkew();
        this.clock = clock;
    }

    /** The address below this server, as it stands in {@code aud}. */
    public String address(String path) {
        return issuer + path;
    }

    /** A chain for addresses whose callers prove themselves so: no cookies, no sessions, no access tokens. */
    public HttpSecurity configure(HttpSecurity http, RequestMatcher paths) throws Exception {
        SecurityChains.headers(http, SecurityChains.DATA);
        return http.securityMatcher(paths)
                .csrf(AbstractHttpConfigurer::disable)
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .requestCache(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .authorizeHttpRequests(requests -> requests.anyRequest().permitAll());
    }

    /**
     * Who calls; empty if the JWT proves nothing.
     *
     * @param authorization the header, null if there was none
     * @param address the address that was called
     */
    public Optional<Requester> caller(@Nullable String authorization, String address) {
        if (authorization == null || !authorization.startsWith(BEARER) || authorization.length() > LONGEST) {
            return Optional.empty();
        }
        try {
            SignedJWT jwt =
                    SignedJWT.parse(authorization.substring(BEARER.length()).strip());
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            String id = claims.getIssuer();
            RegisteredClient client = id == null ? null : clients.findByClientId(id);
            if (client == null || !signatures.signed(client, jwt)) {
                return Optional.empty();
            }
            Optional<Instant> end = end(claims, address);
            boolean proven = end.isPresent()
                    && signatures.first(
                            "hook " + id, claims.getJWTID(), end.get().plus(skew));
            return proven
                    ? Requester.machine(issuer, client, claims.getJWTID(), ScopeSet.NONE, end.get())
                    : Optional.empty();
        } catch (ParseException | JOSEException | IllegalStateException e) {
            return Optional.empty();
        }
    }

    private Optional<Instant> end(JWTClaimsSet claims, String address) {
        Instant now = clock.instant();
        Date expiry = claims.getExpirationTime();
        Date issued = claims.getIssueTime();
        String id = claims.getJWTID();
        boolean timely = expiry != null
                && issued != null
                && expiry.toInstant().plus(skew).isAfter(now)
                && !expiry.toInstant().isAfter(now.plus(LONGEST_LIFE).plus(skew))
                && !issued.toInstant().minus(skew).isAfter(now);
        boolean meant = claims.getAudience().equals(List.of(address))
                && id != null
                && ID.matcher(id).matches();
        return timely && meant ? Optional.of(expiry.toInstant()) : Optional.empty();
    }
}
