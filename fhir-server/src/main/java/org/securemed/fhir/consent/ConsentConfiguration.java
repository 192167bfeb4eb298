package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.MatchUrlService;
import ca.uhn.fhir.jpa.searchparam.extractor.ISearchParamExtractor;
import ca.uhn.fhir.jpa.searchparam.matcher.InMemoryResourceMatcher;
import ca.uhn.fhir.jpa.searchparam.matcher.SearchParamMatcher;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import javax.sql.DataSource;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.audit.AuditSubjects;
import org.securemed.fhir.audit.LedgerGateway;
import org.securemed.fhir.audit.StaleConsents;
import org.securemed.fhir.audit.StoredResources;
import org.securemed.fhir.audit.TransitionRecorder;
import org.securemed.fhir.consent.translate.ConsentTranslator;
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
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.PartitionContents;
import org.securemed.fhir.owner.ShownVersions;
import org.securemed.fhir.owner.UnownedResources;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.research.Deidentification;
import org.securemed.fhir.research.KnownCodes;
import org.securemed.fhir.research.StudyKeys;
import org.securemed.fhir.smart.AppAuthorizations;
import org.securemed.fhir.smart.AppConsents;
import org.securemed.fhir.smart.BearerChain;
import org.securemed.fhir.smart.CardLogIns;
import org.securemed.fhir.smart.CardStatements;
import org.securemed.fhir.smart.HookClients;
import org.securemed.fhir.smart.KnownPeople;
import org.securemed.fhir.smart.PatientChoices;
import org.securemed.fhir.smart.RefusedRequests;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.SecurityEvents;
import org.securemed.fhir.smart.SmartProperties;
import org.securemed.fhir.smart.StepUp;
import org.securemed.fhir.work.RepeatedWork;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.storage.ConsentSnapshots;
import org.securemed.ledger.storage.ConsentStateStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The parts of the consent gate. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ConsentProperties.class)
public class ConsentConfiguration {
    private static final int DEFAULT_PAGE_SIZE = 20;

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
    BreakGlassRules breakGlassRules(ConsentProperties properties) {
        return new BreakGlassRules(properties);
    }

    @Bean
    GroupMembers groupMembers(OwnerSchema schema, DataSource dataSource) {
        return new GroupMembers(new Memberships(new JdbcTemplate(dataSource)));
    }

    @Bean
    PatientAccess patientAccess(
            ConsentStates states,
            OwnerIndex index,
            ConsentProperties properties,
            BreakGlassRules glass,
            GroupMembers members) {
        return new PatientAccess(states, index, properties.implicitPolicy(), glass, members);
    }

    @Bean
    ResourceAccess resourceAccess(PatientAccess access, OwnerIndex index) {
        return new ResourceAccess(access, index, new ResourceFactsExtractor(ZoneId.systemDefault()));
    }

    @Bean
    Labelling labelling(ConsentProperties properties, OwnerIndex index) {
        return new Labelling(
                SensitivityLists.with(properties.labelLists()),
                new ResourceFactsExtractor(ZoneId.systemDefault()),
                index);
    }

