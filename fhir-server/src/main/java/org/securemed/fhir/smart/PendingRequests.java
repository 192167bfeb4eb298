package org.securemed.fhir.smart;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.util.StringUtils;

/** Authorization requests that wait for a person's answer. Thread-safe. */
final class PendingRequests {
    private static final OAuth2TokenType STATE = new OAuth2TokenType(OAuth2ParameterNames.STATE);
    private static final int MOST_CHOICES = 20;
    private static final int LONGEST_SEARCH = 100;
    private static final int LONGEST_STATE = 200;

    private static final String OWN = "My own record";

    /** A request, who asks and who is to answer. */
    record Pending(
            OAuth2Authorization authorization,
            OAuth2AuthorizationRequest request,
            RegisteredClient client,
            AppUser user,
            ScopeSet scopes,
            LaunchContext launch) {
        /** Whether the app works on one patient's record. */
        boolean needsPatient() {
            return scopes.has(Scope.Named.LAUNCH_PATIENT) || scopes.speaksOf(ScopeContext.PATIENT);
        }

        String redirectUri() {
            return PendingRequests.redirectUri(request, client);
        }
    }

    private final Authorizations authorizations;
    private final Clients clients;
    private final Accounts accounts;
    private final PatientChoices choices;

    PendingRequests(Authorizations authorizations, Clients clients, Accounts accounts, PatientChoices choices) {
        this.authorizations = authorizations;
        this.clients = clients;
        this.accounts = accounts;
        this.choices = choices;
    }

    /** Where the browser goes back to. */
    static String redirectUri(OAuth2AuthorizationRequest request, RegisteredClient client) {
        return StringUtils.hasText(request.getRedirectUri())
                ? request.getRedirectUri()
                : client.getRedirectUris().iterator().next();
    }

    /** The request of this state, if it waits for this person. */
    Optional<Pending> find(Authentication person, String state) {
        if (state.length() > LONGEST_STATE || !person.isAuthenticated()) {
            return Optional.empty();
        }
        OAuth2Authorization authorization = authorizations.findByToken(state, STATE);
        if (authorization == null || !authorization.getPrincipalName().equals(person.getName())) {
            return Optional.empty();
        }
        OAuth2AuthorizationRequest request = authorization.getAttribute(OAuth2AuthorizationRequest.class.getName());
        RegisteredClient client = clients.findById(authorization.getRegisteredClientId());
        Optional<Account> account = accounts.find(person.getName()).filter(Account::enabled);
        if (request == null || client == null || account.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Pending(
                    authorization,
                    request,
                    client,
                    AppUser.of(account.get()),
                    ScopeSet.parse(request.getScopes()),
                    Grants.launch(authorization)));
        } catch (ScopeException e) {
            return Optional.empty();
        }
    }

    /** The records to choose from: the person's own first. */
    List<PatientChoices.Choice> choices(Pending pending, String text) {
        String search = text.length() > LONGEST_SEARCH ? text.substring(0, LONGEST_SEARCH) : text;
        List<PatientChoices.Choice> found = new ArrayList<>();
        own(pending.user()).map(id -> new PatientChoices.Choice(id, OWN)).forEach(found::add);
        choices.find(pending.user(), search, MOST_CHOICES).stream()
                .filter(choice -> found.stream().noneMatch(one -> one.patient().equals(choice.patient())))
                .forEach(found::add);
        return found;
    }

    /** Whether a person has no choice but their own record. */
    boolean isOwnOnly(List<PatientChoices.Choice> choices) {
        return choices.size() == 1 && choices.get(0).label().equals(OWN);
    }

    boolean mayOpen(Pending pending, String patient) {
        return own(pending.user()).anyMatch(patient::equals)
                || (patient.length() <= 64 && choices.mayOpen(pending.user(), patient));
    }

    private static Stream<String> own(AppUser user) {
        return user.fhirUser() != null && user.fhirUser().startsWith("Patient/")
                ? Stream.of(user.fhirUser().substring("Patient/".length()))
                : Stream.empty();
    }
}
