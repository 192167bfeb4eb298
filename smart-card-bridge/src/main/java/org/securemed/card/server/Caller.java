package org.securemed.card.server;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.securemed.card.problem.Problem;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;

/**
 * Who asks, as the access token says.
 *
 * @param subject {@code sub}: the account's or the client's name
 * @param fhirUser the person as a relative reference ({@code Practitioner/1}), null for machine clients without one
 * @param patient the patient in context of the token (SMART launch context), logical id
 * @param clientId the app
 * @param roles codes of the system {@code https://securemed.org/fhir/CodeSystem/role}
 * @param scopes granted scopes
 * @param acr how the person was authenticated (OpenID Connect), null if the token does not say
 * @param token the access token itself, to ask the FHIR server in the caller's name; not for logs
 * @see <a href="https://profiles.ihe.net/ITI/IUA/index.html#3714222-jwt-access-token-option">IHE IUA, JWT access
 *     token</a>
 */
public record Caller(
        String subject,
        @Nullable String fhirUser,
        @Nullable String patient,
        String clientId,
        Set<String> roles,
        Set<String> scopes,
        @Nullable String acr,
        String token) {
    public Caller {
        roles = Set.copyOf(roles);
        scopes = Set.copyOf(scopes);
    }

    /**
     * Who sent the request that this thread answers.
     *
     * @throws Problem 401 if the request came without a token
     */
    public static Caller current() {
        return known().orElseThrow(() -> Problem.unauthorized("token-missing", "Send an access token."));
    }

    /** Who sent the request that this thread answers, if it came with a token: where none is needed. */
    public static Optional<Caller> known() {
        Authentication known = SecurityContextHolder.getContext().getAuthentication();
        return known instanceof JwtAuthenticationToken token && token.getDetails() instanceof Caller caller
                ? Optional.of(caller)
                : Optional.empty();
    }

    /** Whether the caller has this role. */
    public boolean is(String role) {
        return roles.contains(role);
    }

    /**
     * This caller, if there is one of these roles.
     *
     * @throws Problem 403 otherwise
     */
    public Caller requireRole(String... allowed) {
        if (Stream.of(allowed).noneMatch(roles::contains)) {
            throw Problem.forbidden("forbidden", "This is not allowed for you.");
        }
        return this;
    }

    /** What the security chain keeps of a verified token. */
    static AbstractAuthenticationToken authentication(Jwt token) {
        JwtAuthenticationToken known = new JwtAuthenticationToken(token, List.of());
        known.setDetails(of(token));
        return known;
    }

    private static Caller of(Jwt token) {
        String scope = token.getClaimAsString("scope");
        return new Caller(
                required(token.getSubject()),
                relative(token.getClaimAsString("fhirUser"), token),
                token.getClaimAsString("patient"),
                required(token.getClaimAsString("client_id")),
                codes(iua(token).get("subject_role")),
                scope == null || scope.isBlank()
                        ? Set.of()
                        : Set.of(scope.trim().split(" +")),
                token.getClaimAsString("acr"),
                token.getTokenValue());
    }

    private static Map<?, ?> iua(Jwt token) {
        return token.getClaim("extensions") instanceof Map<?, ?> extensions
                        && extensions.get("ihe_iua") instanceof Map<?, ?> iua
                ? iua
                : Map.of();
    }

    private static Set<String> codes(@Nullable Object claim) {
        if (!(claim instanceof Collection<?> many)) {
            return Set.of();
        }
        return many.stream()
                .flatMap(one -> one instanceof Map<?, ?> coding && coding.get("code") instanceof String code
                        ? Stream.of(code)
                        : Stream.empty())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Audience is the FHIR base, by which the token's references are absolute. */
    private static @Nullable String relative(@Nullable String reference, Jwt token) {
        if (reference == null) {
            return null;
        }
        for (String base : token.getAudience()) {
            if (reference.startsWith(base + "/")) {
                return reference.substring(base.length() + 1);
            }
        }
        return reference;
    }

    private static String required(@Nullable String claim) {
        if (claim == null || claim.isBlank()) {
            throw new org.springframework.security.oauth2.server.resource.InvalidBearerTokenException(
                    "the access token lacks a claim");
        }
        return claim;
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "Caller[client=" + clientId + "]";
    }
}
