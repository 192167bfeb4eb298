package org.securemed.fhir.smart;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.oidc.endpoint.OidcParameterNames;
import org.springframework.security.oauth2.jwt.JwtClaimsSet;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;

/**
 * What stands in our tokens beyond the registered claims: for access tokens audience, SMART launch context and IHE
 * IUA's claims about the user as the account says at this moment; for ID tokens {@code fhirUser}. Thread-safe.
 */
// Lists and maps of plain kinds: what is stored with an authorization is read back by a mapper that admits no others.
final class TokenClaims implements OAuth2TokenCustomizer<JwtEncodingContext> {
    private final Accounts accounts;
    private final SigningKeys keys;
    private final LiveSessions sessions;
    private final CardLogIns cards;
    private final String fhirBase;
    private final Clock clock;

    TokenClaims(
            Accounts accounts,
            SigningKeys keys,
            LiveSessions sessions,
            CardLogIns cards,
            SmartProperties properties,
            Clock clock) {
        this.cards = cards;
        this.sessions = sessions;
        this.clock = clock;
        this.accounts = accounts;
        this.keys = keys;
        this.fhirBase = properties.fhirBase();
    }

    @Override
    public void customize(JwtEncodingContext context) {
        // Several keys are published; this one signs.
        context.getJwsHeader().keyId(keys.signingKeyId());
        requireSession(context.getAuthorization());
        Grants.until(context.getAuthorization()).ifPresent(until -> end(context.getClaims(), until));
        Authentication principal = context.getPrincipal();
        SignedIn person = principal.getPrincipal() instanceof SignedIn signedIn ? signedIn : null;
        if (person != null && cards.isOver(person)) {
            throw new OAuth2AuthenticationException(
                    new OAuth2Error(OAuth2ErrorCodes.INVALID_GRANT, "The card was blocked.", null));
        }
        if (OAuth2TokenType.ACCESS_TOKEN.equals(context.getTokenType())) {
            context.getJwsHeader().type(Claims.ACCESS_TOKEN_TYPE);
            context.getClaims()
                    .audience(new ArrayList<>(List.of(fhirBase)))
                    .claim(Claims.CLIENT_ID, context.getRegisteredClient().getClientId())
                    .claim(Claims.SCOPE, String.join(" ", context.getAuthorizedScopes()));
            OAuth2Authorization authorization = context.getAuthorization();
            if (authorization != null) {
                context.getClaims().claim(Claims.AUTHORIZATION, authorization.getId());
            }
            if (person == null) {
                machine(context.getClaims(), context.getRegisteredClient());
            } else {
                person(
                        context.getClaims(),
                        person,
                        context.getAuthorizedScopes(),
                        authorization,
                        Clients.setting(context.getRegisteredClient(), Clients.Setting.STUDY));
            }
        } else if (OidcParameterNames.ID_TOKEN.equals(context.getTokenType().getValue()) && person != null) {
            Account account = account(person);
            JwtClaimsSet.Builder claims = context.getClaims()
                    .claim(Claims.AUTH_TIME, Date.from(Instant.ofEpochSecond(person.epochSecond())))
                    .claim(Claims.ACR, person.acr());
            if (context.getAuthorizedScopes().contains(Scope.Named.FHIR_USER.toString())) {
                put(
                        claims,
                        Claims.FHIR_USER,
                        absolute(account.fhirUser(
                                Grants.launch(context.getAuthorization()).patient())));
            }
            if (context.getAuthorizedScopes().contains(Scope.Named.PROFILE.toString())) {
                claims.claim("name", account.displayName()).claim("preferred_username", account.username());
            }
        }
    }

    /** What was granted for as long as the person is there ends when they leave. */
    private void requireSession(@Nullable OAuth2Authorization authorization) {
        if (authorization != null
                && authorization.getAttribute(Grants.SESSION) instanceof String session
                && !authorization.getAuthorizedScopes().contains(Scope.Named.OFFLINE_ACCESS.toString())
                && !sessions.isLive(session)) {
            throw new OAuth2AuthenticationException(
                    new OAuth2Error(OAuth2ErrorCodes.INVALID_GRANT, "The person has left.", null));
        }
    }

    /** A token lives no longer than what was granted. */
    private void end(JwtClaimsSet.Builder claims, Instant until) {
        if (!until.isAfter(clock.instant())) {
            throw new OAuth2AuthenticationException(
                    new OAuth2Error(OAuth2ErrorCodes.INVALID_GRANT, "What was granted has ended.", null));
        }
        claims.claims(all -> all.computeIfPresent(
                "exp", (name, exp) -> exp instanceof Instant at && at.isAfter(until) ? until : exp));
    }

