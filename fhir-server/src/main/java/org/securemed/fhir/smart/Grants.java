package org.securemed.fhir.smart;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;

/** What an authorization holds beside Spring's fields: launch context and end. */
final class Grants {
    /** Attribute: the launch context as JSON. */
    static final String LAUNCH = "securemed.launch";
    /** Attribute: when the authorization ends, in seconds since 1970, as text. */
    static final String UNTIL = "securemed.until";

    /** Attribute: id of the FHIR Consent that the authorization is. */
    static final String CONSENT = "securemed.consent";
    /** Attribute: logical id of the Patient whose consent that is. */
    static final String CONSENT_PATIENT = "securemed.consent-patient";

    /** Attribute: the browser session, by its primary id, with which an {@code online_access} ends. */
    static final String SESSION = "securemed.session";

    /** Attribute: when the person answered, in seconds since 1970, as text. */
    static final String DECIDED = "securemed.decided";
    /** Attribute: names of the {@link SensitiveTopic}s that the person switched on, separated by spaces. */
    static final String TOPICS = "securemed.topics";

    private Grants() {}

    static Optional<Instant> decided(OAuth2Authorization authorization) {
        String text = authorization.getAttribute(DECIDED);
        return text == null ? Optional.empty() : Optional.of(Instant.ofEpochSecond(Long.parseLong(text)));
    }

    static List<SensitiveTopic> topics(OAuth2Authorization authorization) {
        String text = authorization.getAttribute(TOPICS);
        return text == null ? List.of() : PlainWords.topics(text);
    }

    static LaunchContext launch(@Nullable OAuth2Authorization authorization) {
        String text = authorization == null ? null : authorization.getAttribute(LAUNCH);
        return text == null ? LaunchContext.NONE : LaunchContexts.read(text);
    }

    static Optional<Instant> until(@Nullable OAuth2Authorization authorization) {
        String text = authorization == null ? null : authorization.getAttribute(UNTIL);
        return text == null ? Optional.empty() : Optional.of(Instant.ofEpochSecond(Long.parseLong(text)));
    }

    /** The {@code launch} parameter of the request that an authorization answers. */
    static Optional<String> launchParameter(OAuth2Authorization authorization) {
        OAuth2AuthorizationRequest request = authorization.getAttribute(OAuth2AuthorizationRequest.class.getName());
        return request != null && request.getAdditionalParameters().get("launch") instanceof String launch
                ? Optional.of(launch)
                : Optional.empty();
    }
}
