package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.util.StringUtils;
import org.springframework.web.util.UriComponentsBuilder;
import org.springframework.web.util.UriUtils;

/**
 * After an app was let in: a person in front of a browser sees the receipt first (screen A4) and goes on to the app
 * from there; whatever else sent the form goes straight to the app.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2">RFC 6749, section 4.1.2</a>
 */
final class AppAnswer implements AuthenticationSuccessHandler {
    private static final OAuth2TokenType CODE = new OAuth2TokenType(OAuth2ParameterNames.CODE);

    private final Authorizations authorizations;

    AppAnswer(Authorizations authorizations) {
        this.authorizations = authorizations;
    }

    @Override
    public void onAuthenticationSuccess(
            HttpServletRequest request, HttpServletResponse response, Authentication granted) throws IOException {
        OAuth2AuthorizationCodeRequestAuthenticationToken answer =
                (OAuth2AuthorizationCodeRequestAuthenticationToken) granted;
        String code =
                Objects.requireNonNull(answer.getAuthorizationCode(), "granted").getTokenValue();
        if (request.getParameter("decision") != null && isNavigation(request)) {
            OAuth2Authorization authorization = authorizations.findByToken(code, CODE);
            if (authorization != null) {
                response.sendRedirect(
                        request.getContextPath() + ReceiptPage.at(authorization.getId()) + ReceiptPage.GRANTED);
                return;
            }
        }
        response.sendRedirect(
                address(Objects.requireNonNull(answer.getRedirectUri(), "a checked address"), code, answer.getState()));
    }

    /** Browsers say so of what shows a page, and no script can: Fetch Metadata Request Headers. */
    private static boolean isNavigation(HttpServletRequest request) {
        return "navigate".equals(request.getHeader("Sec-Fetch-Mode"))
                && "document".equals(request.getHeader("Sec-Fetch-Dest"));
    }

    /** The app's address with what it is told. */
    static String address(String redirectUri, String code, @Nullable String state) {
        UriComponentsBuilder address =
                UriComponentsBuilder.fromUriString(redirectUri).queryParam(OAuth2ParameterNames.CODE, code);
        if (StringUtils.hasText(state)) {
            address.queryParam(OAuth2ParameterNames.STATE, UriUtils.encode(state, StandardCharsets.UTF_8));
        }
        // Encoded already: the app's address as it was registered, our code, and the state.
        return address.build(true).toUriString();
    }
}
