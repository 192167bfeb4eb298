package org.securemed.fhir.smart;

import org.springframework.http.HttpMethod;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/** Addresses that security speaks of. Patterns are of the whole path: more than one servlet is mapped. */
final class Endpoints {
    private static final PathPatternRequestMatcher.Builder PATH = PathPatternRequestMatcher.withDefaults();

    /** The FHIR API. */
    static final RequestMatcher FHIR = any("/fhir", "/fhir/**");

    /** What anybody may read without a token. */
    static final RequestMatcher FHIR_OPEN = new OrRequestMatcher(
            PATH.matcher(HttpMethod.GET, "/fhir/metadata"),
            PATH.matcher(HttpMethod.HEAD, "/fhir/metadata"),
            PATH.matcher(HttpMethod.GET, SmartDiscovery.PATH),
            PATH.matcher(HttpMethod.HEAD, SmartDiscovery.PATH));

    static final String TOKEN = "/oauth2/token";
    static final String INTROSPECTION = "/oauth2/introspect";
    static final String REVOCATION = "/oauth2/revoke";

    /** What a page of any origin may read. */
    static final RequestMatcher PUBLIC = any(
            "/fhir/metadata",
            SmartDiscovery.PATH,
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server",
            "/oauth2/jwks");

    /** What pages of registered apps, or of any origin if it is {@link #PUBLIC}, may call. */
    static final RequestMatcher CALLED_BY_SCRIPTS =
            new OrRequestMatcher(FHIR, PUBLIC, any(TOKEN, INTROSPECTION, REVOCATION, "/userinfo"));

    /** What clients call with a proof of who they are. */
    static final RequestMatcher CALLED_BY_CLIENTS = any(TOKEN, INTROSPECTION, REVOCATION);

    /** Pages and probes of this package that need no log-in. */
    static final RequestMatcher OPEN = any(
            LoginPage.PATH,
            "/logout",
            "/login/webauthn",
            CardLogIn.PATH,
            "/webauthn/authenticate/options",
            "/oauth2/authorization/*",
            "/login/oauth2/code/*",
            "/smart/*.css",
            "/smart/*.js",
            "/error",
            "/health");

    /** Pages of this package for people who are signed in. */
    static final RequestMatcher SIGNED_IN = any(
            ConsentPage.PATH,
            AppsPage.PATH,
            AppsPage.PATH + "/*",
            AppsPage.PATH + "/*/continue",
            PasskeyPage.PATH,
            PasswordPage.PATH,
            "/webauthn/register",
            "/webauthn/register/*");

    /** Pages of this package for administrators. */
    static final RequestMatcher ADMINISTRATION =
            any(ClientsPage.PATH, ClientsPage.STATE, AccountsPage.PATH, AccountsPage.STATE, AccountsPage.RESET);

    private Endpoints() {}

    static RequestMatcher any(String... patterns) {
        RequestMatcher[] matchers = new RequestMatcher[patterns.length];
        for (int i = 0; i < patterns.length; i++) {
            matchers[i] = PATH.matcher(patterns[i]);
        }
        return new OrRequestMatcher(matchers);
    }
}
