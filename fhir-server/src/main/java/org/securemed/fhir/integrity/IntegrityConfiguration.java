package org.securemed.fhir.integrity;

import java.time.Clock;
import java.util.Optional;
import javax.sql.DataSource;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.securemed.fhir.audit.WrittenVersions;
import org.securemed.fhir.database.Migrations;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.Adoption;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.SearchIndexes;
import org.securemed.fhir.owner.ShownVersions;
import org.securemed.fhir.owner.StoredResourceRows;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.ledger.log.Ledger;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The parts of the comparison. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(IntegrityProperties.class)
public class IntegrityConfiguration {

    /** The tables of the comparison; whoever needs them asks for this first. */
    static final class Schema {
        Schema(DataSource dataSource) {
            Migrations.migrate(dataSource, "integrity", "db/integrity");
        }
    }

    @Bean
    Schema integritySchema(DataSource dataSource) {
        return new Schema(dataSource);
    }

    @Bean
    StoredVersionRows storedVersionRows(DataSource dataSource) {
        return new StoredVersionRows(new JdbcTemplate(dataSource));
    }

    @Bean
    WaitingEntries waitingEntries(DataSource dataSource) {
        return new WaitingEntries(new JdbcTemplate(dataSource));
    }

    @Bean
    Comparison integrityComparison(Ledger ledger, SubjectKeys keys, OwnerIndex index, WaitingEntries waiting) {
        return new Comparison(ledger, keys, index, waiting);
    }

    @Bean
    Findings integrityFindings(
            Schema schema,
            DataSource dataSource,
            IntegrityRecorder recorder,
            Comparison comparison,
            PlatformTransactionManager transactions,
            Clock clock) {
        return new Findings(new JdbcTemplate(dataSource), recorder, comparison, transactions, clock);
    }

    @Bean
    Sweep integritySweep(
            Schema schema,
            StoredVersionRows rows,
            Comparison comparison,
            Findings findings,
            WrittenVersions written,
            Ledger ledger,
            DataSource dataSource,
            PlatformTransactionManager transactions,
            Clock clock) {
        return new Sweep(
                rows,
                comparison,
                findings,
                written,
                ledger,
                new JdbcTemplate(dataSource),
                new TransactionTemplate(transactions),
                clock);
    }

    @Bean(destroyMethod = "close")
    SweepWork sweepWork(Sweep sweep, IntegrityProperties properties) {
        return new SweepWork(sweep, properties);
    }

    @Bean
    ShownVersions shownVersions(
            StoredVersionRows rows, Comparison comparison, Findings findings, IntegrityProperties properties) {
        return new ReadVerification(rows, comparison, findings, properties.onRead());
    }

    @Bean
    RecordedVersions recordedVersions(Ledger ledger, WrittenVersions written, WaitingEntries waiting) {
        return new RecordedVersions(ledger, written, waiting);
    }

    @Bean
    StoredResourceRows storedResourceRows(DataSource dataSource) {
        return new StoredResourceRows(new JdbcTemplate(dataSource));
    }

    @Bean
    Restoration versionRestoration(
            StoredResourceRows resources,
            StoredVersionRows rows,
            Comparison comparison,
            Findings findings,
            IntegrityProperties properties,
            IntegrityRecorder recorder,
            PlatformTransactionManager transactions) {
        return new Restoration(
                resources,
                rows,
                replica(properties),
                comparison,
                findings,
                recorder,
                new TransactionTemplate(transactions));
    }

    @Bean
    ResourceRestoration resourceRestoration(
            StoredResourceRows resources,
            StoredVersionRows rows,
            RecordedVersions recorded,
            Comparison comparison,
            Findings findings,
            IntegrityProperties properties,
            IntegrityRecorder recorder,
            OwnerIndex index,
            Adoption adoption,
            SearchIndexes indexes,
            PlatformTransactionManager transactions) {
        return new ResourceRestoration(
                new ResourceRestoration.Parts(
                        resources, rows, replica(properties), recorded, comparison, recorder, index, adoption, indexes),
                findings,
                new TransactionTemplate(transactions));
    }

    @Bean
    IntegrityOperations integrityOperations(
            StoredVersionRows rows,
            Comparison comparison,
            Findings findings,
            Sweep sweep,
            SweepWork work,
            Restoration versions,
            ResourceRestoration resources,
            RecordedVersions recorded,
            Ledger ledger) {
        return new IntegrityOperations(
                rows,
                comparison,
                findings,
                sweep,
                work,
                new RestoreOperation(comparison, versions, resources),
                recorded,
                ledger);
    }

    @Bean
    IntegrityMeters integrityMeters(Sweep sweep, Findings findings, Clock clock) {
        return new IntegrityMeters(sweep, findings, clock);
    }

    static Optional<StoredVersionRows> replica(IntegrityProperties properties) {
        return Optional.ofNullable(properties.replica())
                .map(other -> new StoredVersionRows(
                        new JdbcTemplate(new DriverManagerDataSource(other.url(), other.user(), other.password()))));
    }
}
