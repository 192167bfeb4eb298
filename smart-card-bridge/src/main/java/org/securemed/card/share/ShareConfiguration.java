package org.securemed.card.share;

import java.time.Clock;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.backend.ClientProperties;
import org.securemed.card.server.BridgeProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The way to the ledger. Without a client of the bridge's own there is none, and nothing is handed out. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ClientProperties.class)
public class ShareConfiguration {

    @Bean
    ShareEvents shareEvents(ClientProperties client, BridgeProperties bridge, Clock clock) {
        if (client.id() == null || client.key() == null) {
            return event -> {
                throw LedgerShareEvents.unavailable();
            };
        }
        return new LedgerShareEvents(
                new BackendClient(client.id(), client.key(), bridge.issuer(), "system/AuditEvent.c", clock),
                bridge.fhirBase());
    }
}
