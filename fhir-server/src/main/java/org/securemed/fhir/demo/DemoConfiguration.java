package org.securemed.fhir.demo;

import ca.uhn.fhir.context.FhirContext;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.securemed.fhir.exchange.FhirServerProperties;
import org.securemed.fhir.smart.DemoClients;
import org.securemed.fhir.smart.DemoPeople;
import org.securemed.fhir.smart.TokenMint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The demonstration: its accounts, its patients, and what to try. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("securemed.demo.enabled")
public class DemoConfiguration {
    private static final Logger log = LoggerFactory.getLogger(DemoConfiguration.class);

    @Bean
    DemoPeople demoPeople() {
        return DemoCast.people();
    }

    /** Loads the patients when the server answers, then writes the tokens and says what to try. */
    @Bean
    ApplicationListener<ApplicationReadyEvent> demoLoader(
            TokenMint mint,
            FhirContext context,
            FhirServerProperties properties,
            ServletWebServerApplicationContext server,
            @Value("${securemed.demo.directory:data/demo}") Path directory,
            @Value("${securemed.demo.patients:40}") int patients) {
        return event -> {
            try {
                Instant start = Instant.now();
                java.net.URI local = java.net.URI.create(
                        "http://127.0.0.1:" + server.getWebServer().getPort() + "/fhir");
                int loaded = new DemoLoader(local, mint.forClient(DemoClients.BACKEND, "system/*.cruds"), context)
                        .load(DemoPatients.standard(), patients);
                log.atInfo()
                        .addKeyValue("patients", loaded)
                        .addKeyValue("took", Duration.between(start, Instant.now()))
                        .log("demonstration loaded");
                DemoGuide guide = new DemoGuide(properties.baseUrl(), directory.toAbsolutePath());
                guide.writeTokens(mint);
                guide.print(System.out);
            } catch (IOException e) {
                throw new IllegalStateException("the demonstration could not be loaded", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
    }
}
