package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.authentication.WebAuthenticationDetails;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.security.web.savedrequest.SavedRequest;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * Where people choose their password; with one that an administrator has seen there is nothing else that they may do.
 */
@Controller
final class PasswordPage {
    static final String PATH = "/account/password";

    private static final int SHORTEST = 12;
    // BCrypt looks at no more.
    private static final int LONGEST_OCTETS = 72;

    private final AccountRegistry registry;
    private final PasswordLogin logIn;
    private final SecurityTrail trail;
    private final HttpSessionRequestCache requests = new HttpSessionRequestCache();

    PasswordPage(AccountRegistry registry, PasswordLogin logIn, SecurityTrail trail) {
        this.registry = registry;
        this.logIn = logIn;
        this.trail = trail;
    }

    @GetMapping(PATH)
    String show(Authentication person, Model model) {
        return page(person, model);
    }

    @PostMapping(PATH)
    String choose(
            @RequestParam("current") String current,
            @RequestParam("password") String password,
            @RequestParam("again") String again,
            Authentication person,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model) {
        String fault = fault(person, current, password, again)
                .or(() -> wrong(person, current, request))
                .orElse(null);
        if (fault != null) {
            response.setStatus(422);
            model.addAttribute("fault", fault);
            return page(person, model);
        }
        registry.choose(
                person.getName(),
                password,
                request.getSession().getId(),
                () -> trail.record(trail.person(SecurityEvent.of(SecurityEvent.Kind.ADMINISTRATION, request), person)
                        .note("account: password chosen")
                        .build()));
        SavedRequest waiting = requests.getRequest(request, response);
        model.addAttribute("done", true);
        model.addAttribute("waiting", waiting == null ? null : waiting.getRedirectUrl());
        return page(person, model);
    }

    private static Optional<String> fault(Authentication person, String current, String password, String again) {
        if (!password.equals(again)) {
            return Optional.of("The two new passwords differ.");
        }
        if (password.codePointCount(0, password.length()) < SHORTEST
                || password.getBytes(StandardCharsets.UTF_8).length > LONGEST_OCTETS) {
            return Optional.of("A password has at least " + SHORTEST + " characters, and at most 72.");
        }
        return password.equals(current) || Accounts.normal(password).contains(person.getName())
                ? Optional.of("Choose another one than before, without your name in it.")
                : Optional.empty();
    }

    private Optional<String> wrong(Authentication person, String current, HttpServletRequest request) {
        UsernamePasswordAuthenticationToken attempt =
                UsernamePasswordAuthenticationToken.unauthenticated(person.getName(), current);
        attempt.setDetails(new WebAuthenticationDetails(request));
        try {
            logIn.authenticate(attempt);
            return Optional.empty();
        } catch (LockedException e) {
            return Optional.of("Too many attempts. Wait a quarter of an hour and try again.");
        } catch (AuthenticationException e) {
            return Optional.of("The current password is wrong.");
        }
    }

    private String page(Authentication person, Model model) {
        model.addAttribute("temporary", registry.isTemporary(person.getName()));
        return "smart/password";
    }

    /** Whether the log-in was by a password. */
    static boolean isByPassword(@Nullable Authentication person) {
        return person != null
                && person.getPrincipal() instanceof SignedIn signedIn
                && LogIn.Method.PASSWORD.acr().equals(signedIn.acr());
    }
}
