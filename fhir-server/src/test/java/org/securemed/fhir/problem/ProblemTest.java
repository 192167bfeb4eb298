package org.securemed.fhir.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class ProblemTest {
    private final ProblemWriter writer = new ProblemWriter();

    private MockHttpServletResponse written(String path, String accept, Problem problem) throws IOException {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", path);
        request.addHeader("Accept", accept);
        MockHttpServletResponse response = new MockHttpServletResponse();
        writer.write(request, response, problem);
        return response;
    }

    @Test
    void under_fhir_it_is_an_operation_outcome() throws IOException {
        MockHttpServletResponse answer = written(
                "/fhir/Patient/1", "application/fhir+json", Problem.forbidden("forbidden", "Not <for> \"you\"."));

        assertThat(answer.getStatus()).isEqualTo(403);
        assertThat(answer.getContentType()).startsWith("application/fhir+json");
        assertThat(answer.getContentAsString())
                .isEqualTo(
                        "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"forbidden\","
                                + "\"details\":{\"coding\":[{\"system\":\"" + Problem.SYSTEM
                                + "\",\"code\":\"forbidden\"}]},"
                                + "\"diagnostics\":\"Not <for> \\\"you\\\".\"}]}");
    }

    @Test
    void xml_is_escaped() throws IOException {
        MockHttpServletResponse answer = written(
                "/fhir", "application/fhir+xml, application/fhir+json;q=0.5", Problem.forbidden("forbidden", "<&>"));

        assertThat(answer.getContentAsString()).contains("<diagnostics value=\"&lt;&amp;");
    }

    @Test
    void elsewhere_it_is_a_problem_document() throws IOException {
        MockHttpServletResponse answer =
                written("/fhirish", "*/*", Problem.unavailable("unavailable", "Later.", Duration.ofSeconds(7)));

        assertThat(answer.getContentType()).startsWith("application/problem+json");
        assertThat(answer.getHeader("Retry-After")).isEqualTo("7");
        assertThat(answer.getContentAsString())
                .isEqualTo("{\"type\":\"urn:securemed:problem:unavailable\",\"title\":\"unavailable\",\"status\":503,"
                        + "\"detail\":\"Later.\"}");
    }

    @Test
    void a_browser_gets_a_page_that_says_the_same() throws IOException {
        MockHttpServletResponse answer = written(
                "/account", "text/html,application/xhtml+xml,*/*;q=0.8", Problem.forbidden("forbidden", "<&\">"));

        assertThat(answer.getStatus()).isEqualTo(403);
        assertThat(answer.getContentType()).startsWith("text/html");
        assertThat(answer.getHeader("Content-Security-Policy")).contains("default-src 'none'");
        assertThat(answer.getContentAsString())
                .contains("&lt;&amp;&quot;&gt;", "<code>forbidden</code>")
                .doesNotContain("<script", "<&");
        assertThat(written("/fhir/Patient", "text/html", Problem.forbidden("forbidden", "x"))
                        .getContentType())
                .as("the API speaks FHIR to everybody")
                .startsWith("application/fhir+json");
    }

    @Test
    void codes_and_statuses_are_checked() {
        assertThatThrownBy(() -> Problem.badRequest("Bad Code", "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Problem.of(200, "fine", IssueType.INFORMATIONAL, "x"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void the_r4_resource_says_the_same() {
        assertThat(Problem.notFound("not-found", "Nothing here.")
                        .operationOutcome()
                        .getIssueFirstRep())
                .satisfies(issue -> {
                    assertThat(issue.getCode()).isEqualTo(IssueType.NOTFOUND);
                    assertThat(issue.getDetails().getCodingFirstRep().getCode()).isEqualTo("not-found");
                    assertThat(issue.getDiagnostics()).isEqualTo("Nothing here.");
                });
    }
}