    private void person(
            JwtClaimsSet.Builder claims,
            SignedIn person,
            Set<String> scopes,
            @Nullable OAuth2Authorization authorization,
            @Nullable String study) {
        LaunchContext launch = Grants.launch(authorization);
        Account account = account(person);
        claims.claim(Claims.AUTH_TIME, Date.from(Instant.ofEpochSecond(person.epochSecond())))
                .claim(Claims.ACR, person.acr());
        put(claims, Claims.FHIR_USER, absolute(account.fhirUser(launch.patient())));
        if (launch.patient() == null) {
            patientInContext(account, scopes).ifPresent(patient -> claims.claim(Claims.PATIENT, patient));
        } else {
            claims.claim(Claims.PATIENT, launch.patient());
        }
        put(claims, Claims.ENCOUNTER, launch.encounter());
        put(claims, "intent", launch.intent());
        if (launch.needPatientBanner() != null) {
            claims.claim("need_patient_banner", launch.needPatientBanner());
        }
        if (!launch.fhirContext().isEmpty()) {
            claims.claim("fhirContext", fhirContext(launch));
        }
        Map<String, Object> extensions = new LinkedHashMap<>();
        extensions.put(
                Claims.IHE_IUA,
                iua(
                        account.displayName(),
                        account.roles(),
                        account.organization(),
                        account.organizationName(),
                        account.purposesOfUse()));
        if (authorization != null && authorization.getAttribute(Grants.CONSENT) instanceof String consent) {
            Map<String, Object> pcf = new LinkedHashMap<>();
            pcf.put(Claims.PATIENT_ID, fhirBase + "/Patient/" + authorization.getAttribute(Grants.CONSENT_PATIENT));
            pcf.put(Claims.DOC_ID, new ArrayList<>(List.of(fhirBase + "/Consent/" + consent)));
            extensions.put(Claims.IHE_PCF, pcf);
        }
        own(extensions, person.device(), study);
        claims.claim(Claims.EXTENSIONS, extensions);
    }

    /** A patient's app works on the patient's own record; others choose one. */
    static java.util.Optional<String> patientInContext(Account account, Set<String> scopes) {
        String user = account.fhirUser();
        boolean asked = scopes.contains(Scope.Named.LAUNCH_PATIENT.toString())
                || scopes.stream().anyMatch(scope -> scope.startsWith("patient/"));
        return asked && user != null && user.startsWith("Patient/")
                ? java.util.Optional.of(user.substring("Patient/".length()))
                : java.util.Optional.empty();
    }

    private void machine(JwtClaimsSet.Builder claims, RegisteredClient client) {
        String role = Clients.setting(client, Clients.Setting.ROLE);
        if (role == null) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.UNAUTHORIZED_CLIENT);
        }
        put(claims, Claims.FHIR_USER, absolute(Clients.setting(client, Clients.Setting.FHIR_USER)));
        String purposes = Clients.setting(client, Clients.Setting.PURPOSES);
        Map<String, Object> extensions = new LinkedHashMap<>();
        extensions.put(
                Claims.IHE_IUA,
                iua(
                        client.getClientName(),
                        Set.of(Role.of("", role).orElseThrow()),
                        Clients.setting(client, Clients.Setting.ORGANIZATION),
                        Clients.setting(client, Clients.Setting.ORGANIZATION_NAME),
                        purposes == null ? List.of() : Arrays.asList(purposes.split(" "))));
        own(extensions, null, Clients.setting(client, Clients.Setting.STUDY));
        claims.claim(Claims.EXTENSIONS, extensions);
    }

    private static void own(Map<String, Object> extensions, @Nullable String device, @Nullable String study) {
        Map<String, Object> own = new LinkedHashMap<>();
        if (device != null) {
            own.put(Claims.DEVICE, device);
        }
        if (study != null) {
            own.put(Claims.STUDY, study);
        }
        if (!own.isEmpty()) {
            extensions.put(Claims.SECUREMED, own);
        }
    }

    private static Map<String, Object> iua(
            String name,
            Set<Role> roles,
            @Nullable String organization,
            @Nullable String organizationName,
            Collection<String> purposes) {
        Map<String, Object> iua = new LinkedHashMap<>();
        iua.put(Claims.SUBJECT_NAME, name);
        if (organizationName != null) {
            iua.put(Claims.SUBJECT_ORGANIZATION, organizationName);
        }
        if (organization != null) {
            iua.put(Claims.SUBJECT_ORGANIZATION_ID, organization);
        }
        iua.put(
                Claims.SUBJECT_ROLE,
                roles.stream()
                        .sorted()
                        .map(role -> coding(Role.CODE_SYSTEM, role.code()))
                        .collect(Collectors.toCollection(ArrayList::new)));
        iua.put(
                Claims.PURPOSE_OF_USE,
                purposes.stream()
                        .sorted()
                        .map(purpose -> coding(Claims.ACT_REASON, purpose))
                        .collect(Collectors.toCollection(ArrayList::new)));
        return iua;
    }

    private static List<Map<String, Object>> fhirContext(LaunchContext launch) {
        List<Map<String, Object>> resources = new ArrayList<>();
        launch.fhirContext().forEach(resource -> resources.add(resource.toMap()));
        return resources;
    }

    private static Map<String, String> coding(String system, String code) {
        Map<String, String> coding = new LinkedHashMap<>();
        coding.put("system", system);
        coding.put("code", code);
        return coding;
    }

    /** The account as it is now: a token is never made for one that was closed since the log-in. */
    private Account account(SignedIn person) {
        return accounts.find(person.username())
                .filter(Account::enabled)
                .orElseThrow(() -> new OAuth2AuthenticationException(
                        new OAuth2Error(OAuth2ErrorCodes.INVALID_GRANT, "The account is closed.", null)));
    }

    private @Nullable String absolute(@Nullable String reference) {
        return reference == null ? null : fhirBase + "/" + reference;
    }

    private static void put(JwtClaimsSet.Builder claims, String name, @Nullable String value) {
        if (value != null) {
            claims.claim(name, value);
        }
    }
}
