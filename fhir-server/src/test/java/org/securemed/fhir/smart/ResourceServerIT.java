package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class ResourceServerIT {
    private static final SmartServer server = SmartServer.shared();
    private final Http http = new Http();

    @Test
    void a_minted_token_tells_who_is_asking() {
        String token = server.bean(TokenMint.class).forPerson("physician", "user/*.rs");

        HttpResponse<String> answer = http.get(server.at("/fhir/Patient/1"), "Authorization", Http.bearer(token));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .contains("fhirUser=Practitioner/physician")
                .contains("roles=[PHYSICIAN]")
                .contains("organizations=[Organization/hospital]")
                .contains("purposesOfUse=[TREAT]");
    }

    @Test
    void nobody_reads_without_a_token() {
        HttpResponse<String> answer = http.get(server.at("/fhir/Patient/1"));

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/fhir+json");
        assertThat(answer.body()).contains("OperationOutcome").contains("token-missing");
        assertThat(server.recorder().refused).contains("401 token-missing");
    }

    @Test
    void metadata_and_discovery_are_open() {
        assertThat(http.get(server.at("/fhir/metadata")).body()).isEqualTo("metadata");
        assertThat(http.get(server.at("/fhir/.well-known/smart-configuration")).body())
                .contains("\"S256\"");
        assertThat(http.get(server.at("/.well-known/openid-configuration")).statusCode())
                .isEqualTo(200);
        assertThat(http.get(server.at("/oauth2/jwks")).body())
                .contains("\"kid\"")
                .doesNotContain("\"d\"");
        assertThat(http.get(server.at("/login")).body()).contains("Sign in");
    }
}
