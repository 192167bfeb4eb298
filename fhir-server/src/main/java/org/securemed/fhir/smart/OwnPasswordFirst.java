package org.securemed.fhir.smart;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/** Whoever signed in with a password that an administrator has seen chooses one of their own before anything else. */
final class OwnPasswordFirst extends OncePerRequestFilter {
    private static final RequestMatcher PAGES =
            new OrRequestMatcher(Endpoints.SIGNED_IN, Endpoints.ADMINISTRATION, Endpoints.any("/oauth2/authorize"));

    private final AccountRegistry registry;
    private final HttpSessionRequestCache requests = new HttpSessionRequestCache();

    OwnPasswordFirst(AccountRegistry registry) {
        this.registry = registry;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !PAGES.matches(request) || request.getServletPath().equals(PasswordPage.PATH);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Authentication person = SecurityContextHolder.getContext().getAuthentication();
        if (!PasswordPage.isByPassword(person) || !registry.isTemporary(person.getName())) {
            chain.doFilter(request, response);
            return;
        }
        requests.saveRequest(request, response);
        response.sendRedirect(request.getContextPath() + PasswordPage.PATH);
    }
}
