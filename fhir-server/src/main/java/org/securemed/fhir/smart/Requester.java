package org.securemed.fhir.smart;

import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.ledger.consent.Purposes;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Who is asking: a person through an app, or a machine client. Made from a verified access token only.
 *
 * @param issuer who vouches for it; empty if anonymous
 * @param subject account name, or client id of a machine client
 * @param clientId the app
 * @param tokenId {@code jti}
 * @param fhirUser relative reference of the user ({@code Practitioner/x}, {@code Patient/x} …) or of a client's Device;
 *     null if there is no such resource
 * @param displayName as shown to patients
 * @param roles at least one unless anonymous
 * @param organizations relative references or URNs
 * @param organizationName as shown to patients
 * @param purposesOfUse v3-ActReason codes
 * @param scopes upper bound of what the app may do
 * @param patient id of the patient in the launch context
 * @param encounter id of the encounter in the launch context
 * @param consent id of the FHIR Consent that the app acts by; null if it acts by none
 * @param authenticatedAt when the person logged in; null for machine clients
 * @param acr how strongly the person logged in
 * @param device the card with which the person logged in, {@code Device/…}; null if with none
 * @param study the research study that the app or client works for, {@code ResearchStudy/…}; null if for none
 * @param privacy what another server's token says of privacy consents; null if it says nothing, and for our own tokens
 * @param expiresAt when the token ends
 * @see <a href="https://profiles.ihe.net/ITI/IUA/index.html">IHE IUA</a>
 */
