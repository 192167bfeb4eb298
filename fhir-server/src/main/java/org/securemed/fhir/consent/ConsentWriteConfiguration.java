package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.rest.server.RestfulServer;
import java.time.Clock;
import java.time.ZoneId;
import javax.sql.DataSource;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.audit.TransitionRecorder;
import org.securemed.fhir.consent.translate.ConsentTranslator;
import org.securemed.fhir.exchange.FhirServerProperties;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.OwnerSchema;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.smart.AppAuthorizations;
import org.securemed.fhir.smart.AppConsents;
import org.securemed.fhir.smart.CardLogIns;
import org.securemed.fhir.smart.CardStatements;
import org.securemed.fhir.smart.KnownPeople;
import org.securemed.fhir.smart.PatientChoices;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.SecurityEvents;
import org.securemed.fhir.smart.SmartProperties;
import org.securemed.fhir.smart.StepUp;
import org.securemed.fhir.smart.TokenConsents;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.storage.ConsentStateStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** How consents come about, change and end: written, signed, asked for, declared in an emergency. */
@Configuration(proxyBeanMethods = false)
class ConsentWriteConfiguration {
    @Bean
    BreakGlassRules breakGlassRules(ConsentProperties properties) {
        return new BreakGlassRules(properties);
    }

    @Bean
    BreakGlassProvider breakGlassProvider(
            BreakGlassRules rules,
            ConsentStateStore store,
            ConsentStates states,
            SubjectKeys keys,
            TransitionRecorder recorder,
            DataSource dataSource,
            PlatformTransactionManager transactions,
            OwnerIndex index,
            PatientAccess access,
            StepUp stepUp) {
        return new BreakGlassProvider(
                rules,
                stepUp,
                new BreakGlassTransitions(
                        store, states, keys, recorder, dataSource, new TransactionTemplate(transactions)),
                index,
                access);
    }

    /** Closes what patients were asked for and did not sign. */
    @Bean(destroyMethod = "close")
    UnansweredRequests unansweredRequests(
            OwnerSchema schema, DataSource dataSource, HouseRequests requests, SmartProperties smart, Clock clock) {
        return new UnansweredRequests(new JdbcTemplate(dataSource), requests, smart.issuer(), clock).start();
    }

    @Bean
    ConsentTranslator consentTranslator() {
        return new ConsentTranslator(ZoneId.systemDefault(), role -> Role.isKnown(role.system(), role.code()));
    }

    @Bean
    ConsentTransitions consentTransitions(
            ConsentTranslator translator,
            ConsentStateStore store,
            ConsentStates states,
            SubjectKeys keys,
            TransitionRecorder recorder,
            AppAuthorizations apps,
            OwnerIndex index,
            ObjectProvider<AppConsents> house,
            StepUp stepUp,
            DataSource dataSource,
            ObjectProvider<DaoRegistry> daos,
            Clock clock) {
        return new ConsentTransitions(
                translator,
                store,
                states,
                keys,
                recorder,
                apps,
                new Appointments(index, daos, ZoneId.systemDefault()),
                new StoredEvidence(index),
                house,
                stepUp,
                dataSource,
                daos,
                clock);
    }

    @Bean
    HouseRequests houseRequests(
            FhirContext context,
            ObjectProvider<RestfulServer> server,
            ObjectProvider<DaoRegistry> daos,
            ObjectProvider<AuditRecorder> recorder,
            Clock clock) {
        return new HouseRequests(context, server, daos, recorder, clock);
    }

    @Bean
    TokenConsents tokenConsents(
            ConsentStates states,
            OwnerIndex index,
            ConsentProperties properties,
            ContractRequests contract,
            HouseRequests requests) {
        return new StandingConsents(states, index, properties.implicitPolicy(), contract, requests);
    }

    @Bean
    AppConsents appConsents(
            HouseRequests requests,
            AppAuthorizations apps,
            OwnerIndex index,
            ConsentStates states,
            Ledger ledger,
            SubjectKeys keys,
            SmartProperties properties) {
        return new AppGrants(
                requests, apps, index, new Representation(states), new GrantEntries(ledger, keys), properties.issuer());
    }

    /** To whom accounts may be bound. */
    @Bean
    KnownPeople knownPeople(OwnerIndex index) {
        return reference ->
                index.find(reference).filter(ownership -> !ownership.deleted()).map(Ownership::patients);
    }

    @Bean
    PatientChoices patientChoices(
            HouseRequests requests, ResourceAccess access, OwnerIndex index, SmartProperties properties) {
        return new ConsentingPatients(requests, access, index, properties.issuer());
    }

    @Bean
    FiledConsentProvider filedConsentProvider(
            HouseRequests requests,
            OwnerIndex index,
            PatientAccess access,
            OwnerFinder finder,
            PlatformTransactionManager transactions,
            SmartProperties smart,
            FhirServerProperties properties) {
        return new FiledConsentProvider(
                new FiledConsents(
                        requests, index, access, finder, new TransactionTemplate(transactions), smart.issuer()),
                properties.baseUrl().toString());
    }

    /** Brings what clinicians ask into the records of those whom they mean. */
    @Bean(destroyMethod = "close")
    AccessRequests accessRequests(
            DataSource dataSource,
            PlatformTransactionManager transactions,
            HouseRequests requests,
            PatientLookup lookup,
            OwnerIndex index,
            FhirContext context,
            SmartProperties smart) {
        return new AccessRequests(
                        new JdbcTemplate(dataSource),
                        new TransactionTemplate(transactions),
                        requests,
                        lookup,
                        index,
                        context,
                        smart.issuer())
                .start();
    }

    @Bean
    CardConsentProvider cardConsentProvider(
            HouseRequests requests,
            AccessRequests questions,
            ConsentTranslator translator,
            ConsentStates states,
            OwnerIndex index,
            CardStatements statements,
            SecurityEvents events,
            ConsentProperties properties,
            SmartProperties smart,
            Clock clock) {
        return new CardConsentProvider(
                new CardConsents(
                        requests,
                        questions,
                        translator,
                        states,
                        index,
                        statements,
                        events,
                        properties.cards(),
                        smart.issuer(),
                        smart.clockSkew(),
                        clock),
                new KeyConsents(
                        requests,
                        translator,
                        states,
                        index,
                        events,
                        properties.cards().signature(),
                        smart.clockSkew(),
                        clock));
    }

    @Bean
    OwnKeyProvider ownKeyProvider(
            ConsentStateStore store,
            ConsentStates states,
            SubjectKeys keys,
            OwnerIndex index,
            TransitionRecorder recorder,
            StepUp stepUp,
            DataSource dataSource,
            PlatformTransactionManager transactions,
            Clock clock) {
        return new OwnKeyProvider(new OwnKeys(
                store,
                states,
                keys,
                index,
                recorder,
                stepUp,
                dataSource,
                new TransactionTemplate(transactions),
                clock));
    }

    @Bean
    CardDevices cardDevices(
            CardLogIns logIns,
            CardStatements statements,
            ConsentStateStore store,
            ConsentStates states,
            SubjectKeys keys,
            OwnerIndex index,
            TransitionRecorder recorder,
            DataSource dataSource,
            Clock clock) {
        return new CardDevices(logIns, statements, store, states, keys, index, recorder, dataSource, clock);
    }
}
