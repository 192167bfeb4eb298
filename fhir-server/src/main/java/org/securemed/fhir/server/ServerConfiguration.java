package org.securemed.fhir.server;

import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import java.util.List;
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

/** SecureMed's FHIR server: everything that it is made of, named in one place. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
    PropertyPlaceholderAutoConfiguration.class,
    ConfigurationPropertiesAutoConfiguration.class,
    ValidationAutoConfiguration.class,
    ServletWebServerFactoryAutoConfiguration.class,
    DataSourceAutoConfiguration.class
})
@EnableConfigurationProperties(FhirServerProperties.class)
@Import({DevelopmentPostgres.class, HapiJpaConfiguration.class, FhirServletConfiguration.class})
public class ServerConfiguration {

    @Bean
    FhirExtensions fhirExtensions() {
        return new FhirExtensions(List.of(), List.of());
    }

    @Bean
    PartitionSettings partitionSettings() {
        return new PartitionSettings();
    }
}
