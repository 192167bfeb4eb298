package org.securemed.fhir.smart;

import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ModelAttribute;

/** What stands around each page for people who are signed in: who they are, and where else they may go. */
@ControllerAdvice(
        assignableTypes = {
            AppsPage.class,
            ReceiptPage.class,
            PasskeyPage.class,
            PasswordPage.class,
            ClientsPage.class,
            AccountsPage.class
        })
final class PageFrame {
    private final Accounts accounts;

    /**
     * The frame. Public, because templates reach public classes only.
     *
     * @param person display name
     * @param administrator whether the pages for administrators are there
     */
    public record Frame(String person, boolean administrator) {}

    PageFrame(Accounts accounts) {
        this.accounts = accounts;
    }

    @ModelAttribute("frame")
    Frame frame(@Nullable Authentication person) {
        if (person == null) {
            return new Frame("", false);
        }
        return new Frame(
                accounts.find(person.getName()).map(Account::displayName).orElse(""),
                person.getAuthorities().stream()
                        .anyMatch(authority -> authority.getAuthority().equals("ROLE_" + Role.ADMINISTRATOR.name())));
    }
}
