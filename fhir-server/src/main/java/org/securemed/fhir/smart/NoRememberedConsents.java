package org.securemed.fhir.smart;

import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsent;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsentService;

/**
 * Remembers nothing: Spring Authorization Server adds what was once granted to whatever is granted now, so that asking
 * again could never narrow. Here each authorization stands alone, and the person is asked each time.
 */
final class NoRememberedConsents implements OAuth2AuthorizationConsentService {
    @Override
    public void save(OAuth2AuthorizationConsent consent) {
        // The authorization itself holds what was granted.
    }

    @Override
    public void remove(OAuth2AuthorizationConsent consent) {
        // Nothing is kept.
    }

    @Override
    public @Nullable OAuth2AuthorizationConsent findById(String registeredClientId, String principalName) {
        return null;
    }
}
