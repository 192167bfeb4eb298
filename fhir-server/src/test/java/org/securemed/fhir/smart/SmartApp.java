package org.securemed.fhir.smart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.web.util.HtmlUtils;

/** A SMART app and the person in front of it, over HTTP. */
final class SmartApp {
    static final String REDIRECT = "http://127.0.0.1:4711/callback";
    static final String VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789";
    private static final Pattern CSRF = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"");
    private static final Pattern INPUT = Pattern.compile("<input[^>]*>");
    private static final ObjectMapper JSON = new ObjectMapper();

    final Http browser = new Http();
    private final String base;
    private final String fhirBase;

    SmartApp(SmartServer server) {
        this(server.at("").toString(), server.fhirBase());
    }

    /** @param fhirBase as the server calls itself, wherever it listens */
    SmartApp(String base, String fhirBase) {
        this.base = base;
        this.fhirBase = fhirBase;
    }

    URI at(String path) {
        return URI.create(base + path);
    }

    /** A good authorization request, to be spoiled by tests. */
    Map<String, String> request(String scope) {
        Map<String, String> request = new LinkedHashMap<>();
        request.put("response_type", "code");
        request.put("client_id", DemoClients.APP);
        request.put("redirect_uri", REDIRECT);
        request.put("scope", scope);
        request.put("state", "state+of/the app");
        request.put("aud", fhirBase);
        request.put("code_challenge", challenge(VERIFIER));
        request.put("code_challenge_method", "S256");
        return request;
    }

    static String challenge(String verifier) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    HttpResponse<String> authorize(Map<String, String> request) {
        return browser.get(at("/oauth2/authorize?" + Http.form(request)), "Accept", "text/html");
    }

    HttpResponse<String> logIn(String username, String password) {
        return logIn(base, username, password);
    }

    HttpResponse<String> logIn(SmartServer other, String username, String password) {
        return logIn(other.at("").toString(), username, password);
    }

    private HttpResponse<String> logIn(String other, String username, String password) {
        URI login = URI.create(other + "/login");
        String page = browser.get(login).body();
        return browser.post(login, Map.of("username", username, "password", password, "_csrf", csrf(page)));
    }

    static String csrf(String page) {
        Matcher field = CSRF.matcher(page);
        if (!field.find()) {
            throw new AssertionError("the page has no CSRF token: " + page);
        }
        return field.group(1);
    }

    /** Logs in and follows the way back to the app. */
    String code(String username, Map<String, String> request) {
        logIn(username, username + "-password");
        return parameter(allow(authorize(request)), "code");
    }

    /** On the consent screen: everything on, no sensitive topic, allow. */
    HttpResponse<String> allow(HttpResponse<String> redirectToConsent) {
        return decide(consentPage(redirectToConsent), "allow", form -> {});
    }

    /** The consent screen that the browser was sent to. */
    HttpResponse<String> consentPage(HttpResponse<String> redirect) {
        String location = redirect.headers()
                .firstValue("Location")
                .orElseThrow(() -> new AssertionError(redirect.statusCode() + " " + redirect.body()));
        if (!location.contains("/oauth2/consent?")) {
            throw new AssertionError("no consent screen but " + location);
        }
        return browser.get(URI.create(location), "Accept", "text/html");
    }

    /** Sends the form of a consent screen as it was shown, but for what the test changes; no browser, no receipt. */
    HttpResponse<String> decide(
            HttpResponse<String> page, String decision, Consumer<List<Map.Entry<String, String>>> change) {
        return decide(page, decision, change, "X-Sender", "no browser");
    }

    /** The same, as a browser does. */
    HttpResponse<String> decideInBrowser(
            HttpResponse<String> page, String decision, Consumer<List<Map.Entry<String, String>>> change) {
        return decide(page, decision, change, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document");
    }

    private HttpResponse<String> decide(
            HttpResponse<String> page,
            String decision,
            Consumer<List<Map.Entry<String, String>>> change,
            String... headers) {
        List<Map.Entry<String, String>> fields = new ArrayList<>();
        Matcher input = INPUT.matcher(page.body().substring(page.body().indexOf("action=\"/oauth2/authorize\"")));
        while (input.find()) {
            String tag = input.group();
            if (!tag.contains("checkbox") && !tag.contains("radio") || tag.contains("checked")) {
                fields.add(Map.entry(attribute(tag, "name"), attribute(tag, "value")));
            }
        }
        fields.add(Map.entry("decision", decision));
        change.accept(fields);
        String body = fields.stream()
                .map(field -> Http.encode(field.getKey()) + "=" + Http.encode(field.getValue()))
                .collect(Collectors.joining("&"));
        return browser.send(
                HttpRequest.newBuilder(at("/oauth2/authorize"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        // As browsers do after a page that sends no referrer.
                        .header("Origin", "null")
                        .POST(HttpRequest.BodyPublishers.ofString(body)),
                headers);
    }

    private static String attribute(String tag, String name) {
        Matcher attribute = Pattern.compile(" " + name + "=\"([^\"]*)\"").matcher(tag);
        return attribute.find() ? HtmlUtils.htmlUnescape(attribute.group(1)) : "";
    }

    static String parameter(HttpResponse<String> redirect, String name) {
        String location = redirect.headers()
                .firstValue("Location")
                .orElseThrow(() -> new AssertionError(redirect.statusCode() + " " + redirect.body()));
        for (String pair : URI.create(location).getRawQuery().split("&")) {
            if (pair.startsWith(name + "=")) {
                return java.net.URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8);
            }
        }
        throw new AssertionError("no " + name + " in " + location);
    }

    HttpResponse<String> exchange(String code) {
        return token(Map.of(
                "grant_type", "authorization_code",
                "code", code,
                "redirect_uri", REDIRECT,
                "client_id", DemoClients.APP,
                "code_verifier", VERIFIER));
    }

    HttpResponse<String> refresh(String refreshToken) {
        return token(
                Map.of("grant_type", "refresh_token", "refresh_token", refreshToken, "client_id", DemoClients.APP));
    }

    HttpResponse<String> token(Map<String, String> form, String... headers) {
        return browser.post(at("/oauth2/token"), form, headers);
    }

    HttpResponse<String> fhir(String token) {
        return browser.get(at("/fhir/Patient/1"), "Authorization", Http.bearer(token));
    }

    static JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode claims(String jwt) {
        try {
            return JSON.readTree(Base64.getUrlDecoder().decode(jwt.split("\\.")[1]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String basic(String id, String secret) {
        return "Basic " + Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8));
    }
}
