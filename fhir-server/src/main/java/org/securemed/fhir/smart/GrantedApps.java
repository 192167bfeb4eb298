package org.securemed.fhir.smart;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/** What people have let apps do, as the pages about it say it. Thread-safe. */
final class GrantedApps {
    /** How long after the answer a person may read the receipt and still go on to the app. */
    private static final Duration WAITS = Duration.ofMinutes(10);

    private static final int LONGEST_ID = 64;

    private final Authorizations authorizations;
    private final Clients clients;
    private final AppAuthorizations apps;
    private final AppConsents consents;
    private final java.time.Clock clock;

    GrantedApps(
            Authorizations authorizations,
            Clients clients,
            AppAuthorizations apps,
            AppConsents consents,
            java.time.Clock clock) {
        this.authorizations = authorizations;
        this.clients = clients;
        this.apps = apps;
        this.consents = consents;
        this.clock = clock;
    }

    /**
     * What a person has let an app do.
     *
     * @param until when it ends by itself; null for never
     * @param consent the FHIR Consent that it is; null if it is a delegation of the person's own rights
     * @param patient logical id of the Patient whose record is opened; null if it is about none
     */
    record Grant(
            OAuth2Authorization authorization,
            RegisteredClient client,
            ScopeSet scopes,
            List<SensitiveTopic> topics,
            @Nullable Instant until,
            AppConsents.@Nullable Written consent,
            @Nullable String patient) {}

    /** What this person granted under this id, if it is in force. */
    Optional<Grant> find(Authentication person, String id) {
        if (id.length() > LONGEST_ID) {
            return Optional.empty();
        }
        OAuth2Authorization found = authorizations.findById(id);
        if (found == null
                || !found.getPrincipalName().equals(person.getName())
                || found.getToken(OAuth2AuthorizationCode.class) == null) {
            return Optional.empty();
        }
        RegisteredClient client = clients.findById(found.getRegisteredClientId());
        Instant until = Grants.until(found).orElse(null);
        if (client == null || until != null && !until.isAfter(clock.instant())) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Grant(
                    found,
                    client,
                    ScopeSet.parse(found.getAuthorizedScopes()),
                    Grants.topics(found),
                    until,
                    apps.consentOf(id).orElse(null),
                    Grants.launch(found).patient()));
        } catch (ScopeException e) {
            return Optional.empty();
        }
    }

    /** Where in the ledger the granting is, if it is a consent. */
    Optional<Long> position(Grant grant) {
        return grant.consent() == null ? Optional.empty() : consents.position(grant.consent());
    }

    /** Whether the app does not know yet that it was let in, and may still be told. */
    boolean waits(Grant grant) {
        OAuth2Authorization authorization = grant.authorization();
        return authorization.getAccessToken() == null
                && !authorization.getToken(OAuth2AuthorizationCode.class).isInvalidated()
                && Grants.decided(authorization)
                        .filter(at -> at.plus(WAITS).isAfter(clock.instant()))
                        .isPresent()
                && clients.findByClientId(grant.client().getClientId()) != null;
    }

    /**
     * Where the app is told that it was let in, by a code made now: reading the receipt takes longer than codes live.
     *
     * @return empty if it knows already, or it is too late
     */
    Optional<String> address(Grant grant) {
        if (!waits(grant)) {
            return Optional.empty();
        }
        OAuth2AuthorizationRequest request =
                grant.authorization().getAttribute(OAuth2AuthorizationRequest.class.getName());
        OAuth2AuthorizationCode code = ConsentDecision.code(grant.client());
        if (request == null || !authorizations.renewCode(grant.authorization().getId(), code)) {
            return Optional.empty();
        }
        return Optional.of(AppAnswer.address(
                PendingRequests.redirectUri(request, grant.client()), code.getTokenValue(), request.getState()));
    }
}
