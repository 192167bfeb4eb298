package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * Where people see which apps act for them, and end that.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/conformance.html#metadata">SMART App Launch 2.2, Metadata,
 *     management_endpoint</a>
 */
@Controller
final class AppsPage {
    static final String PATH = "/account/apps";

    private static final int LONGEST_ID = 64;

    private final AppAuthorizations apps;
    private final GrantedApps granted;
    private final Authorizations authorizations;
    private final Accounts accounts;
    private final SmartProperties properties;
    private final SecurityTrail trail;

    /**
     * One app on the page. Public, because templates reach public classes only.
     *
     * @param authorization its id
     * @param publisher who answers for it; null if nobody knows
     * @param categories kinds of data, in plain words
     * @param since a moment, as {@code until} and {@code renewed}
     * @param until when it ends by itself; null for never
     * @param renewed when it last came for access; null if it has not come yet
     * @param offline whether it goes on while the person is not there
     */
    public record Shown(
            String authorization,
            String app,
            @Nullable String publisher,
            List<String> categories,
            String since,
            @Nullable String until,
            @Nullable String renewed,
            boolean offline) {}

    AppsPage(
            AppAuthorizations apps,
            GrantedApps granted,
            Authorizations authorizations,
            Accounts accounts,
            SmartProperties properties,
            SecurityTrail trail) {
        this.apps = apps;
        this.granted = granted;
        this.authorizations = authorizations;
        this.accounts = accounts;
        this.properties = properties;
        this.trail = trail;
    }

    @GetMapping(PATH)
    String show(Authentication person, Model model) {
        model.addAttribute(
                "apps",
                apps.of(person.getName()).stream()
                        .flatMap(one -> granted.find(person, one.authorization()).stream()
                                .map(grant -> shown(one, grant)))
                        .toList());
        return "smart/apps";
    }

    private static Shown shown(AppAuthorizations.Acting acting, GrantedApps.Grant grant) {
        return new Shown(
                acting.authorization(),
                acting.app(),
                Clients.setting(grant.client(), Clients.Setting.PUBLISHER),
                PlainWords.categories(grant.scopes()).stream()
                        .map(DataCategory::label)
                        .toList(),
                PlainWords.moment(acting.since()),
                grant.until() == null ? null : PlainWords.moment(grant.until()),
                acting.renewed() == null ? null : PlainWords.moment(acting.renewed()),
                acting.offline());
    }

    @PostMapping(PATH)
    String end(@RequestParam("authorization") String id, Authentication person, HttpServletRequest request) {
        @Nullable OAuth2Authorization found = id.length() > LONGEST_ID ? null : authorizations.findById(id);
        if (found == null || !found.getPrincipalName().equals(person.getName())) {
            throw Problem.notFound("not-found", "This app does not act for you any more.");
        }
        authorizations.remove(found, patient -> inPerson(person, patient));
        trail.record(trail.person(SecurityEvent.of(SecurityEvent.Kind.TOKEN_REVOKED, request), person)
                .note("by the person")
                .build());
        return "redirect:" + PATH;
    }

    /** Who ends what they have granted themselves. */
    private Requester inPerson(Authentication person, String patient) {
        SignedIn signedIn = (SignedIn) person.getPrincipal();
        AppUser user = AppUser.of(accounts.find(person.getName())
                .filter(Account::enabled)
                .orElseThrow(() -> Problem.forbidden("account-closed", "This account is closed.")));
        return Requester.inPerson(
                user.toward(patient),
                properties.issuer(),
                "log-in:" + signedIn.epochSecond(),
                Instant.ofEpochSecond(signedIn.epochSecond()),
                signedIn.acr());
    }
}
