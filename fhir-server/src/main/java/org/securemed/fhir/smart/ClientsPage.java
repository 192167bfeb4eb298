package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.ClientRegistry.Registered;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * Where administrators register apps and machine clients, and let one in no more. Takes a strong and recent log-in;
 * each act is recorded.
 */
@Controller
final class ClientsPage {
    // Not below /admin: what is there takes access tokens.
    static final String PATH = "/administration/clients";
    static final String STATE = PATH + "/state";

    private static final int LONGEST_ID = 200;

    private final ClientRegistry registry;
    private final SecurityTrail trail;
    private final StepUp stepUp;
    private final boolean production;
    private final HttpSessionRequestCache requests = new HttpSessionRequestCache();

    /**
     * One client on the page. Public, because templates reach public classes only.
     *
     * @param proof how it proves itself, in words
     */
    public record Shown(String clientId, String name, String proof, String scopes, boolean verified, boolean enabled) {}

    ClientsPage(
            ClientRegistry registry,
            SecurityTrail trail,
            StepUp stepUp,
            org.springframework.core.env.Environment environment) {
        this.registry = registry;
        this.trail = trail;
        this.stepUp = stepUp;
        this.production = SmartConfiguration.production(environment);
    }

    @GetMapping(PATH)
    @Nullable
    String show(Authentication person, HttpServletRequest request, HttpServletResponse response, Model model)
            throws java.io.IOException {
        if (!stepUp.isMet(person)) {
            requests.saveRequest(request, response);
            response.sendRedirect(request.getContextPath() + LoginPage.STRONG);
            return null;
        }
        return page(model, ClientForm.empty(), List.of());
    }

    @PostMapping(PATH)
    String register(
            @ModelAttribute ClientForm form,
            Authentication person,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model) {
        requireStepUp(person);
        List<String> faults = form.faults(production);
        if (!faults.isEmpty()) {
            response.setStatus(422);
            return page(model, form, faults);
        }
        Registered done = registry.register(
                form, id -> record(request, person, "client: register " + id + " (" + form.kind() + ")"));
        model.addAttribute("registered", done.clientId());
        model.addAttribute("secret", done.secret().orElse(null));
        response.setHeader("Cache-Control", "no-store");
        return page(model, ClientForm.empty(), List.of());
    }

    @PostMapping(STATE)
    String enable(
            @RequestParam("client") String client,
            @RequestParam("enabled") boolean enabled,
            Authentication person,
            HttpServletRequest request) {
        requireStepUp(person);
        boolean found = client.length() <= LONGEST_ID
                && client.indexOf('\0') < 0
                && registry.enable(
                        client,
                        enabled,
                        () -> record(request, person, "client: " + (enabled ? "let in " : "let in no more ") + client));
        if (!found) {
            throw Problem.notFound("not-found", "There is no such client.");
        }
        return "redirect:" + PATH;
    }

    private void requireStepUp(Authentication person) {
        if (!stepUp.isMet(person)) {
            throw StepUp.problem();
        }
    }

    private void record(HttpServletRequest request, Authentication person, String note) {
        trail.record(trail.person(SecurityEvent.of(SecurityEvent.Kind.ADMINISTRATION, request), person)
                .note(note)
                .build());
    }

    private String page(Model model, ClientForm form, List<String> faults) {
        model.addAttribute("form", form);
        model.addAttribute("faults", faults);
        model.addAttribute(
                "clients",
                registry.all().stream()
                        .map(one -> new Shown(
                                one.clientId(),
                                one.name(),
                                proof(one.methods()),
                                one.scopes(),
                                one.verified(),
                                one.enabled()))
                        .toList());
        return "smart/clients";
    }

    private static String proof(String methods) {
        if (methods.contains("private_key_jwt")) {
            return "signs with a key";
        }
        return methods.contains("client_secret") ? "has a secret" : "public";
    }
}
