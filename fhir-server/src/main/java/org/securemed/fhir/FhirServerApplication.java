package org.securemed.fhir;

import org.securemed.fhir.admin.KnownSettings;
import org.securemed.fhir.demo.DemoBridgeKey;
import org.securemed.fhir.server.ServerConfiguration;
import org.springframework.boot.SpringApplication;

/** Starts SecureMed's FHIR server. */
public final class FhirServerApplication {
    private FhirServerApplication() {}

    /**
     * Starts the server and returns; it runs until the process is told to stop.
     *
     * @param args Spring Boot's command-line properties, such as {@code --server.port=8080}
     */
    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(ServerConfiguration.class);
        application.addInitializers(
                context -> KnownSettings.check(context.getEnvironment()),
                context -> DemoBridgeKey.offer(context.getEnvironment()));
        // HAPI's own beans refer to each other in circles.
        application.setAllowCircularReferences(true);
        application.run(args);
    }
}
