package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** The log-in page (screen A1). */
@Controller
final class LoginPage {
    static final String PATH = "/login";
    static final String FAILED = PATH + "?failed";
    static final String WAIT = PATH + "?wait";
    static final String OUT = PATH + "?out";
    static final String AGAIN = PATH + "?again";
    static final String STRONG = PATH + "?strong";
    static final String CARD_FAILED = PATH + "?card-failed";

    private final FormTargets targets;
    private final ForeignLogIn foreign;
    private final CardLogIn cards;

    LoginPage(FormTargets targets, ForeignLogIn foreign, CardLogIn cards) {
        this.cards = cards;
        this.targets = targets;
        this.foreign = foreign;
    }

    @GetMapping(PATH)
    String show(HttpServletRequest request, HttpServletResponse response, Model model) {
        boolean wait = request.getParameter("wait") != null;
        model.addAttribute("failed", request.getParameter("failed") != null);
        model.addAttribute("wait", wait);
        model.addAttribute("issuer", foreign.name().orElse(null));
        model.addAttribute("issuerPath", ForeignLogIn.START);
        model.addAttribute("cardPath", cards.offered() ? CardLogIn.PATH : null);
        model.addAttribute("cardFailed", request.getParameter("card-failed") != null);
        model.addAttribute("again", request.getParameter("again") != null);
        model.addAttribute("strong", request.getParameter("strong") != null);
        model.addAttribute("out", request.getParameter("out") != null);
        if (wait) {
            response.setStatus(429);
            response.setHeader("Retry-After", Long.toString(LoginThrottle.WINDOW.toSeconds()));
        }
        targets.allowWaiting(request, response);
        return "smart/login";
    }
}
