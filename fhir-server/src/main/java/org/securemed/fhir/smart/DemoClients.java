package org.securemed.fhir.smart;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;

/** The accounts and clients of the demo, written at start when the demo is on. */
public final class DemoClients {
    /** A public SMART app: authorization code with PKCE, redirect to any port of 127.0.0.1, path /callback. */
    public static final String APP = "demo-app";
    /** A machine client of the hospital itself, role {@link Role#SYSTEM}. */
    public static final String BACKEND = "demo-backend";
    /** A machine client of researchers, role {@link Role#RESEARCHER}, purpose HRESCH, of the study {@link #STUDY}. */
    public static final String RESEARCH = "demo-research";
    /** The study that {@link #RESEARCH} works for. */
    public static final String STUDY = "ResearchStudy/demo-study";
    /** Like {@link #RESEARCH}, of another study. */
    public static final String OTHER_RESEARCH = "demo-research-other";
    /** The study that {@link #OTHER_RESEARCH} works for. */
    public static final String OTHER_STUDY = "ResearchStudy/demo-study-other";
    /** The machine clients' secret is their id followed by this. */
    public static final String SECRET_SUFFIX = "-secret";

    // Known to everybody; strength would only make each start slower.
    private static final BCryptPasswordEncoder CHEAP = new BCryptPasswordEncoder(4);

    private DemoClients() {}

    static void write(Accounts accounts, Clients clients, DemoPeople people, SmartProperties properties) {
        for (DemoPeople.Person person : people.people()) {
            accounts.put(
                    new Account(
                            person.username(),
                            "{bcrypt}" + CHEAP.encode(person.password()),
                            person.displayName(),
                            Set.of(person.role()),
                            person.fhirUser(),
                            person.organization(),
                            person.organizationName(),
                            person.purposesOfUse(),
                            java.util.Map.of(),
                            true),
                    true);
        }
        String organization = people.people().stream()
                .flatMap(person -> Optional.ofNullable(person.organization()).stream())
                .findFirst()
                .orElse(null);
        clients.save(app(properties), true);
        clients.save(
                machine(BACKEND, "Demo back end", Role.SYSTEM, "HOPERAT TREAT", organization, null, properties), true);
        clients.save(
                machine(RESEARCH, "Demo research", Role.RESEARCHER, "HRESCH", organization, STUDY, properties), true);
        clients.save(
                machine(
                        OTHER_RESEARCH,
                        "Demo research, another study",
                        Role.RESEARCHER,
                        "HRESCH",
                        organization,
                        OTHER_STUDY,
                        properties),
                true);
    }

    private static RegisteredClient app(SmartProperties properties) {
        return RegisteredClient.withId(APP)
                .clientId(APP)
                .clientName("Demo app")
                .clientAuthenticationMethod(ClientAuthenticationMethod.NONE)
                .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
                .authorizationGrantType(AuthorizationGrantType.REFRESH_TOKEN)
                .redirectUri("http://127.0.0.1/callback")
                .scopes(scopes -> scopes.addAll(List.of(
                        "openid",
                        "fhirUser",
                        "profile",
                        "launch",
                        "launch/patient",
                        "offline_access",
                        "online_access",
                        "patient/*.cruds",
                        "user/*.cruds")))
                .clientSettings(ClientSettings.builder()
                        .requireProofKey(true)
                        .requireAuthorizationConsent(true)
                        .setting(Clients.Setting.PUBLISHER, "SecureMed demo")
                        .build())
                .tokenSettings(tokens(properties, properties.accessTokenLifetime()))
                .build();
    }

    private static RegisteredClient machine(
            String id,
            String name,
            Role role,
            String purposes,
            @Nullable String organization,
            @Nullable String study,
            SmartProperties properties) {
        ClientSettings.Builder settings = ClientSettings.builder()
                .requireProofKey(true)
                .setting(Clients.Setting.ROLE, role.code())
                .setting(Clients.Setting.PURPOSES, purposes);
        if (organization != null) {
            settings.setting(Clients.Setting.ORGANIZATION, organization);
        }
        if (study != null) {
            settings.setting(Clients.Setting.STUDY, study);
        }
        return RegisteredClient.withId(id)
                .clientId(id)
                .clientName(name)
                .clientSecret("{bcrypt}" + CHEAP.encode(id + SECRET_SUFFIX))
                .clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
                .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
                .scope(role == Role.SYSTEM ? "system/*.cruds" : "system/*.rs")
                .clientSettings(settings.build())
                .tokenSettings(tokens(properties, properties.backendTokenLifetime()))
                .build();
    }

    static TokenSettings tokens(SmartProperties properties, Duration accessToken) {
        return TokenSettings.builder()
                .accessTokenTimeToLive(accessToken)
                .refreshTokenTimeToLive(properties.refreshTokenLifetime())
                .authorizationCodeTimeToLive(properties.authorizationCodeLifetime())
                .reuseRefreshTokens(false)
                .build();
    }
}
