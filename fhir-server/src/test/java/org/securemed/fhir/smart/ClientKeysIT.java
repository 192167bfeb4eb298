package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keys at an address are asked for only where they may be, and never for long. */
class ClientKeysIT {
    @Test
    @Timeout(20)
    void an_answer_that_does_not_end_is_no_keys() throws Exception {
        byte[] set = new JWKSet(
                        new ECKeyGenerator(Curve.P_384).keyID("k").generate().toPublicJWK())
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        CountDownLatch asked = new CountDownLatch(1);
        HttpServer slow = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        slow.setExecutor(Executors.newCachedThreadPool());
        slow.createContext("/jwks", exchange -> {
            // All of it is there, and the end is not.
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(set);
            exchange.getResponseBody().flush();
            try {
                asked.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        slow.start();
        try {
            ClientKeys keys = new ClientKeys(false, Duration.ofMillis(500), Clock.systemUTC());
            assertThat(keys.at("http://127.0.0.1:" + slow.getAddress().getPort() + "/jwks", false))
                    .isNull();
        } finally {
            asked.countDown();
            slow.stop(0);
        }
    }

    @Test
    void only_https_is_asked_but_for_this_machine_in_development() {
        ClientKeys production = new ClientKeys(true, Clock.systemUTC());
        ClientKeys development = new ClientKeys(false, Clock.systemUTC());

        assertThat(production.allowed(URI.create("https://machine.example/jwks")))
                .isTrue();
        assertThat(production.allowed(URI.create("http://127.0.0.1/jwks"))).isFalse();
        assertThat(development.allowed(URI.create("http://127.0.0.1/jwks"))).isTrue();
        for (String no : new String[] {"http://192.0.2.1/jwks", "file:///etc/passwd", "ftp://127.0.0.1/jwks", "jwks"}) {
            assertThat(production.allowed(URI.create(no))).as(no).isFalse();
            assertThat(development.allowed(URI.create(no))).as(no).isFalse();
        }
    }
}
