package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AuthorizationCodeIT {
    private static final SmartServer server = SmartServer.shared();

    @Test
    void a_person_logs_in_and_the_app_reads() {
        SmartApp app = new SmartApp(server);
        Map<String, String> request = app.request("openid fhirUser launch/patient patient/*.rs");
        HttpResponse<String> first = app.authorize(request);
        assertThat(first.statusCode()).isEqualTo(302);
        assertThat(first.headers().firstValue("Location").orElse("")).endsWith("/login");

        HttpResponse<String> signedIn = app.logIn("patient", "patient-password");
        assertThat(signedIn.headers().firstValue("Location").orElse("")).contains("/oauth2/authorize?");
        HttpResponse<String> back = app.allow(app.authorize(request));
        assertThat(SmartApp.parameter(back, "state")).isEqualTo("state+of/the app");

        HttpResponse<String> tokens = app.exchange(SmartApp.parameter(back, "code"));
        assertThat(tokens.statusCode()).as(tokens.body()).isEqualTo(200);
        JsonNode json = SmartApp.json(tokens);
        JsonNode idToken = SmartApp.claims(json.path("id_token").asText());
        assertThat(idToken.path("fhirUser").asText()).isEqualTo(server.fhirBase() + "/Patient/patient");
        HttpResponse<String> read = app.fhir(json.path("access_token").asText());
        assertThat(read.body()).contains("patient=patient").contains("fhirUser=Patient/patient");
    }

    @Test
    void a_machine_client_gets_a_token_for_its_secret() {
        SmartApp app = new SmartApp(server);

        HttpResponse<String> tokens = app.token(
                Map.of("grant_type", "client_credentials", "scope", "system/*.cruds"),
                "Authorization",
                SmartApp.basic(DemoClients.BACKEND, DemoClients.BACKEND + DemoClients.SECRET_SUFFIX));

        assertThat(tokens.statusCode()).as(tokens.body()).isEqualTo(200);
        assertThat(SmartApp.json(tokens).path("expires_in").asInt()).isBetween(1, 300);
        assertThat(app.fhir(SmartApp.json(tokens).path("access_token").asText()).body())
                .contains("roles=[SYSTEM]")
                .contains("clientId=demo-backend");
    }
}
