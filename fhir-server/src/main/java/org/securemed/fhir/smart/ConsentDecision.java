package org.securemed.fhir.smart;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Turns the answer on the consent screen into an authorization: what was chosen is what the token will hold, and the
 * consent that is told of it, in one transaction. The answer may only narrow what the app asked for. Thread-safe.
 */
final class ConsentDecision implements AuthenticationProvider {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final PendingRequests pending;
    private final Authorizations authorizations;
    private final AppConsents consents;
    private final AppAuthorizations apps;
    private final SmartProperties properties;
    private final SecurityTrail trail;
    private final StepUp stepUp;
    private final LiveSessions sessions;
    private final TransactionTemplate transactions;
    private final Clock clock;

    ConsentDecision(
            PendingRequests pending,
            Authorizations authorizations,
            AppConsents consents,
            AppAuthorizations apps,
            SmartProperties properties,
            SecurityTrail trail,
            StepUp stepUp,
            LiveSessions sessions,
            TransactionTemplate transactions,
            Clock clock) {
        this.pending = pending;
        this.authorizations = authorizations;
        this.consents = consents;
        this.apps = apps;
        this.properties = properties;
        this.trail = trail;
        this.stepUp = stepUp;
        this.sessions = sessions;
        this.transactions = transactions;
        this.clock = clock;
    }

    @Override
    public Authentication authenticate(Authentication authentication) {
        ConsentAnswer answer = (ConsentAnswer) authentication;
        PendingRequests.Pending request = pending.find(answer.person(), answer.state())
                .orElseThrow(() -> new OAuth2AuthorizationCodeRequestAuthenticationException(
                        new OAuth2Error(OAuth2ErrorCodes.INVALID_REQUEST, "state", null), null));
        if (!answer.allowed()) {
            refused(answer, request);
            throw told(OAuth2ErrorCodes.ACCESS_DENIED, "the person did not allow it", request);
        }
        requireStepUp(answer);
        LaunchContext launch = launch(request, answer.patient());
        Set<Scope> granted = new LinkedHashSet<>();
        for (Scope scope : comingBack(request.scopes(), answer).scopes()) {
            granted.addAll(scope.fold(
                    resource -> resource.context() == ScopeContext.PATIENT
                            ? DataCategory.narrow(resource, answer.categories())
                            : Set.of(resource),
                    Set::of));
        }
        ScopeSet scopes = new ScopeSet(granted);
        if (scopes.scopes().stream().noneMatch(scope -> scope instanceof Scope.Resource)
                && request.scopes().scopes().stream().anyMatch(scope -> scope instanceof Scope.Resource)) {
            refused(answer, request);
            throw told(OAuth2ErrorCodes.ACCESS_DENIED, "the person did not allow it", request);
        }
        Instant until = until(request, scopes, answer.duration());
        OAuth2AuthorizationCode code = code(request.client());
        AppConsents.App app = new AppConsents.App(
                request.client().getClientId(),
                request.client().getClientName(),
                Clients.setting(request.client(), Clients.Setting.PUBLISHER));
        AppUser user = request.user().toward(launch.patient());
        consents.prepare(app, user);
        transactions.executeWithoutResult(status -> {
            Optional<AppConsents.Written> consent = consents.granted(new AppConsents.Granted(
                    request.authorization().getId(),
                    app,
                    user,
                    inPerson(request, user, answer),
                    launch.patient(),
                    scopes,
                    answer.topics(),
                    until));
            authorizations.save(OAuth2Authorization.from(request.authorization())
                    .authorizedScopes(new LinkedHashSet<>(scopes.texts()))
                    .token(code)
                    .attributes(attributes -> {
                        attributes.remove(OAuth2ParameterNames.STATE);
                        attributes.put(Grants.LAUNCH, LaunchContexts.write(launch));
                        attributes.put(
                                Grants.DECIDED, Long.toString(clock.instant().getEpochSecond()));
                        attributes.put(
                                Grants.TOPICS,
                                answer.topics().stream()
                                        .map(SensitiveTopic::name)
                                        .sorted()
                                        .collect(Collectors.joining(" ")));
                        if (until != null) {
                            attributes.put(Grants.UNTIL, Long.toString(until.getEpochSecond()));
                        }
                        if (scopes.has(Scope.Named.ONLINE_ACCESS)) {
                            sessions.idOf(answer.request())
                                    .ifPresent(session -> attributes.put(Grants.SESSION, session));
                        }
                        consent.ifPresent(written -> {
                            attributes.put(Grants.CONSENT, written.id());
                            attributes.put(Grants.CONSENT_PATIENT, written.patient());
                        });
                    })
                    .build());
            consent.ifPresent(
                    written -> apps.keep(written, request.authorization().getId(), app.clientId(), user));
        });
        trail.record(event(answer, request)
                .patient(launch.patient())
                .note(scopes.toString())
                .build());
        OAuth2AuthorizationRequest asked = request.request();
        return new OAuth2AuthorizationCodeRequestAuthenticationToken(
                asked.getAuthorizationUri(),
                asked.getClientId(),
                answer.person(),
                code,
                request.redirectUri(),
                asked.getState(),
                new LinkedHashSet<>(scopes.texts()));
    }

