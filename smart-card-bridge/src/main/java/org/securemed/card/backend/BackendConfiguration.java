package org.securemed.card.backend;

import java.time.Clock;
import java.util.stream.Collectors;
import org.securemed.card.server.BridgeProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The bridge's own client, if it has a key. It asks for what the features that are there need, and no more. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ClientProperties.class)
public class BackendConfiguration {

    @Bean
    @ConditionalOnProperty("securemed.bridge.client.key")
    BackendClient backendClient(
            ClientProperties client, BridgeProperties bridge, ObjectProvider<ClientScopes> scopes, Clock clock) {
        String scope = scopes.orderedStream()
                .flatMap(some -> some.scopes().stream())
                .distinct()
                .sorted()
                .collect(Collectors.joining(" "));
        return new BackendClient(client, bridge.issuer(), bridge.fhirBase(), scope, clock);
    }
}
