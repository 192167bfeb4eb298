package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.MatchUrlService;
import ca.uhn.fhir.jpa.searchparam.extractor.ISearchParamExtractor;
import ca.uhn.fhir.jpa.searchparam.matcher.SearchParamMatcher;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.time.ZoneId;
import java.util.List;
import org.securemed.fhir.consent.translate.ResourceFactsExtractor;
import org.securemed.fhir.exchange.FhirServerProperties;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.ShownVersions;
import org.securemed.fhir.smart.StepUp;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The parts of the consent gate. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ConsentProperties.class)
@Import({ConsentStateConfiguration.class, ConsentWriteConfiguration.class, ConsentedDataConfiguration.class})
public class ConsentConfiguration {
    private static final int DEFAULT_PAGE_SIZE = 20;

    @Bean
    PatientAccess patientAccess(
            ConsentStates states, ConsentProperties properties, BreakGlassRules glass, ContractRequests requests) {
        return new PatientAccess(states, properties.implicitPolicy(), glass, requests);
    }

    @Bean
    ContractRequests contractRequests(GroupMembers members) {
        return new ContractRequests(members);
    }

    @Bean
    ReadSet readSet(
            PatientAccess access,
            ConsentStates states,
            OwnerIndex index,
            ConsentProperties properties,
            ContractRequests requests) {
        return new ReadSet(access, states, index, properties.implicitPolicy(), requests);
    }

    @Bean
    ResourceAccess resourceAccess(PatientAccess access, OwnerIndex index) {
        return new ResourceAccess(access, index, new ResourceFactsExtractor(ZoneId.systemDefault()));
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

    /** The gate's interceptors in their order. */
    @Bean
    GateInterceptors gateInterceptors(
            OwnerIndex index,
            OwnerFinder finder,
            PatientAccess access,
            ReadSet readSet,
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
        PartitionScope scope = new PartitionScope(index, access, readSet, resources, writes, view, lookup);
        PartialView partial = new PartialView(resources);
        GatedSearch search = new GatedSearch(scope, view, partial, daos);
        String baseUrl = properties.baseUrl().toString();
        LocalReferences references = new LocalReferences(extractor, baseUrl);
        return new GateInterceptors(List.of(
                new AllowedMethods(),
                research,
                new RequestRules(access, finder, new MatchUrls(context, daos, matchUrls), redactions, stepUp),
                new Chains(access, redactions, context, registry, matchUrls, search, references),
                scope,
                new OffsetSearch(DEFAULT_PAGE_SIZE),
                view,
                partial,
                new NarrowWrites(view),
                new Includes(index, access, context, registry, baseUrl, search, references),
                new StoredOwners(index, writes, resources, members),
                transitions,
                cards,
                release,
                new ErrorTexts()));
    }
}
