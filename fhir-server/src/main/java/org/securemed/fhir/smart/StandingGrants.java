package org.securemed.fhir.smart;

import java.security.Principal;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Who is to be served in their absence, and as whom: asked each time, so that nothing is served on what has ended. Who
 * they are is read anew from account or registration. Thread-safe.
 */
public final class StandingGrants {
    private static final String NO_KEY = "";

    private final Clients clients;
    private final Accounts accounts;
    private final Authorizations authorizations;
    private final Revocations revocations;
    private final CardLogIns cards;
    private final SmartProperties properties;
    private final Clock clock;

    StandingGrants(
            Clients clients,
            Accounts accounts,
            Authorizations authorizations,
            Revocations revocations,
            CardLogIns cards,
            SmartProperties properties,
            Clock clock) {
        this.clients = clients;
        this.accounts = accounts;
        this.authorizations = authorizations;
        this.revocations = revocations;
        this.cards = cards;
        this.properties = properties;
        this.clock = clock;
    }

    /** What the token of the current request stands on; empty if on nothing that outlives the token. */
    public Optional<StandingGrant> current() {
        if (!(SecurityContextHolder.getContext().getAuthentication() instanceof AccessTokenAuthentication token)) {
            return Optional.empty();
        }
        Requester requester = token.requester();
        @Nullable String authorization = token.getToken().getClaimAsString(Claims.AUTHORIZATION);
        boolean machine = requester.isMachine();
        StandingGrant grant = new StandingGrant(
                requester.clientId(),
                machine ? null : authorization,
                machine ? null : requester.subject(),
                requester.scopes().toString(),
                requester.launchPatient().orElse(null),
                requester.encounter(),
                requester.consent(),
                clock.instant());
        boolean ours = requester.issuer().equals(properties.issuer());
        return ours && (machine || authorization != null) && requester(grant).isPresent()
                ? Optional.of(grant)
                : Optional.empty();
    }

    /** As whom somebody is served now; empty if what was granted has ended. */
    public Optional<Requester> requester(StandingGrant grant) {
        RegisteredClient client = clients.findByClientId(grant.clientId());
        if (client == null || isRevoked(grant)) {
            return Optional.empty();
        }
        ScopeSet scopes;
        try {
            scopes = ScopeSet.parse(grant.scopes()).intersect(ScopeSet.parse(client.getScopes()));
        } catch (ScopeException e) {
            return Optional.empty();
        }
        Optional<Requester> requester = grant.username() == null
                ? Requester.machine(properties.issuer(), client, "", scopes, Instant.MAX)
                : person(client, grant, grant.username(), scopes);
        // What is for research is shown as a view, and what is sent here is the record.
        return requester.filter(known -> !known.isForResearch());
    }

    private boolean isRevoked(StandingGrant grant) {
        String subject = grant.username() == null ? grant.clientId() : grant.username();
        return revocations.revoked(
                "",
                new Revocations.TokenFacts(
                        NO_KEY, grant.authorization(), subject, grant.clientId(), null, grant.since(), grant.since()));
    }

    private Optional<Requester> person(RegisteredClient client, StandingGrant grant, String username, ScopeSet scopes) {
        OAuth2Authorization authorization =
                grant.authorization() == null ? null : authorizations.findById(grant.authorization());
        Instant now = clock.instant();
        if (authorization == null
                || authorization.getRefreshToken() == null
                || !authorization.getRefreshToken().isActive()
                || !authorization.getAuthorizedScopes().contains(Scope.Named.OFFLINE_ACCESS.toString())
                || !authorization.getPrincipalName().equals(username)
                || isCardOver(authorization)
                || Grants.until(authorization)
                        .filter(until -> !until.isAfter(now))
                        .isPresent()) {
            return Optional.empty();
        }
        return accounts.find(username)
                .filter(Account::enabled)
                .map(account -> Requester.absent(
                        properties.issuer(),
                        client,
                        account,
                        scopes,
                        grant.patient(),
                        grant.encounter(),
                        grant.consent()));
    }

    /** What a card opened ends with it. */
    private boolean isCardOver(OAuth2Authorization authorization) {
        return authorization.getAttribute(Principal.class.getName()) instanceof Authentication person
                && person.getPrincipal() instanceof SignedIn signedIn
                && cards.isOver(signedIn);
    }
}
