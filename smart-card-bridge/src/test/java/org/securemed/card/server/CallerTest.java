package org.securemed.card.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.securemed.card.problem.Problem;
import org.springframework.security.oauth2.jwt.Jwt;

class CallerTest {
    private static final String BASE = "https://fhir.example.org/fhir";

    @Test
    void a_person_of_this_fhir_server_is_named_relative_to_it_and_another_s_is_not() {
        assertThat(caller(Map.of("fhirUser", BASE + "/Patient/elena")).fhirUser())
                .isEqualTo("Patient/elena");
        for (String other :
                List.of("https://evil.example/fhir/Patient/elena", BASE + "2/Patient/elena", BASE + "Patient/elena")) {
            assertThat(caller(Map.of("fhirUser", other)).fhirUser()).isEqualTo(other);
        }
        assertThat(caller(Map.of()).fhirUser()).isNull();
    }

    @Test
    void roles_are_those_of_the_token_s_extension_and_of_nothing_else() {
        assertThat(caller(Map.of(
                                "extensions",
                                Map.of("ihe_iua", Map.of("subject_role", List.of(Map.of("code", "nurse"), "patient")))))
                        .roles())
                .containsExactly("nurse");
        for (Object odd : List.of("nurse", List.of("nurse"), Map.of("ihe_iua", "nurse"), Map.of("subject_role", "x"))) {
            assertThat(caller(Map.of("extensions", odd)).roles()).isEmpty();
        }
        assertThat(caller(Map.of("roles", List.of("administrator"), "subject_role", List.of(Map.of("code", "x"))))
                        .roles())
                .isEmpty();
    }

    @Test
    void one_of_the_roles_is_enough_and_none_is_not() {
        Caller nurse = caller(Map.of(
                "extensions", Map.of("ihe_iua", Map.of("subject_role", List.of(Map.of("code", "nurse"))))));

        assertThat(nurse.requireRole("physician", "nurse")).isSameAs(nurse);
        assertThat(catchThrowableOfType(Problem.class, () -> nurse.requireRole("physician"))
                        .status())
                .isEqualTo(403);
        assertThat(nurse).hasToString("Caller[client=app]");
    }

    private static Caller caller(Map<String, Object> claims) {
        Jwt.Builder token = Jwt.withTokenValue("secret")
                .header("alg", "RS256")
                .subject("1")
                .audience(List.of(BASE))
                .claim("client_id", "app");
        claims.forEach(token::claim);
        return (Caller) Caller.authentication(token.build()).getDetails();
    }
}
