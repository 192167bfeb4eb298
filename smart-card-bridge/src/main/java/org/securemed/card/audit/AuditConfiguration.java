package org.securemed.card.audit;

import java.time.Clock;
import java.util.List;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.backend.ClientScopes;
import org.securemed.card.database.BridgeSchema;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The way to the ledger. */
@Configuration(proxyBeanMethods = false)
public class AuditConfiguration {

    @Bean
    ClientScopes auditScopes() {
        return new ClientScopes(List.of("system/AuditEvent.c"));
    }

    @Bean
    AuditOutbox auditOutbox(BridgeSchema schema, JdbcClient database, ObjectProvider<BackendClient> fhir, Clock clock) {
        return new AuditOutbox(database, fhir.getIfAvailable(), clock);
    }

    @Bean(destroyMethod = "close")
    OutboxDelivery outboxDelivery(AuditOutbox outbox) {
        return new OutboxDelivery(outbox);
    }
}
