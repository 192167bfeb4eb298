package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A log-in, log-out, token, answer to an app, or administrator's act, as it is recorded. Holds no secret: of a form
 * only the parameters of {@link #OPEN_PARAMETERS} keep their values.
 *
 * @param kind what happened
 * @param failure why it did not succeed, a code such as {@code bad-credentials}; null if it did
 * @param issuer who vouches for the user; null if there is none
 * @param subject account name, or client id of a machine; null if nobody is known. Never what was typed in vain
 * @param name display name
 * @param fhirUser relative reference of the user
 * @param roles of the user
 * @param purposeOfUse v3-ActReason code
 * @param client client id of the app; null if there is none
 * @param tokenId {@code jti} of the token that it is about
 * @param patient logical id of the patient whom it concerns: in launch context, or the one who answers
 * @param device the card that was used or is spoken of, {@code Device/…}; null if there is none
 * @param note what was granted, changed or asked, in a few words, such as scopes; no names
 * @param request method, path and open parameters of the HTTP request
 * @param address network address of the client
 * @param requestId X-Request-ID; null if the client sent none
 */
public record SecurityEvent(
        Kind kind,
        @Nullable String failure,
        @Nullable String issuer,
        @Nullable String subject,
        @Nullable String name,
        @Nullable String fhirUser,
        Set<Role> roles,
        @Nullable String purposeOfUse,
        @Nullable String client,
        @Nullable String tokenId,
        @Nullable String patient,
        @Nullable String device,
        @Nullable String note,
        String request,
        String address,
        @Nullable String requestId) {

    /** Parameters of the OAuth endpoints that hold neither a secret nor a token. */
    static final Set<String> OPEN_PARAMETERS = Set.of(
            "grant_type",
            "client_id",
            "redirect_uri",
            "response_type",
            "response_mode",
            "scope",
            "aud",
            "resource",
            "audience",
            "code_challenge_method",
            "client_assertion_type",
            "token_type_hint",
            "requested_token_type",
            "prompt",
            "max_age",
            "acr_values");

    private static final int LONGEST = 2048;

    /** What happened. In brackets: the AuditEvent's type and subtype. */
    public enum Kind {
        /** A person logged in, or tried to (DCM 110114, 110122 Login). */
        LOGIN("login"),
        /** A person's session ended at their wish (DCM 110114, 110123 Logout). */
        LOGOUT("logout"),
        /** A token was issued, or refused (DCM 110114, ITI-71; profile IHE.IUA.71 if issued). */
        TOKEN_ISSUED("token.issue"),
        /** A token was issued for a refresh token, or refused (as {@link #TOKEN_ISSUED}). */
        TOKEN_REFRESHED("token.refresh"),
        /** Tokens were revoked (DCM 110114, our {@code token-revoked}). */
        TOKEN_REVOKED("token.revoke"),
        /** A token was introspected (DCM 110114, ITI-102). */
        TOKEN_INTROSPECTED("token.introspect"),
        /** Somebody let an app act for them, or refused it (DCM 110113, our {@code app-consent}). */
        APP_CONSENT("app-consent"),
        /** An account, client or role was changed (DCM 110113, 110137 User Security Attributes Changed). */
        ADMINISTRATION("administration"),
        /** A card was registered, used, blocked (DCM 110113, our {@code card}). */
        CARD("card"),
        /**
         * Somebody signed a consent with a key of their own, or tried to (DCM 110113, our {@code consent-signature}).
         */
        SIGNATURE("consent-signature"),
        /** A QR code or link was made, opened, withdrawn (DCM 110106, our {@code share}). */
        SHARE("share");

        private final String op;

        Kind(String op) {
            this.op = op;
        }

        /** The op of its ledger entries. */
        public String op() {
            return op;
        }
    }

    public SecurityEvent {
        roles = Set.copyOf(roles);
    }

    /** Whether it succeeded. */
    public boolean succeeded() {
        return failure == null;
    }

    /** Begins an event with what the HTTP request tells: method, path, address, X-Request-ID. */
    public static Builder of(Kind kind, HttpServletRequest request) {
        return new Builder(kind, request);
    }

    /** Collects the rest. Not thread-safe. */
    public static final class Builder {
        private final Kind kind;
        private final HttpServletRequest http;
        private @Nullable String failure;
        private @Nullable String issuer;
        private @Nullable String subject;
        private @Nullable String name;
        private @Nullable String fhirUser;
        private Set<Role> roles = Set.of();
        private @Nullable String purposeOfUse;
        private @Nullable String client;
        private @Nullable String tokenId;
        private @Nullable String patient;
        private @Nullable String device;
        private @Nullable String note;
        private String form = "";

        private Builder(Kind kind, HttpServletRequest http) {
            this.kind = kind;
            this.http = http;
        }

        /** It did not succeed; {@code code} says why, in lower case with hyphens. */
        public Builder failed(String code) {
            failure = code;
            return this;
        }

        /** Who did it. */
        public Builder user(String byIssuer, String bySubject, @Nullable String displayName, @Nullable String user) {
            issuer = byIssuer;
            subject = bySubject;
            name = displayName;
            fhirUser = user;
            return this;
        }

        /** In which roles. */
        public Builder roles(Set<Role> value) {
            roles = value;
            return this;
        }

        /** Who did it, through which app, with which token, about which patient in launch context. */
        public Builder requester(Requester requester) {
            tokenId = requester.tokenId();
            client = requester.clientId();
            patient = requester.launchPatient().orElse(patient);
            device = requester.device();
            purposeOfUse =
                    requester.purposesOfUse().stream().sorted().findFirst().orElse(null);
            return user(requester.issuer(), requester.subject(), requester.displayName(), requester.fhirUser())
                    .roles(requester.roles());
        }

        /** Through which app. */
        public Builder client(@Nullable String clientId) {
            client = clientId;
            return this;
        }

        /** About the token of this {@code jti}. */
        public Builder token(@Nullable String jti) {
            tokenId = jti;
            return this;
        }

        /** About this patient: a logical id. */
        public Builder patient(@Nullable String id) {
            patient = id;
            return this;
        }

        /** With, or about, this card: {@code Device/…}. */
        public Builder device(@Nullable String reference) {
            device = reference;
            return this;
        }

        /** What was granted, changed or asked, in a few words. */
        public Builder note(@Nullable String text) {
            note = text;
            return this;
        }

        /** Adds the request's parameters; the values of those that may hold secrets are left out. */
        public Builder form() {
            form = new TreeMap<>(http.getParameterMap())
                    .entrySet().stream().map(Builder::parameter).collect(Collectors.joining("&"));
            return this;
        }

        private static String parameter(Map.Entry<String, String[]> parameter) {
            String value = OPEN_PARAMETERS.contains(parameter.getKey())
                    ? Arrays.stream(parameter.getValue())
                            .map(one -> URLEncoder.encode(one, StandardCharsets.UTF_8))
                            .collect(Collectors.joining(","))
                    : "***";
            return URLEncoder.encode(parameter.getKey(), StandardCharsets.UTF_8) + "=" + value;
        }

        /** The event. */
        public SecurityEvent build() {
            String line = http.getMethod() + " " + http.getRequestURI() + (form.isEmpty() ? "" : "\n\n" + form);
            return new SecurityEvent(
                    kind,
                    failure,
                    issuer,
                    subject,
                    name,
                    fhirUser,
                    roles,
                    purposeOfUse,
                    client,
                    tokenId,
                    patient,
                    device,
                    note,
                    line.length() <= LONGEST ? line : line.substring(0, LONGEST),
                    http.getRemoteAddr(),
                    http.getHeader("X-Request-ID"));
        }
    }
}
