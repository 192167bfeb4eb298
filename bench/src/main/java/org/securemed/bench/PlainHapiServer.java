package org.securemed.bench;

import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import java.util.List;
import org.securemed.fhir.exchange.FhirServerProperties;
import org.securemed.fhir.server.FhirExtensions;
import org.securemed.fhir.server.FhirServletConfiguration;
import org.securemed.fhir.server.HapiJpaConfiguration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.ConfigurationPropertiesAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.validation.ValidationAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.ServletWebServerFactoryAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The rival: HAPI FHIR JPA with the same storage settings and the same providers as our server, and nothing of ours: no
 * gate, no ledger, no partitions, no tokens. It answers everyone, so it listens where the caller says and holds
 * invented patients only. With {@code bench.balp=true} HAPI's own interceptor writes an AuditEvent for what it answers.
 */
public final class PlainHapiServer {
    private PlainHapiServer() {}

    /**
     * Starts the server and returns.
     *
     * @param args Spring Boot's command-line properties; {@code --spring.datasource.url} is required
     */
    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(Wiring.class);
        application.setAllowCircularReferences(true);
        application.run(args);
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        PropertyPlaceholderAutoConfiguration.class,
        ConfigurationPropertiesAutoConfiguration.class,
        ValidationAutoConfiguration.class,
        ServletWebServerFactoryAutoConfiguration.class,
        DataSourceAutoConfiguration.class
    })
    @EnableConfigurationProperties(FhirServerProperties.class)
    @Import({HapiJpaConfiguration.class, FhirServletConfiguration.class})
    static class Wiring {

        @Bean
        FhirExtensions fhirExtensions(ObjectProvider<DaoRegistry> daos, @Value("${bench.balp:false}") boolean audited) {
            return new FhirExtensions(audited ? List.of(BalpAudit.interceptor(daos::getObject)) : List.of(), List.of());
        }

        @Bean
        PartitionSettings partitionSettings() {
            return new PartitionSettings();
        }
    }
}
