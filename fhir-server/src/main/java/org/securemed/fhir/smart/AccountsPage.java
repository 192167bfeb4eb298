package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * Where administrators make people's accounts, bind them to FHIR resources, close and reset them. Takes a strong and
 * recent log-in; each act is recorded.
 */
@Controller
final class AccountsPage {
    static final String PATH = "/administration/accounts";
    static final String STATE = PATH + "/state";
    static final String RESET = PATH + "/reset";

    private static final int LONGEST_NAME = 64;

    private final AccountRegistry registry;
    private final Accounts accounts;
    private final SecurityTrail trail;
    private final StepUp stepUp;
    private final HttpSessionRequestCache requests = new HttpSessionRequestCache();

    /**
     * One account on the page. Public, because templates reach public classes only.
     *
     * @param roles codes
     * @param bound references
     */
    public record Shown(String username, String name, String roles, String bound, boolean enabled) {}

    AccountsPage(AccountRegistry registry, Accounts accounts, SecurityTrail trail, StepUp stepUp) {
        this.registry = registry;
        this.accounts = accounts;
        this.trail = trail;
        this.stepUp = stepUp;
    }

    @GetMapping(PATH)
    @Nullable
    String show(
            @RequestParam(name = "search", defaultValue = "") String search,
            @RequestParam(name = "account", defaultValue = "") String account,
            Authentication person,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model)
            throws IOException {
        if (!stepUp.isMet(person)) {
            requests.saveRequest(request, response);
            response.sendRedirect(request.getContextPath() + LoginPage.STRONG);
            return null;
        }
        AccountForm form = isName(account)
                ? accounts.find(account).map(AccountForm::of).orElseGet(AccountForm::empty)
                : AccountForm.empty();
        return page(model, form, List.of(), search);
    }

    @PostMapping(PATH)
    String save(
            @ModelAttribute AccountForm form,
            Authentication person,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model) {
        requireStepUp(person);
        List<String> faults = registry.faults(form);
        if (faults.isEmpty() && form.changes() && isSelf(person, form.username())) {
            faults = List.of("What you are yourself, another administrator changes.");
        }
        if (!faults.isEmpty()) {
            response.setStatus(422);
            return page(model, form, faults, "");
        }
        String note = "account: %s %s (%s)%s"
                .formatted(
                        form.changes() ? "change" : "make",
                        form.username(),
                        String.join(" ", form.roleSet().stream().map(Role::code).toList()),
                        form.fhirUser().isEmpty() ? "" : " as " + form.fhirUser());
        if (form.changes()) {
            registry.change(form, () -> record(request, person, note));
            model.addAttribute("done", "Changed. The person has to sign in again.");
        } else {
            String password = registry.create(form, () -> record(request, person, note));
            shown(model, response, form.username(), password);
        }
        return page(model, AccountForm.empty(), List.of(), form.username());
    }

    @PostMapping(STATE)
    String enable(
            @RequestParam("account") String account,
            @RequestParam("enabled") boolean enabled,
            Authentication person,
            HttpServletRequest request) {
        requireStepUp(person);
        requireOther(person, account);
        boolean found = isName(account)
                && registry.enable(
                        account,
                        enabled,
                        () -> record(request, person, "account: " + (enabled ? "open " : "close ") + account));
        if (!found) {
            throw nothing();
        }
        return "redirect:" + PATH;
    }

    @PostMapping(RESET)
    String reset(
            @RequestParam("account") String account,
            Authentication person,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model) {
        requireStepUp(person);
        requireOther(person, account);
        Optional<String> password = isName(account)
                ? registry.reset(account, () -> record(request, person, "account: reset " + account))
                : Optional.empty();
        shown(model, response, account, password.orElseThrow(AccountsPage::nothing));
        return page(model, AccountForm.empty(), List.of(), account);
    }

    private void requireStepUp(Authentication person) {
        if (!stepUp.isMet(person)) {
            throw StepUp.problem();
        }
    }

    /** Nobody locks themselves out, or gives themselves a role. */
    private static void requireOther(Authentication person, String account) {
        if (isSelf(person, account)) {
            throw Problem.of(
                    422, "own-account", IssueType.BUSINESSRULE, "Your own account another administrator changes.");
        }
    }

    private static boolean isSelf(Authentication person, String account) {
        return person.getName().equals(Accounts.normal(account));
    }

    private static boolean isName(String account) {
        return !account.isEmpty() && account.length() <= LONGEST_NAME && account.indexOf('\0') < 0;
    }

    private static void shown(Model model, HttpServletResponse response, String account, String password) {
        model.addAttribute("account", account);
        model.addAttribute("password", password);
        response.setHeader("Cache-Control", "no-store");
    }

    private void record(HttpServletRequest request, Authentication person, String note) {
        trail.record(trail.person(SecurityEvent.of(SecurityEvent.Kind.ADMINISTRATION, request), person)
                .note(note)
                .build());
    }

    private String page(Model model, AccountForm form, List<String> faults, String search) {
        String text = isName(search) ? search : "";
        model.addAttribute("form", form);
        model.addAttribute("faults", faults);
        model.addAttribute("search", text);
        model.addAttribute(
                "roles",
                AccountForm.ROLES.stream()
                        .map(role -> new ConsentOption(role.code(), role.code()))
                        .toList());
        model.addAttribute(
                "accounts",
                registry.find(text).stream().map(AccountsPage::shown).toList());
        return "smart/accounts";
    }

    private static Shown shown(Account account) {
        java.util.Set<String> bound =
                new java.util.TreeSet<>(account.relatedPersons().values());
        if (account.fhirUser() != null) {
            bound.add(account.fhirUser());
        }
        return new Shown(
                account.username(),
                account.displayName(),
                String.join(
                        ", ", account.roles().stream().map(Role::code).sorted().toList()),
                String.join(", ", bound),
                account.enabled());
    }

    private static Problem nothing() {
        return Problem.notFound("not-found", "There is no such account.");
    }
}
