package org.securemed.card.share;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.outbound.BoundedBody;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.problem.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records by sending an AuditEvent (IHE ITI-20) to the FHIR server, which answers when it is in the ledger.
 * Thread-safe.
 */
final class LedgerShareEvents implements ShareEvents {
    private static final Logger log = LoggerFactory.getLogger(LedgerShareEvents.class);
    private static final String DICOM = "http://dicom.nema.org/resources/ontology/DCM";
    private static final String SHARE = "https://securemed.org/fhir/CodeSystem/share-event";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LARGEST_ANSWER = 64 * 1024;

    private final BackendClient client;
    private final URI endpoint;
    private final HttpClient http = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    LedgerShareEvents(BackendClient client, URI fhirBase) {
        this.client = client;
        this.endpoint = URI.create(fhirBase + "/AuditEvent");
    }

    @Override
    public void record(ShareEvent event) {
        byte[] body = StrictJson.minified(auditEvent(event));
        try {
            String token = client.token();
            int status = send(body, token);
            if (status == 401) {
                client.forget(token);
                status = send(body, client.token());
            }
            if (status != 201) {
                throw new IOException("the FHIR server answered " + status);
            }
        } catch (IOException e) {
            log.atError().addKeyValue("failure", e.getMessage()).log("an event could not be recorded");
            throw unavailable();
        }
    }

    static Problem unavailable() {
        return Problem.unavailable(
                "record-unavailable",
                "It cannot be recorded now who receives what, so nothing is handed out. Try again.",
                Duration.ofSeconds(5));
    }

    private int send(byte[] body, String token) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(endpoint)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/fhir+json")
                .header("Accept", "application/fhir+json")
                .timeout(PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        try {
            HttpResponse<byte[]> answer = http.sendAsync(request, BoundedBody.upTo(LARGEST_ANSWER))
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return answer.statusCode();
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the FHIR server did not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static ObjectNode auditEvent(ShareEvent event) {
        ObjectNode audit = StrictJson.newObject().put("resourceType", "AuditEvent");
        audit.putObject("type").put("system", DICOM).put("code", event.kind().discloses() ? "110106" : "110113");
        audit.putArray("subtype")
                .addObject()
                .put("system", SHARE)
                .put("code", event.kind().code());
        audit.put("action", event.kind().discloses() ? "R" : "E")
                .put("recorded", event.at().toString())
                .put("outcome", "0");
        var agents = audit.putArray("agent");
        if (event.recipient() != null) {
            agents.addObject()
                    .put("name", event.recipient())
                    .put("requestor", true)
                    .putObject("type")
                    .putArray("coding")
                    .addObject()
                    .put("system", "http://terminology.hl7.org/CodeSystem/v3-ParticipationType")
                    .put("code", "IRCP");
        } else {
            agents.addObject().put("requestor", true).putObject("who").put("reference", "Patient/" + event.patient());
        }
        audit.putObject("source").putObject("observer").put("display", "smart-card-bridge");
        var entities = audit.putArray("entity");
        entities.addObject().putObject("what").put("reference", "Patient/" + event.patient());
        entities.addObject().putObject("what").putObject("identifier").put("value", event.object());
        return audit;
    }
}
