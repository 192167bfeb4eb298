package org.securemed.card.share;

import org.securemed.card.audit.AuditOutbox;
import org.securemed.card.backend.BackendClient;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What is recorded of that which patients hand out. */
@Configuration(proxyBeanMethods = false)
public class ShareConfiguration {

    @Bean
    ShareEvents shareEvents(ObjectProvider<BackendClient> client, AuditOutbox outbox) {
        return new LedgerShareEvents(client.getIfAvailable(), outbox);
    }
}
