package org.securemed.card.reader.agent;

import java.util.Map;
import java.util.stream.Collectors;

/** The agent's own page on which a patient sees what they sign, and types their PIN; no script. */
final class SignConsentPage {
    private SignConsentPage() {}

    /**
     * The page.
     *
     * @param values transition and return address, checked
     * @param form good once
     * @param trouble why the last attempt failed, empty if there was none
     * @param pinpad whether the PIN is typed on the reader
     */
    static String html(Map<String, String> values, ConsentToSign consent, String form, String trouble, boolean pinpad) {
        return """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><title>Sign by card</title></head>
                <body><main><h1>Sign by card</h1>
                %s<ul>
                %s
                </ul>
                <details><summary>The text that is signed</summary><pre>%s</pre></details>
                <form method="post" action="/sign-consent">
                <input type="hidden" name="transition" value="%s">
                <input type="hidden" name="return" value="%s">
                <input type="hidden" name="form" value="%s">
                %s
                <button type="submit">Sign</button></form></main></body></html>
                """.formatted(
                        trouble.isEmpty() ? "" : "<p role=\"alert\">" + SignInPage.escaped(trouble) + "</p>\n",
                        consent.lines().stream()
                                .map(line -> "<li>" + SignInPage.escaped(line) + "</li>")
                                .collect(Collectors.joining("\n")),
                        SignInPage.escaped(consent.text()),
                        SignInPage.escaped(values.getOrDefault("transition", "")),
                        SignInPage.escaped(values.getOrDefault("return", "")),
                        form,
                        SignInPage.entry("If you agree, put your card into the reader and type its PIN", true, pinpad));
    }
}
