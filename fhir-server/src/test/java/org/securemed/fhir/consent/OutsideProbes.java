package org.securemed.fhir.consent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Resource;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.smart.PersonsApp;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.TestHookClient;

/** What a server says beside its FHIR endpoint of a patient: picker, launch, and hooks. */
final class OutsideProbes {
    private static final String ORGANIZATION = "Organization/hook-stranger";

    private final HttpClient http = HttpClient.newHttpClient();
    private final TestServer server;
    private final PersonsApp app;
    private final String token;
    private final TestHookClient client;

    OutsideProbes(TestServer server) {
        this.server = server;
        this.app = PersonsApp.of(server, "physician");
        this.token = server.token("physician");
        this.client = TestHookClient.register(server, Role.PHYSICIAN, ORGANIZATION, "TREAT");
        server.put("backend", ORGANIZATION, (Resource)
                server.fhir().newJsonParser().parseResource("""
                {"resourceType":"Organization","id":"hook-stranger","name":"x","identifier":[{"system":"urn:hook:org","value":"s"}]}"""));
    }

    /** The patient lets the organization of the hooks' client in. */
    void letIn(String patient) {
        Consents.form(server, patient);
        Consents.record(server, Consents.permit(patient, ORGANIZATION));
    }

    /** Everything that is said. */
    String about(String patient) {
        StringBuilder said = new StringBuilder();
        for (String text : List.of("", "a", patient, "Hiddenson")) {
            said.append(normal(app.pick(text))).append('\n');
        }
        said.append(normal(app.choose(patient))).append('\n');
        said.append(normal(app.launch(token, patient))).append('\n');
        for (String number : List.of(patient, "SM-100003")) {
            said.append(normal(ask(question(patient.equals(TwinData.ELENA) ? number(patient) : number))))
                    .append('\n');
        }
        return said.toString();
    }

    /** The first identifier of a patient. */
    String number(String patient) {
        return ((Patient) server.get("backend", "Patient/" + patient).resource())
                .getIdentifierFirstRep()
                .getValue();
    }

    /** A question about somebody by their number. */
    HttpRequest question(String number) {
        String question = """
                {"hook":"patient-consent-consult","hookInstance":"1","context":{"patientId":[{"system":"https://securemed.example/mrn","value":"%s"}],"actor":[{"system":"urn:hook:org","value":"s"}],"purposeOfUse":["TREAT"],"class":[{"system":"http://hl7.org/fhir/resource-types","code":"Observation"}]}}""".formatted(number);
        return HttpRequest.newBuilder(URI.create(server.base() + "/cds-services/patient-consent-consult"))
                .header("Authorization", "Bearer " + client.sign(client.claims().build()))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(question))
                .build();
    }

    /** Its answer. */
    HttpResponse<String> ask(HttpRequest question) {
        try {
            return http.send(question, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Without what is made by chance for each answer. */
    private static String normal(HttpResponse<String> answer) {
        String location = answer.headers().firstValue("Location").orElse("");
        return answer.statusCode() + " " + Normal.text(location.replaceAll("(code|state)=[^&]*", "$1=?"))
                + " "
                + Normal.text(answer.body())
                        .replaceAll("(value|state|href|action)=\"[^\"]{20,}\"", "$1=?")
                        .replaceAll("\"launch\":\"[^\"]*\"", "\"launch\":\"?\"");
    }
}