    @Bean
    CompleteOwners completeOwners(
            OwnerIndex index,
            OwnerFinder finder,
            ResourceAccess access,
            FhirContext context,
            DataSource dataSource,
            PlatformTransactionManager transactions,
            AdoptedVersions adopted,
            ConsentProperties properties) {
        JdbcTemplate jdbc = new JdbcTemplate(dataSource);
        return new CompleteOwners(
                new UnownedResources(jdbc),
                new Adoption(
                        index, finder, access::facts, context, jdbc, new TransactionTemplate(transactions), adopted),
                properties.adopt());
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

    /** Closes what patients were asked for and did not sign. */
    @Bean(destroyMethod = "close")
    UnansweredRequests unansweredRequests(HouseRequests requests, SmartProperties smart, Clock clock) {
        return new UnansweredRequests(requests, smart.issuer(), clock).start();
    }

    @Bean
    ExplainAccessProvider explainAccessProvider(
            OwnerIndex index,
            PatientAccess access,
            ResourceAccess resources,
            ConsentStates states,
            ConsentProperties properties,
            BreakGlassRules glass) {
        return new ExplainAccessProvider(index, access, resources, states, properties.implicitPolicy(), glass);
    }

    @Bean
    StoredResources storedResources(OwnerIndex index, ResourceAccess access, ObjectProvider<DaoRegistry> daos) {
        return new GatedResources(index, access, daos);
    }

    @Bean
    WriteGate writeGate(
            OwnerIndex index,
            OwnerFinder finder,
            PatientAccess access,
            ResourceAccess resources,
            Labelling labelling,
            FhirContext context,
            ObjectProvider<MatchUrlService> matchUrls,
            ObjectProvider<DaoRegistry> daos,
            NarrowView view) {
        return new WriteGate(
                index, finder, access, resources, labelling, new ConditionalTarget(context, matchUrls, daos), view);
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
    Relabelling relabelling(
            OwnerIndex index,
            Labelling labelling,
            HouseRequests requests,
            FhirContext context,
            DataSource dataSource,
            SmartProperties properties) {
        return new Relabelling(index, labelling, requests, context, new JdbcTemplate(dataSource), properties.issuer());
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

    /** Patients and those who act for them read who has looked at the record. */
    @Bean
    AuditSubjects auditSubjects(PatientAccess access, ConsentStates states, OwnerIndex index) {
        return new RepresentedAudit(access, new Representation(states), index);
    }

    @Bean
    NarrowView narrowView(
            PatientAccess access, ObjectProvider<SearchParamMatcher> matcher, ObjectProvider<DaoRegistry> daos) {
        return new NarrowView(access, matcher, daos);
    }

    @Bean
    Redactions redactions(
            ConsentProperties properties, FhirContext context, ObjectProvider<ISearchParamRegistry> parameters) {
        return new Redactions(
                properties.redactions().stream().map(Redaction::parse).toList(), context, parameters);
    }

    @Bean
    ReleaseCheck releaseCheck(
            OwnerIndex index, ResourceAccess access, NarrowView view, Redactions redactions, ShownVersions shown) {
        return new ReleaseCheck(index, access, view, redactions, shown);
    }

    @Bean
    ReadGate readGate(
            OwnerIndex index,
            PatientAccess access,
            ResourceAccess resources,
            Redactions redactions,
            ReleaseCheck release) {
        return new ReadGate(access, resources, index, redactions, release);
    }

    @Bean
    PopulationGate populationGate(
            PatientAccess access,
            ResourceAccess resources,
            NarrowView view,
            Redactions redactions,
            ResearchView research,
            OwnerIndex index,
            OwnerSchema schema,
            DataSource dataSource,
            FhirContext context,
            ObjectProvider<RestfulServer> server,
            ObjectProvider<DaoRegistry> daos,
            ObjectProvider<InMemoryResourceMatcher> memory,
            Clock clock) {
        return new PopulationGate(
                access,
                resources,
                view,
                redactions,
                research,
                index,
                new PartitionContents(new JdbcTemplate(dataSource)),
                context,
                server,
                daos,
                memory,
                clock);
    }

    @Bean
    PatientLookup patientLookup(ObjectProvider<DaoRegistry> daos) {
        return new PatientLookup(daos);
    }

    @Bean
    ConsentHookController consentHookController(
            ConsentStates states,
            OwnerIndex index,
            ConsentProperties properties,
            HouseRequests requests,
            PatientLookup lookup,
            ObjectProvider<DaoRegistry> daos,
            HookClients clients,
            RefusedRequests refusals,
            ProblemWriter problems,
            FhirServerProperties fhir) {
        return new ConsentHookController(
                new ConsentConsult(states, index, properties.implicitPolicy(), requests, lookup, daos),
                clients,
                refusals,
                problems,
                fhir.baseUrl().toString());
    }

    @Bean
    @Order(BearerChain.ORDER)
    SecurityFilterChain consentHookChain(HttpSecurity http, HookClients clients) throws Exception {
        PathPatternRequestMatcher.Builder path = PathPatternRequestMatcher.withDefaults();
        return clients.configure(
                        http,
                        new OrRequestMatcher(
                                path.matcher(ConsentHookController.PREFIX),
                                path.matcher(ConsentHookController.PREFIX + "/**")))
                .build();
    }

    @Bean
    PatientMatchProvider patientMatchProvider(DaoRegistry daos, FhirServerProperties properties) {
        return new PatientMatchProvider(daos, properties.baseUrl().toString());
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

    @Bean
    ResearchView researchView(
            KnownCodes codes,
            StudyKeys keys,
            Deidentification deidentification,
            OwnerIndex index,
            FhirServerProperties properties) {
        return new ResearchView(
                new ResearchRules(codes),
                keys,
                deidentification,
                index,
                properties.baseUrl().toString());
    }

    /** The gate's interceptors in their order. */
    @Bean
    GateInterceptors gateInterceptors(
            OwnerIndex index,
            OwnerFinder finder,
            PatientAccess access,
            ResourceAccess resources,
            GroupMembers members,
            WriteGate writes,
            ConsentTransitions transitions,
            CardDevices cards,
            ReleaseCheck release,
            FhirContext context,
            FhirServerProperties properties,
            ObjectProvider<DaoRegistry> daos,
            ObjectProvider<ISearchParamExtractor> extractor,
            ObjectProvider<ISearchParamRegistry> registry,
            ObjectProvider<MatchUrlService> matchUrls,
            NarrowView view,
            ResearchView research,
            Redactions redactions,
            StepUp stepUp,
            PatientLookup lookup) {
        PartitionScope scope = new PartitionScope(index, access, resources, writes, view, lookup);
        PartialView partial = new PartialView(resources);
        return new GateInterceptors(List.of(
                new AllowedMethods(),
                research,
                new RequestRules(access, finder, new MatchUrls(context, daos, matchUrls), redactions, stepUp),
                scope,
                new OffsetSearch(DEFAULT_PAGE_SIZE),
                view,
                partial,
                new NarrowWrites(view),
                new Includes(
                        index,
                        access,
                        context,
                        daos,
                        extractor,
                        registry,
                        properties.baseUrl().toString(),
                        scope,
                        view,
                        partial),
                new StoredOwners(index, writes, resources, members),
                transitions,
                cards,
                release,
                new ErrorTexts()));
    }

    @Bean
    EverythingProvider everythingProvider(
            OwnerIndex index,
            OwnerFinder finder,
            PatientAccess access,
            ResourceAccess resources,
            DaoRegistry daos,
            FhirServerProperties properties) {
        return new EverythingProvider(
                index, finder, access, resources, daos, properties.baseUrl().toString());
    }
}
