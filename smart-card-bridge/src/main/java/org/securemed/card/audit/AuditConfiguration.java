package org.securemed.card.audit;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.securemed.card.backend.BackendClient;
import org.securemed.card.backend.ClientScopes;
import org.securemed.card.database.BridgeSchema;
import org.securemed.card.server.RepeatedWork;
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

    /** What was interrupted is sent again when its lease is over, by this instance or another. */
    @Bean(destroyMethod = "close")
    RepeatedWork outboxDelivery(AuditOutbox outbox) {
        return new RepeatedWork("audit-outbox", Duration.ofSeconds(2), outbox::send);
    }
}
