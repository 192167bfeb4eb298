package org.securemed.fhir.export;

import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.audit.ExportRecorder;
import org.securemed.fhir.consent.PopulationGate;
import org.securemed.fhir.database.Migrations;
import org.securemed.fhir.exchange.FhirServerProperties;
import org.securemed.fhir.smart.LiveTokens;
import org.securemed.fhir.work.RepeatedWork;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Bulk exports. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ExportProperties.class)
public class ExportConfiguration {

    @Bean
    ExportJobs exportJobs(DataSource dataSource, PlatformTransactionManager transactions, Clock clock) {
        Migrations.migrate(dataSource, "export", "db/export");
        return new ExportJobs(new JdbcTemplate(dataSource), new TransactionTemplate(transactions), clock);
    }

    /** Nothing depends on it: what is over can't be fetched any more anyway. */
    @Bean(destroyMethod = "close")
    RepeatedWork exportSweep(ExportJobs jobs) {
        return new RepeatedWork("export-sweep", Duration.ofMinutes(10), jobs::sweep);
    }

    @Bean(destroyMethod = "close")
    Preparations exportPreparations(PopulationGate gate, ExportJobs jobs, ExportProperties settings) {
        return new Preparations(gate, jobs, settings);
    }

    @Bean
    ExportProvider exportProvider(
            PopulationGate gate,
            ExportJobs jobs,
            Preparations preparations,
            ExportRecorder files,
            AuditRecorder recorder,
            LiveTokens tokens,
            ExportProperties settings,
            FhirServerProperties properties) {
        return new ExportProvider(
                gate,
                jobs,
                preparations,
                new ExportFiles(gate, files, tokens::isLive),
                recorder,
                settings,
                properties.baseUrl().toString());
    }
}
