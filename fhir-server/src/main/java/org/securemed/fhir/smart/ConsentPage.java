package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Choosing a record (screen A2) and saying what an app may do with it (screen A3). */
@Controller
final class ConsentPage {
    static final String PATH = "/oauth2/consent";

    private final PendingRequests pending;
    private final AppAuthorizations apps;
    private final FormTargets targets;
    private final ProblemWriter problems;

    ConsentPage(PendingRequests pending, AppAuthorizations apps, FormTargets targets, ProblemWriter problems) {
        this.pending = pending;
        this.apps = apps;
        this.targets = targets;
        this.problems = problems;
    }

    @GetMapping(PATH)
    @Nullable
    String show(
            @RequestParam("state") String state,
            @RequestParam(name = "search", defaultValue = "") String search,
            Authentication person,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model)
            throws IOException {
        PendingRequests.Pending asked = pending.find(person, state).orElse(null);
        if (asked == null) {
            problems.write(
                    request,
                    response,
                    Problem.notFound(
                            "consent-gone", "This request was answered or is too old. Start again in the app."));
            return null;
        }
        Set<DataCategory> categories = PlainWords.categories(asked.scopes());
        boolean choose = asked.needsPatient() && asked.launch().patient() == null;
        List<PatientChoices.Choice> choices = choose ? pending.choices(asked, search) : List.of();
        model.addAttribute("app", asked.client().getClientName());
        model.addAttribute("clientId", asked.client().getClientId());
        model.addAttribute("publisher", Clients.setting(asked.client(), Clients.Setting.PUBLISHER));
        model.addAttribute("verified", Clients.setting(asked.client(), Clients.Setting.VERIFIED) != null);
        model.addAttribute("goesTo", java.net.URI.create(asked.redirectUri()).getAuthority());
        model.addAttribute("person", asked.user().displayName());
        model.addAttribute("state", state);
        model.addAttribute("sentences", PlainWords.sentences(asked.scopes(), PlainWords.Chosen.BELOW));
        model.addAttribute(
                "categories",
                categories.stream()
                        .map(one -> new ConsentOption(one.name(), one.label()))
                        .toList());
        // Labels bind through the patient's Consent; what staff lets an app do is none.
        boolean consents = asked.user().roles().contains(Role.PATIENT)
                || asked.user().roles().contains(Role.REPRESENTATIVE);
        model.addAttribute("topics", consents ? topics(categories) : List.of());
        boolean comesBack =
                asked.scopes().has(Scope.Named.OFFLINE_ACCESS) || asked.scopes().has(Scope.Named.ONLINE_ACCESS);
        model.addAttribute(
                "durations",
                comesBack
                        ? Arrays.stream(GrantDuration.values())
                                .map(one -> new ConsentOption(one.name(), one.label()))
                                .toList()
                        : List.of());
        TokenSettings tokens = asked.client().getTokenSettings();
        model.addAttribute(
                "minutes",
                tokens.getAuthorizationCodeTimeToLive()
                        .plus(tokens.getAccessTokenTimeToLive())
                        .toMinutes());
        model.addAttribute(
                "before",
                apps.lastInForce(person.getName(), asked.client().getClientId())
                        .map(PlainWords::moment)
                        .orElse(null));
        model.addAttribute("choose", choose);
        model.addAttribute("choices", choices);
        model.addAttribute("searchable", choose && !(search.isBlank() && pending.isOwnOnly(choices)));
        model.addAttribute("search", search);
        targets.allow(response, asked.redirectUri());
        return "smart/consent";
    }

    private static List<ConsentOption> topics(Set<DataCategory> categories) {
        return categories.isEmpty()
                ? List.of()
                : Arrays.stream(SensitiveTopic.values())
                        .map(one -> new ConsentOption(one.name(), one.label()))
                        .toList();
    }
}
