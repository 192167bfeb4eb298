package org.securemed.fhir.audit;

import ca.uhn.fhir.context.FhirContext;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import javax.sql.DataSource;
import org.securemed.fhir.database.Migrations;
import org.securemed.fhir.exchange.FhirServerProperties;
import org.securemed.fhir.keys.LedgerProperties;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.NewVersions;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.RefusedRequests;
import org.securemed.fhir.smart.SecurityEvents;
import org.securemed.fhir.smart.SmartDiscovery;
import org.securemed.fhir.smart.SmartProperties;
import org.securemed.ledger.log.Ledger;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

/** The recorder, its backstop, and the view of what was recorded. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AuditProperties.class)
public class AuditConfiguration {

    /** The table of verifications; whoever needs it asks for this first. */
    static final class Schema {
        Schema(DataSource dataSource) {
            Migrations.migrate(dataSource, "audit", "db/audit");
        }
    }

    @Bean
    Schema auditSchema(DataSource dataSource) {
        return new Schema(dataSource);
    }

    @Bean
    LedgerGateway ledgerGateway(Ledger ledger, DataSource dataSource, StaleConsents stale, MeterRegistry meters) {
        return new LedgerGateway(ledger, dataSource, stale, new AppendTimes(meters));
    }

    @Bean
    EntryFactory entryFactory(SubjectKeys keys, Clock clock, LedgerProperties properties) {
        return new EntryFactory(keys, clock, properties.instance());
    }

    @Bean
    AuditRecorder auditRecorder(
            EntryFactory entries,
            LedgerGateway ledger,
            ProblemWriter problems,
            OwnerIndex index,
            OwnerFinder finder,
            NewVersions versions,
            AuditProperties settings) {
        return new AuditRecorder(entries, ledger, problems, index, finder, versions, settings);
    }

    @Bean
    NotificationRecorder notificationRecorder(EntryFactory entries, LedgerGateway ledger) {
        return new NotificationRecorder(entries, ledger);
    }

    @Bean
    ExportRecorder exportRecorder(EntryFactory entries, LedgerGateway ledger) {
        return new ExportRecorder(entries, ledger);
    }

    @Bean
    TransitionRecorder transitionRecorder(
            AuditRecorder recorder, LedgerGateway ledger, SubjectKeys keys, Clock clock, LedgerProperties properties) {
        return new TransitionRecorder(recorder, ledger, keys, clock, properties);
    }

    @Bean
    RefusedRequests refusedRequests(EntryFactory entries, LedgerGateway ledger) {
        return new RefusedRequestRecorder(entries, ledger);
    }

    @Bean
    SecurityEvents securityEvents(EntryFactory entries, LedgerGateway ledger, OwnerIndex index) {
        return new SecurityEventRecorder(entries, ledger, index);
    }

    @Bean
    EventParts eventParts(FhirServerProperties fhir, SmartProperties smart) {
        return new EventParts(fhir.baseUrl().toString(), smart.baseUrl() + "/ledger/receipt/");
    }

    @Bean
    ForeignEvents foreignEvents(FhirContext fhir, EntryFactory entries, OwnerFinder finder, OwnerIndex index) {
        return new ForeignEvents(fhir, entries, finder, index);
    }

    @Bean
    AuditEvents auditEvents(EventParts parts, FhirContext fhir) {
        return new AuditEvents(parts, fhir);
    }

    @Bean
    AuditEventStore auditEventStore(Ledger ledger, SubjectKeys keys, AuditEvents events) {
        return new AuditEventStore(ledger, keys, events);
    }

    @Bean
    Evidence evidence(ForeignEvents events) {
        return new Evidence(events);
    }

    @Bean
    AuditEventProvider auditEventProvider(
            AuditEventStore store,
            Evidence evidence,
            StoredResources resources,
            AuditSubjects subjects,
            FhirServerProperties properties) {
        return new AuditEventProvider(
                store, evidence, resources, subjects, properties.baseUrl().toString());
    }

    @Bean
    AuditOperations auditOperations(
            AuditEventStore store,
            Ledger ledger,
            Evidence evidence,
            ForeignEvents foreign,
            AuditSubjects subjects,
            Clock clock) {
        return new AuditOperations(store, ledger, evidence, foreign, subjects, clock);
    }

    @Bean(destroyMethod = "close")
    Verifications verifications(Schema schema, Ledger ledger, DataSource dataSource, SubjectKeys keys) {
        return new Verifications(ledger, dataSource, keys);
    }

    @Bean
    VerifyOperations verifyOperations(Verifications verifications, Ledger ledger, FhirServerProperties properties) {
        return new VerifyOperations(verifications, ledger, properties.baseUrl().toString());
    }

    @Bean
    IntegrityRecorder integrityRecorder(EntryFactory entries, LedgerGateway ledger, SubjectKeys keys) {
        return new IntegrityRecorder(entries, ledger, keys);
    }

    @Bean
    RetentionLog retentionLog(EntryFactory entries, LedgerGateway gateway, Ledger ledger, SubjectKeys keys) {
        return new RetentionLog(entries, gateway, ledger, keys);
    }

    @Bean
    WrittenVersions writtenVersions(SubjectKeys keys) {
        return new WrittenVersions(keys);
    }

    @Bean
    AccessStream accessStream(
            Ledger ledger,
            SubjectKeys keys,
            @Value("${securemed.smart.card-bridge.client-id:card-bridge}") String cardBridge) {
        return new AccessStream(ledger, keys, cardBridge);
    }

    @Bean
    ReviewLog reviewLog(
            EntryFactory entries, LedgerGateway gateway, Ledger ledger, SubjectKeys keys, AuditEventStore store) {
        return new ReviewLog(entries, gateway, ledger, keys, store);
    }

    @Bean
    EventStream eventStream(Ledger ledger, AuditEventStore store) {
        return new EventStream(ledger, store);
    }

    @Bean
    AdoptionRecorder adoptionRecorder(EntryFactory entries, LedgerGateway gateway, Ledger ledger, SubjectKeys keys) {
        return new AdoptionRecorder(entries, gateway, ledger, keys);
    }

    /** Outside of everything else: whatever answers below {@code /fhir} passes here. */
    @Bean
    FilterRegistrationBean<RecordedResponseFilter> recordedResponseFilter(ProblemWriter problems, Clock clock) {
        FilterRegistrationBean<RecordedResponseFilter> registration =
                new FilterRegistrationBean<>(new RecordedResponseFilter(problems, SmartDiscovery.PATH, clock));
        registration.addUrlPatterns("/fhir/*");
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return registration;
    }
}
