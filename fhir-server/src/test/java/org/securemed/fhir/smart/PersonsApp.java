package org.securemed.fhir.smart;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.securemed.fhir.server.TestServer;

/** The demonstration's app in the hands of one of its people, for tests of other packages. */
public final class PersonsApp {
    private static final String FHIR_BASE = "http://localhost:8080/fhir";

    private final TestServer server;
    private final SmartApp app;

    private PersonsApp(TestServer server, SmartApp app) {
        this.server = server;
        this.app = app;
    }

    /** Somebody logs in. */
    public static PersonsApp of(TestServer server, String user) {
        SmartApp app = new SmartApp(server.base(), FHIR_BASE);
        app.logIn(user, user);
        return new PersonsApp(server, app);
    }

    /** Tokens that the person lets the app have. */
    public record Tokens(String access, String refresh) {}

    /** The app asks for scopes that need no choice of a patient, and the person allows them. */
    public Tokens allow(String scopes) {
        HttpResponse<String> page = app.consentPage(app.authorize(app.request(scopes)));
        HttpResponse<String> back = app.decide(page, "allow", form -> {});
        JsonNode answer = SmartApp.json(app.exchange(SmartApp.parameter(back, "code")));
        return new Tokens(
                answer.path("access_token").asText(),
                answer.path("refresh_token").asText());
    }

    /** New tokens for a refresh token; the error if there are none. */
    public String refresh(String token) {
        JsonNode answer = SmartApp.json(app.refresh(token));
        return answer.has("access_token")
                ? answer.path("access_token").asText()
                : answer.path("error").asText();
    }

    /** What the screen shows when the app wants one patient's record and the person has looked for {@code text}. */
    public HttpResponse<String> pick(String text) {
        return look(picker(), text);
    }

    /** The address of a screen on which a patient is chosen. */
    public String picker() {
        return app.authorize(app.request("launch/patient patient/*.rs"))
                .headers()
                .firstValue("Location")
                .orElseThrow();
    }

    /** That screen when the person has looked for {@code text}. */
    public HttpResponse<String> look(String picker, String text) {
        return app.browser.get(URI.create(picker + "&search=" + Http.encode(text)), "Accept", "text/html");
    }

    /** What comes of choosing a patient on that screen. */
    public HttpResponse<String> choose(String patient) {
        HttpResponse<String> page = app.consentPage(app.authorize(app.request("launch/patient patient/*.rs")));
        return app.decide(page, "allow", form -> {
            form.removeIf(field -> field.getKey().equals("patient"));
            form.add(Map.entry("patient", patient));
        });
    }

    /** A token for the record of a patient whom the person has chosen. */
    public String tokenFor(String patient) {
        return SmartApp.json(app.exchange(SmartApp.parameter(choose(patient), "code")))
                .path("access_token")
                .asText();
    }

    /** What the authorization server says of a token to whom proves themselves so, and of its claims. */
    public JsonNode introspect(String token, String authorization) {
        return SmartApp.json(
                app.browser.post(app.at("/oauth2/introspect"), Map.of("token", token), "Authorization", authorization));
    }

    /** How the demonstration's back end proves itself. */
    public static String backEnd() {
        return SmartApp.basic(DemoClients.BACKEND, DemoClients.BACKEND + DemoClients.SECRET_SUFFIX);
    }

    /** The claims of a token. */
    public static JsonNode claims(String token) {
        return SmartApp.claims(token);
    }

    /** What comes of opening a launch of this app for a patient, with a token of the person. */
    public HttpResponse<String> launch(String token, String patient) {
        return app.browser.send(HttpRequest.newBuilder(URI.create(server.base() + LaunchController.PATH))
                .header("Authorization", Http.bearer(token))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"client_id\":\"" + DemoClients.APP + "\",\"patient\":\"" + patient + "\"}")));
    }
}
