package org.securemed.card.server;

import org.jspecify.annotations.Nullable;
import org.securemed.card.backend.ClientProperties;
import org.securemed.card.checkin.CheckInConfiguration;
import org.securemed.card.healthcard.HealthCardConfiguration;
import org.securemed.card.healthlink.HealthLinkConfiguration;
import org.securemed.card.qr.QrConfiguration;
import org.securemed.card.record.FhirRecords;
import org.securemed.card.sealing.Sealing;
import org.securemed.card.share.ShareConfiguration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;

/** The part of the bridge that deals in codes, and what its features share. */
@Configuration(proxyBeanMethods = false)
@Import({
    QrConfiguration.class,
    HealthCardConfiguration.class,
    HealthLinkConfiguration.class,
    CheckInConfiguration.class,
    ShareConfiguration.class
})
class CodesConfiguration {

    @Bean
    FhirRecords fhirRecords(BridgeProperties properties, ClientProperties client) {
        return new FhirRecords(properties.fhirBase(), client.connection().client());
    }

    @Bean
    Sealing sealing(
            @Value("${securemed.bridge.sealing-secret:#{null}}") @Nullable String secret, Environment environment) {
        return Sealing.of(secret, environment.acceptsProfiles(Profiles.of("production")));
    }
}
