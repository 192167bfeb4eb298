package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.matcher.InMemoryResourceMatcher;
import ca.uhn.fhir.rest.server.RestfulServer;
import java.time.Clock;
import javax.sql.DataSource;
import org.securemed.fhir.audit.AuditSubjects;
import org.securemed.fhir.audit.StoredResources;
import org.securemed.fhir.exchange.FhirServerProperties;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.OwnerSchema;
import org.securemed.fhir.owner.PartitionContents;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.research.Deidentification;
import org.securemed.fhir.research.KnownCodes;
import org.securemed.fhir.research.StudyKeys;
import org.securemed.fhir.smart.BearerChain;
import org.securemed.fhir.smart.HookClients;
import org.securemed.fhir.smart.RefusedRequests;
import org.securemed.fhir.smart.SmartProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;

/** What is answered beyond reads and searches: whole records, populations, research, questions about access. */
@Configuration(proxyBeanMethods = false)
class ConsentedDataConfiguration {
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

    /** Patients and those who act for them read who has looked at the record. */
    @Bean
    AuditSubjects auditSubjects(PatientAccess access, ConsentStates states, OwnerIndex index) {
        return new RepresentedAudit(access, new Representation(states), index);
    }

    @Bean
    PopulationGate populationGate(
            ConsentStates states,
            PatientAccess access,
            ReadSet readSet,
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
                states,
                access,
                readSet,
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
            FhirServerProperties fhir,
            SmartProperties smart) {
        return new ConsentHookController(
                new ConsentConsult(states, index, properties.implicitPolicy(), requests, lookup, daos, smart.issuer()),
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
