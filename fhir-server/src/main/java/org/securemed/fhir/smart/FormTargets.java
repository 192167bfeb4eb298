package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.security.web.savedrequest.SavedRequest;

/**
 * Opens a page's policy for the app that the browser goes back to: browsers hold {@code form-action} against redirects
 * after a form, too. Only addresses registered for the app are let in.
 */
final class FormTargets {
    private final Clients clients;

    FormTargets(Clients clients) {
        this.clients = clients;
    }

    /** For a page whose form may lead to this address, already checked against the app's registration. */
    void allow(HttpServletResponse response, String redirectUri) {
        origin(URI.create(redirectUri))
                .ifPresent(origin ->
                        response.setHeader("Content-Security-Policy", SecurityChains.pagePolicy(" " + origin)));
    }

    /** For the log-in page, when an authorization request waits behind it. */
    void allowWaiting(HttpServletRequest request, HttpServletResponse response) {
        response.setHeader(
                "Content-Security-Policy",
                SecurityChains.scriptedPolicy(
                        waiting(request, response).map(origin -> " " + origin).orElse("")));
    }

    private Optional<String> waiting(HttpServletRequest request, HttpServletResponse response) {
        SavedRequest saved = new HttpSessionRequestCache().getRequest(request, response);
        if (saved == null) {
            return Optional.empty();
        }
        Map<String, String[]> parameters = saved.getParameterMap();
        String[] client = parameters.get("client_id");
        String[] redirect = parameters.get("redirect_uri");
        if (client == null || redirect == null || client.length != 1 || redirect.length != 1) {
            return Optional.empty();
        }
        RegisteredClient app = clients.findByClientId(client[0]);
        if (app == null) {
            return Optional.empty();
        }
        try {
            URI address = new URI(redirect[0]);
            boolean registered = app.getRedirectUris().stream()
                    .map(URI::create)
                    .anyMatch(known -> String.valueOf(known.getScheme()).equals(address.getScheme())
                            && String.valueOf(known.getHost()).equals(String.valueOf(address.getHost())));
            return registered ? origin(address) : Optional.empty();
        } catch (java.net.URISyntaxException e) {
            // The authorization endpoint will refuse it.
            return Optional.empty();
        }
    }

    private static Optional<String> origin(URI address) {
        String scheme = address.getScheme();
        if (scheme == null || !scheme.matches("[a-z][a-z0-9+.-]{0,40}") || scheme.equals("javascript")) {
            return Optional.empty();
        }
        if (scheme.equals("http") || scheme.equals("https")) {
            return RegisteredOrigins.origin(address.toString());
        }
        return Optional.of(scheme + ":");
    }
}
