package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.util.MemoryCacheService;
import jakarta.persistence.EntityManagerFactory;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import javax.sql.DataSource;
import org.securemed.fhir.audit.LedgerGateway;
import org.securemed.fhir.audit.StaleConsents;
import org.securemed.fhir.audit.TransitionRecorder;
import org.securemed.fhir.consent.translate.ResourceFactsExtractor;
import org.securemed.fhir.exchange.FhirServerProperties;
import org.securemed.fhir.keys.LedgerProperties;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.AdoptedVersions;
import org.securemed.fhir.owner.Adoption;
import org.securemed.fhir.owner.Memberships;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.OwnerSchema;
import org.securemed.fhir.owner.SearchIndexes;
import org.securemed.fhir.owner.UnownedResources;
import org.securemed.fhir.smart.SmartProperties;
import org.securemed.fhir.work.RepeatedWork;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.storage.ConsentSnapshots;
import org.securemed.ledger.storage.ConsentStateStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What the gate knows: whose everything is, and where all consents stand. */
@Configuration(proxyBeanMethods = false)
class ConsentStateConfiguration {
    @Bean
    OwnerSchema ownerSchema(DataSource dataSource) {
        return new OwnerSchema(dataSource);
    }

    @Bean
    OwnerIndex ownerIndex(OwnerSchema schema, DataSource dataSource) {
        return new OwnerIndex(new JdbcTemplate(dataSource));
    }

    @Bean
    OwnerFinder ownerFinder(FhirContext context, OwnerIndex index, FhirServerProperties properties) {
        return new OwnerFinder(context, index, properties.baseUrl().toString());
    }

    @Bean
    ConsentStateStore consentStateStore(PatientKeys keys) {
        return new ConsentStateStore(keys);
    }

    @Bean
    ConsentSnapshots consentSnapshots(ConsentStateStore store, LedgerProperties ledger) {
        return new ConsentSnapshots(store, ledger.origin());
    }

    /** States in the ledger where all consents stand. */
    @Bean(destroyMethod = "close")
    StatedConsents statedConsents(
            ConsentSnapshots snapshots,
            LedgerGateway gateway,
            LedgerProperties ledger,
            DataSource dataSource,
            Clock clock) {
        return new StatedConsents(snapshots, gateway, dataSource, ledger.instance(), clock).start();
    }

    @Bean
    ConsentStates consentStates(
            ConsentStateStore store, ConsentSnapshots snapshots, SubjectKeys keys, DataSource dataSource) {
        ConsentStates states = new ConsentStates(store, snapshots, keys, dataSource);
        states.load();
        return states;
    }

    /** What other instances have changed counts here within a second or so. */
    @Bean(destroyMethod = "close")
    RepeatedWork followedConsents(ConsentStates states) {
        return new RepeatedWork("followed-consents", Duration.ofSeconds(1), states::follow);
    }

    /** A decision was overtaken: read that patient's state anew. */
    @Bean
    StaleConsents staleConsents(ConsentStates states) {
        return states::refresh;
    }

    @Bean
    GroupMembers groupMembers(OwnerSchema schema, DataSource dataSource) {
        return new GroupMembers(new Memberships(new JdbcTemplate(dataSource)));
    }

    @Bean
    Labelling labelling(ConsentProperties properties, OwnerIndex index) {
        return new Labelling(
                SensitivityLists.with(properties.labelLists()),
                new ResourceFactsExtractor(ZoneId.systemDefault()),
                index);
    }

    @Bean
    Adoption adoption(
            OwnerIndex index,
            OwnerFinder finder,
            ResourceAccess access,
            FhirContext context,
            DataSource dataSource,
            PlatformTransactionManager transactions,
            AdoptedVersions adopted) {
        return new Adoption(
                index,
                finder,
                access::facts,
                context,
                new JdbcTemplate(dataSource),
                new TransactionTemplate(transactions),
                adopted);
    }

    @Bean
    SearchIndexes searchIndexes(
            ObjectProvider<DaoRegistry> daos,
            ObjectProvider<MemoryCacheService> caches,
            EntityManagerFactory entities) {
        return new SearchIndexes(daos, caches, entities);
    }

    @Bean
    CompleteOwners completeOwners(Adoption adoption, DataSource dataSource, ConsentProperties properties) {
        return new CompleteOwners(new UnownedResources(new JdbcTemplate(dataSource)), adoption, properties.adopt());
    }

    /** Says in the ledger when Consents ended by themselves. */
    @Bean(destroyMethod = "close")
    ExpiredConsents expiredConsents(
            ConsentStateStore store,
            ConsentStates states,
            TransitionRecorder recorder,
            DataSource dataSource,
            PlatformTransactionManager transactions,
            Clock clock) {
        return new ExpiredConsents(store, states, recorder, dataSource, new TransactionTemplate(transactions), clock)
                .start();
    }

    @Bean
    Relabelling relabelling(
            OwnerIndex index,
            Labelling labelling,
            HouseRequests requests,
            FhirContext context,
            DataSource dataSource,
            SmartProperties properties) {
        return new Relabelling(index, labelling, requests, context, new JdbcTemplate(dataSource), properties.issuer());
    }
}
