package org.securemed.card.reader.agent;

import java.util.Map;

/** The agent's own page: a form for the PIN, no script. */
final class SignInPage {
    private SignInPage() {}

    /**
     * The page.
     *
     * @param values nonce and return address, checked
     * @param form good once
     * @param trouble why the last attempt failed, empty if there was none
     * @param pinpad whether the PIN is typed on the reader
     */
    static String html(Map<String, String> values, String form, String trouble, boolean pinpad) {
        return """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><title>Sign in by card</title></head>
                <body><main><h1>Sign in by card</h1>
                %s<form method="post" action="/sign-in">
                <input type="hidden" name="nonce" value="%s">
                <input type="hidden" name="return" value="%s">
                <input type="hidden" name="form" value="%s">
                %s
                <button type="submit">Sign in</button></form></main></body></html>
                """.formatted(
                        trouble.isEmpty() ? "" : "<p role=\"alert\">" + escaped(trouble) + "</p>\n",
                        escaped(values.getOrDefault("nonce", "")),
                        escaped(values.getOrDefault("return", "")),
                        form,
                        entry(
                                "Put the card into the reader and type its PIN"
                                        + (pinpad ? "" : " (none only where a card alone is enough)"),
                                false,
                                pinpad));
    }

    /**
     * Where the PIN is typed.
     *
     * @param label text for HTML
     * @param required whether there must be one
     * @param pinpad on the reader's own keys, after the form was sent
     */
    static String entry(String label, boolean required, boolean pinpad) {
        return pinpad
                ? "<p>%s on the reader when it asks for it. It does not come to this computer.</p>\n<input type=\"hidden\" name=\"pinpad\" value=\"yes\">"
                        .formatted(label)
                : """
                <label for="pin">%s</label>
                <input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" minlength="6"
                       maxlength="8" pattern="[0-9]*" %sautofocus>""".formatted(label, required ? "required " : "");
    }

    /** Text for HTML, also in attributes. */
    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
