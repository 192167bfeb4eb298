package org.securemed.fhir.feed;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ca.uhn.fhir.context.FhirContext;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import org.hl7.fhir.r4.model.AuditEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A repository that is slow, over real HTTP on this machine. */
class FhirRepositoryTest {
    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void an_answer_that_begins_and_does_not_end_is_not_waited_for_for_ever() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newSingleThreadExecutor());
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        server.start();
        try {
            FhirRepository repository = repository(server);
            assertThatThrownBy(() -> repository.deliver(List.of(new AuditEvent())))
                    .isInstanceOf(IOException.class);
        } finally {
            over.countDown();
            server.stop(0);
        }
    }

    private static FhirRepository repository(HttpServer server) throws NoSuchAlgorithmException {
        URI url = URI.create("http://localhost:" + server.getAddress().getPort() + "/fhir");
        return new FhirRepository(FhirContext.forR4Cached(), url, null, SSLContext.getDefault(), Duration.ofSeconds(1));
    }
}
