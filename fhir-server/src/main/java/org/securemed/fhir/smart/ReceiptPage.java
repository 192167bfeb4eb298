package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.springframework.security.core.Authentication;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * The receipt of what a person has let an app do (screen A4): what, until when, how to end it, and where in the ledger
 * it stands. It is shown before the browser goes on to the app, and later among the person's apps.
 */
@Controller
final class ReceiptPage {
    static final String PATTERN = AppsPage.PATH + "/{authorization}";
    static final String CONTINUE = PATTERN + "/continue";
    /** Query of the receipt right after the answer. */
    static final String GRANTED = "?granted";

    /** WCAG 2.2, 2.2.1: at least 20 seconds, and a link stops it. */
    private static final int SECONDS = 20;

    private final GrantedApps granted;

    ReceiptPage(GrantedApps granted) {
        this.granted = granted;
    }

    static String at(String authorization) {
        return AppsPage.PATH + "/" + authorization;
    }

    @GetMapping(PATTERN)
    String show(
            @PathVariable("authorization") String id,
            @RequestParam(name = "granted", required = false) @Nullable String now,
            Authentication person,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model) {
        GrantedApps.Grant grant = granted.find(person, id).orElseThrow(ReceiptPage::nothing);
        boolean waits = granted.waits(grant);
        Optional<Long> position = granted.position(grant);
        model.addAttribute("app", grant.client().getClientName());
        model.addAttribute("publisher", Clients.setting(grant.client(), Clients.Setting.PUBLISHER));
        model.addAttribute("authorization", id);
        model.addAttribute("sentences", PlainWords.sentences(grant.scopes(), PlainWords.Chosen.ALREADY));
        model.addAttribute(
                "categories",
                PlainWords.categories(grant.scopes()).stream()
                        .map(DataCategory::label)
                        .toList());
        model.addAttribute(
                "topics", grant.topics().stream().map(SensitiveTopic::label).toList());
        model.addAttribute("consents", grant.consent() != null);
        model.addAttribute(
                "consent",
                grant.consent() == null ? null : "Consent/" + grant.consent().id());
        model.addAttribute("until", grant.until() == null ? null : PlainWords.moment(grant.until()));
        model.addAttribute(
                "since",
                Grants.decided(grant.authorization()).map(PlainWords::moment).orElse(null));
        model.addAttribute("position", position.orElse(null));
        model.addAttribute("waits", waits);
        model.addAttribute("leaving", waits && now != null);
        model.addAttribute("seconds", SECONDS);
        if (waits && now != null) {
            response.setHeader("Refresh", SECONDS + ";url=" + request.getContextPath() + at(id) + "/continue");
        }
        return "smart/receipt";
    }

    @GetMapping(CONTINUE)
    void goOn(@PathVariable("authorization") String id, Authentication person, HttpServletResponse response)
            throws IOException {
        String address = granted.find(person, id)
                .flatMap(granted::address)
                .orElseThrow(() -> Problem.notFound(
                        "app-told", "The app has been told already, or too much time has passed. Start in the app."));
        response.setHeader("Cache-Control", "no-store");
        response.sendRedirect(address);
    }

    private static Problem nothing() {
        return Problem.notFound("not-found", "This app does not act for you any more.");
    }
}
