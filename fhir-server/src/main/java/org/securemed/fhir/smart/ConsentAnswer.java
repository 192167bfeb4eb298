package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.web.authentication.AuthenticationConverter;

/** What a person answered on the consent screen. */
final class ConsentAnswer extends AbstractAuthenticationToken {
    private static final long serialVersionUID = 1L;

    private final transient HttpServletRequest request;
    private final transient Authentication person;
    private final String state;
    private final boolean allowed;
    private final transient Set<DataCategory> categories;
    private final transient Set<SensitiveTopic> topics;
    private final @Nullable String patient;
    private final String duration;

    private ConsentAnswer(
            HttpServletRequest request,
            Authentication person,
            String state,
            boolean allowed,
            Set<DataCategory> categories,
            Set<SensitiveTopic> topics,
            @Nullable String patient,
            String duration) {
        super(List.of());
        this.request = request;
        this.person = person;
        this.state = state;
        this.allowed = allowed;
        this.categories = categories;
        this.topics = topics;
        this.patient = patient;
        this.duration = duration;
    }

    /** The form's request. */
    HttpServletRequest request() {
        return request;
    }

    Authentication person() {
        return person;
    }

    String state() {
        return state;
    }

    boolean allowed() {
        return allowed;
    }

    Set<DataCategory> categories() {
        return categories;
    }

    Set<SensitiveTopic> topics() {
        return topics;
    }

    @Nullable
    String patient() {
        return patient;
    }

    /** Code of a {@link GrantDuration}. */
    String duration() {
        return duration;
    }

    @Override
    public Object getCredentials() {
        return "";
    }

    @Override
    public Object getPrincipal() {
        return person;
    }

    /** Reads the form; unknown categories and topics count as not chosen. */
    static final class Converter implements AuthenticationConverter {
        // What only an authorization request holds.
        private static final Set<String> REQUEST =
                Set.of("response_type", "redirect_uri", "request_uri", "code_challenge", "code_challenge_method");

        @Override
        public @Nullable Authentication convert(HttpServletRequest request) {
            if (!"POST".equals(request.getMethod())
                    || REQUEST.stream().anyMatch(request.getParameterMap()::containsKey)) {
                return null;
            }
            String state = request.getParameter("state");
            String decision = request.getParameter("decision");
            Authentication person = SecurityContextHolder.getContext().getAuthentication();
            if (decision == null || state == null || person == null) {
                throw new OAuth2AuthorizationCodeRequestAuthenticationException(
                        new OAuth2Error(OAuth2ErrorCodes.INVALID_REQUEST), null);
            }
            String patient = request.getParameter("patient");
            String duration = request.getParameter("duration");
            return new ConsentAnswer(
                    request,
                    person,
                    state,
                    decision.equals("allow"),
                    chosen(request, "category", DataCategory.class),
                    chosen(request, "topic", SensitiveTopic.class),
                    patient == null || patient.isBlank() ? null : patient,
                    duration == null ? "" : duration);
        }

        private static <E extends Enum<E>> Set<E> chosen(HttpServletRequest request, String name, Class<E> type) {
            Set<E> chosen = EnumSet.noneOf(type);
            String[] values = request.getParameterValues(name);
            if (values != null) {
                List<String> texts = List.of(values);
                for (E constant : type.getEnumConstants()) {
                    if (texts.contains(constant.name())) {
                        chosen.add(constant);
                    }
                }
            }
            return chosen;
        }
    }
}
