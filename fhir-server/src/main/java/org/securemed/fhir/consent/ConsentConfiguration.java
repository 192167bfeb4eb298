package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import java.util.List;
import javax.sql.DataSource;
import org.securemed.fhir.consent.owner.OwnerFinder;
import org.securemed.fhir.consent.owner.OwnerIndex;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.server.FhirServerProperties;
import org.securemed.fhir.server.Schemas;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.storage.ConsentStateStore;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** The parts of the consent gate. */
@Configuration(proxyBeanMethods = false)
public class ConsentConfiguration {
    private static final int DEFAULT_PAGE_SIZE = 20;

    @Bean
    OwnerIndex ownerIndex(Schemas schemas, DataSource dataSource) {
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
    ConsentStates consentStates(ConsentStateStore store, SubjectKeys keys, DataSource dataSource) {
        ConsentStates states = new ConsentStates(store, keys, dataSource);
        states.load();
        return states;
    }

    @Bean
    PatientAccess patientAccess(ConsentStates states, OwnerIndex index) {
        return new PatientAccess(states, index, ImplicitPolicy.DENY);
    }

    @Bean
    WriteGate writeGate(OwnerIndex index, OwnerFinder finder, PatientAccess access) {
        return new WriteGate(index, finder, access);
    }

    /** The gate's interceptors in their order. */
    @Bean
    GateInterceptors gateInterceptors(OwnerIndex index, PatientAccess access, WriteGate writes) {
        return new GateInterceptors(List.of(
                new AllowedMethods(),
                new RequestRules(access),
                new PartitionScope(index, access, writes),
                new OffsetSearch(DEFAULT_PAGE_SIZE),
                new StoredOwners(index, writes),
                new ReleaseCheck(index, access),
                new ErrorTexts()));
    }

    @Bean
    EverythingProvider everythingProvider(
            OwnerIndex index,
            OwnerFinder finder,
            PatientAccess access,
            DaoRegistry daos,
            FhirServerProperties properties) {
        return new EverythingProvider(
                index, finder, access, daos, properties.baseUrl().toString());
    }
}
