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
     */
    static String html(Map<String, String> values, String form, String trouble) {
        return """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><title>Sign in by card</title></head>
                <body><main><h1>Sign in by card</h1>
                %s<form method="post" action="/sign-in">
                <input type="hidden" name="nonce" value="%s">
                <input type="hidden" name="return" value="%s">
                <input type="hidden" name="form" value="%s">
                <label for="pin">Put the card into the reader and type its PIN (none only where a card alone is enough)</label>
                <input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" minlength="6"
                       maxlength="8" pattern="[0-9]*" autofocus>
                <button type="submit">Sign in</button></form></main></body></html>
                """.formatted(
                        trouble.isEmpty() ? "" : "<p role=\"alert\">" + escaped(trouble) + "</p>\n",
                        escaped(values.getOrDefault("nonce", "")),
                        escaped(values.getOrDefault("return", "")),
                        form);
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
