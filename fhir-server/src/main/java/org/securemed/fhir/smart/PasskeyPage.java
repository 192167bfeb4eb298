package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletResponse;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.webauthn.api.CredentialRecord;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** Where people see and enrol their passkeys. */
@Controller
final class PasskeyPage {
    static final String PATH = "/account/passkeys";

    private static final DateTimeFormatter DAY = DateTimeFormatter.ISO_LOCAL_DATE.withZone(ZoneOffset.UTC);

    private final Passkeys passkeys;

    /**
     * One passkey on the page. Public, because templates reach public classes only.
     *
     * @param id as in its address
     * @param added and {@code used}: days, UTC
     */
    public record Shown(String id, String label, String added, String used) {}

    PasskeyPage(Passkeys passkeys) {
        this.passkeys = passkeys;
    }

    @GetMapping(PATH)
    String show(Authentication person, HttpServletResponse response, Model model) {
        List<Shown> shown =
                passkeys.of(person.getName()).stream().map(PasskeyPage::shown).toList();
        model.addAttribute("passkeys", shown);
        response.setHeader("Content-Security-Policy", SecurityChains.scriptedPolicy(""));
        return "smart/passkeys";
    }

    private static Shown shown(CredentialRecord passkey) {
        return new Shown(
                passkey.getCredentialId().toBase64UrlString(),
                passkey.getLabel(),
                DAY.format(passkey.getCreated()),
                DAY.format(passkey.getLastUsed()));
    }
}
