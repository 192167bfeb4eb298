package org.securemed.fhir.smart;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenGenerator;

/**
 * Refresh tokens, for public clients too, exactly when {@code offline_access} or {@code online_access} was granted.
 *
 * @see <a
 *     href="https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-a-refresh-token">
 *     SMART App Launch 2.2, Scopes for requesting a refresh token</a>
 */
final class RefreshTokens implements OAuth2TokenGenerator<OAuth2RefreshToken> {
    private static final SecureRandom RANDOM = new SecureRandom();

    @Override
    public @Nullable OAuth2RefreshToken generate(OAuth2TokenContext context) {
        if (!OAuth2TokenType.REFRESH_TOKEN.equals(context.getTokenType())) {
            return null;
        }
        OAuth2Authorization authorization = context.getAuthorization();
        // A refresh may ask for fewer scopes than were granted; what was granted decides.
        Set<String> granted = AuthorizationGrantType.REFRESH_TOKEN.equals(context.getAuthorizationGrantType())
                        && authorization != null
                ? authorization.getAuthorizedScopes()
                : context.getAuthorizedScopes();
        boolean online = granted.contains(Scope.Named.ONLINE_ACCESS.toString())
                && authorization != null
                && authorization.getAttribute(Grants.SESSION) != null;
        if (!online && !granted.contains(Scope.Named.OFFLINE_ACCESS.toString())) {
            return null;
        }
        byte[] value = new byte[48];
        RANDOM.nextBytes(value);
        Instant now = Instant.now();
        return new OAuth2RefreshToken(
                Base64.getUrlEncoder().withoutPadding().encodeToString(value),
                now,
                now.plus(context.getRegisteredClient().getTokenSettings().getRefreshTokenTimeToLive()));
    }
}