    /** What was asked, without a way to come back if the person said: only now. */
    private static ScopeSet comingBack(ScopeSet asked, ConsentAnswer answer) {
        if (!GrantDuration.ONCE.name().equals(answer.duration())) {
            return asked;
        }
        Set<Scope> now = new LinkedHashSet<>(asked.scopes());
        now.remove(Scope.Named.OFFLINE_ACCESS);
        now.remove(Scope.Named.ONLINE_ACCESS);
        return new ScopeSet(now);
    }

    /** The page may have been open for long. */
    private void requireStepUp(ConsentAnswer answer) {
        boolean consents = answer.person().getAuthorities().stream()
                .anyMatch(authority -> AuthorizationServerParts.CONSENTING.contains(authority.getAuthority()));
        if (consents && !stepUp.isMet(answer.person())) {
            throw StepUp.problem();
        }
    }

    private void refused(ConsentAnswer answer, PendingRequests.Pending request) {
        authorizations.remove(request.authorization());
        trail.record(event(answer, request)
                .note(request.scopes().toString())
                .failed("access-denied")
                .build());
    }

    private SecurityEvent.Builder event(ConsentAnswer answer, PendingRequests.Pending request) {
        return trail.person(SecurityEvent.of(SecurityEvent.Kind.APP_CONSENT, answer.request()), answer.person())
                .client(request.client().getClientId());
    }

    /** When it ends by itself: without a refresh token no later than the only access token. Null for never. */
    private @Nullable Instant until(PendingRequests.Pending request, ScopeSet scopes, String duration) {
        Instant now = clock.instant();
        Instant chosen = GrantDuration.of(duration)
                .map(length -> now.plus(length.length()))
                .orElse(null);
        if (scopes.has(Scope.Named.OFFLINE_ACCESS) || scopes.has(Scope.Named.ONLINE_ACCESS)) {
            return chosen;
        }
        TokenSettings tokens = request.client().getTokenSettings();
        Instant last = now.plus(tokens.getAuthorizationCodeTimeToLive()).plus(tokens.getAccessTokenTimeToLive());
        return chosen == null || last.isBefore(chosen) ? last : chosen;
    }

    private Requester inPerson(PendingRequests.Pending request, AppUser user, ConsentAnswer answer) {
        SignedIn person = (SignedIn) answer.person().getPrincipal();
        return Requester.inPerson(
                user,
                properties.issuer(),
                "authorization:" + request.authorization().getId(),
                Instant.ofEpochSecond(person.epochSecond()),
                person.acr());
    }

    /** The launch context with the patient that was chosen, if there was a choice. */
    private LaunchContext launch(PendingRequests.Pending request, @Nullable String chosen) {
        LaunchContext launch = request.launch();
        if (!request.needsPatient()) {
            return launch;
        }
        if (launch.patient() != null) {
            return launch;
        }
        if (chosen == null || !pending.mayOpen(request, chosen)) {
            throw told(OAuth2ErrorCodes.ACCESS_DENIED, "no patient was chosen", request);
        }
        return launch.withPatient(chosen);
    }

    static OAuth2AuthorizationCode code(RegisteredClient client) {
        byte[] value = new byte[48];
        RANDOM.nextBytes(value);
        Instant now = Instant.now();
        return new OAuth2AuthorizationCode(
                Base64.getUrlEncoder().withoutPadding().encodeToString(value),
                now,
                now.plus(client.getTokenSettings().getAuthorizationCodeTimeToLive()));
    }

    private static OAuth2AuthorizationCodeRequestAuthenticationException told(
            String code, String description, PendingRequests.Pending request) {
        OAuth2AuthorizationRequest asked = request.request();
        OAuth2AuthorizationCodeRequestAuthenticationToken answer =
                new OAuth2AuthorizationCodeRequestAuthenticationToken(
                        asked.getAuthorizationUri(),
                        asked.getClientId(),
                        request.authorization().getAttribute(java.security.Principal.class.getName()),
                        request.redirectUri(),
                        asked.getState(),
                        asked.getScopes(),
                        asked.getAdditionalParameters());
        answer.setAuthenticated(true);
        return new OAuth2AuthorizationCodeRequestAuthenticationException(
                new OAuth2Error(code, description, null), answer);
    }

    @Override
    public boolean supports(Class<?> type) {
        return ConsentAnswer.class.isAssignableFrom(type);
    }
}