public record Requester(
        String issuer,
        String subject,
        String clientId,
        String tokenId,
        @Nullable String fhirUser,
        String displayName,
        Set<Role> roles,
        Set<String> organizations,
        @Nullable String organizationName,
        Set<String> purposesOfUse,
        ScopeSet scopes,
        @Nullable String patient,
        @Nullable String encounter,
        @Nullable String consent,
        @Nullable Instant authenticatedAt,
        @Nullable String acr,
        @Nullable String device,
        @Nullable String study,
        @Nullable PrivacyGrant privacy,
        Instant expiresAt) {
    /** Client id under which this server's own pages act. */
    public static final String OWN_PAGES = "securemed";

    private static final String AUDIT = "AuditEvent";

    private static final Requester ANONYMOUS = new Requester(
            "",
            "anonymous",
            "",
            "",
            null,
            "Anonymous",
            Set.of(),
            Set.of(),
            null,
            Set.of(),
            ScopeSet.NONE,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            Instant.MAX);

    public Requester {
        roles = Set.copyOf(roles);
        organizations = Set.copyOf(organizations);
        purposesOfUse = Set.copyOf(purposesOfUse);
    }

    /**
     * The requester of an authenticated request.
     *
     * @throws Problem 401 {@code token-missing} if the request carries no verified access token
     */
    public static Requester from(@Nullable Authentication authentication) {
        if (authentication instanceof AccessTokenAuthentication token && token.isAuthenticated()) {
            return token.requester();
        }
        throw Problem.unauthorized("token-missing", "Send an access token: Authorization: Bearer …");
    }

    /**
     * A person who acts at this server's own pages, with all that they may do themselves.
     *
     * @param issuer of this server
     * @param session names the log-in in the record
     */
    public static Requester inPerson(AppUser user, String issuer, String session, Instant authenticatedAt, String acr) {
        return new Requester(
                issuer,
                user.username(),
                OWN_PAGES,
                session,
                user.fhirUser(),
                user.displayName(),
                user.roles(),
                user.organization() == null ? Set.of() : Set.of(user.organization()),
                null,
                user.purposesOfUse(),
                ScopeSet.everything(ScopeContext.USER),
                null,
                null,
                null,
                authenticatedAt,
                acr,
                null,
                null,
                null,
                Instant.MAX);
    }

    /** The custodian's server itself, for what it does without being asked by a person. */
    public static Requester custodian(String issuer) {
        return new Requester(
                issuer,
                OWN_PAGES,
                OWN_PAGES,
                "",
                null,
                "SecureMed",
                Set.of(Role.SYSTEM),
                Set.of(),
                null,
                Set.of("HOPERAT"),
                ScopeSet.everything(ScopeContext.SYSTEM),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                Instant.MAX);
    }

    /**
     * A machine client that acts on its own behalf, as its registration says; empty if that gives it no role.
     *
     * @param tokenId what names its proof in the record; empty if there is none
     */
    static Optional<Requester> machine(
            String issuer, RegisteredClient client, String tokenId, ScopeSet scopes, Instant expiresAt) {
        String role = Clients.setting(client, Clients.Setting.ROLE);
        String purposes = Clients.setting(client, Clients.Setting.PURPOSES);
        String organization = Clients.setting(client, Clients.Setting.ORGANIZATION);
        return (role == null ? Optional.<Role>empty() : Role.of("", role))
                .map(known -> new Requester(
                        issuer,
                        client.getClientId(),
                        client.getClientId(),
                        tokenId,
                        Clients.setting(client, Clients.Setting.FHIR_USER),
                        client.getClientName(),
                        Set.of(known),
                        organization == null ? Set.of() : Set.of(organization),
                        Clients.setting(client, Clients.Setting.ORGANIZATION_NAME),
                        purposes == null ? Set.of() : Set.copyOf(Arrays.asList(purposes.split(" ", -1))),
                        scopes,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        Clients.setting(client, Clients.Setting.STUDY),
                        null,
                        expiresAt));
    }

    /**
     * A person who is served while they are not asking, through an app that may act for them, as their account says
     * now.
     *
     * @param patient of the launch
     * @param encounter of the launch
     * @param consent id of the FHIR Consent that the app acts by
     */
    static Requester absent(
            String issuer,
            RegisteredClient client,
            Account account,
            ScopeSet scopes,
            @Nullable String patient,
            @Nullable String encounter,
            @Nullable String consent) {
        return new Requester(
                issuer,
                account.username(),
                client.getClientId(),
                "",
                account.fhirUser(patient),
                account.displayName(),
                account.roles(),
                account.organization() == null ? Set.of() : Set.of(account.organization()),
                account.organizationName(),
                account.purposesOfUse(),
                scopes,
                patient,
                encounter,
                consent,
                null,
                null,
                null,
                Clients.setting(client, Clients.Setting.STUDY),
                null,
                Instant.MAX);
    }

    /** Nobody in particular: asks for metadata and discovery. */
    public static Requester anonymous() {
        return ANONYMOUS;
    }

    /** Whether no token was sent. */
    public boolean isAnonymous() {
        return issuer.isEmpty();
    }

    /** Whether a machine client asks on its own behalf. */
    public boolean isMachine() {
        return !isAnonymous() && subject.equals(clientId);
    }

    /**
     * Whether this is a system of the custodian in its duties: not for research, and not with a token of another server
     * that speaks of one patient.
     */
    public boolean isCustodiansSystem() {
        return is(Role.SYSTEM) && !isForResearch() && privacy == null;
    }

    /**
     * Whether the audit of all patients is theirs to see, with a token that leaves none of it out; one that speaks of
     * one patient speaks of no others.
     */
    public boolean overseesAudit() {
        return (isOfficer() || is(Role.SYSTEM) && privacy == null)
                && (mayAll(AUDIT, Interaction.READ) || mayAll(AUDIT, Interaction.SEARCH));
    }

    /** Whether this is compliance staff, with a token that speaks of everybody. */
    public boolean isOfficer() {
        return is(Role.COMPLIANCE) && privacy == null;
    }

    /** Whether this is an administrator, with a token that speaks of everybody. */
    public boolean administers() {
        return is(Role.ADMINISTRATOR) && privacy == null;
    }

    /** Whether the scopes allow {@code interaction} on every resource of {@code type}, whomever it is about. */
    public boolean mayAll(String type, Interaction interaction) {
        return scopes.grant(type, interaction, ScopeContext.USER) instanceof ScopeSet.Grant.Everything
                || scopes.grant(type, interaction, ScopeContext.SYSTEM) instanceof ScopeSet.Grant.Everything;
    }

    /** Whether a research purpose is declared, or the requester is here for research only. */
    public boolean isForResearch() {
        return study != null
                || !roles.isEmpty() && roles.stream().allMatch(role -> role == Role.RESEARCHER)
                || purposesOfUse.stream().anyMatch(code -> Purposes.covers(Purposes.HRESCH, Purposes.of(code)));
    }

    /** Relative reference of the research study that the app or client works for. */
    public Optional<String> researchStudy() {
        return Optional.ofNullable(study);
    }

    /** Whether the requester has a role. */
    public boolean is(Role role) {
        return roles.contains(role);
    }

    /** Relative reference of the user. */
    public Optional<String> user() {
        return Optional.ofNullable(fhirUser);
    }

    /** Id of the patient in the launch context. */
    public Optional<String> launchPatient() {
        return Optional.ofNullable(patient);
    }
}
