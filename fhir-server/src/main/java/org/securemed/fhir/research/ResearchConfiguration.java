package org.securemed.fhir.research;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import java.time.Clock;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;

/** The parts of the view that research gets. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ResearchProperties.class)
public class ResearchConfiguration {
    @Bean
    StudyKeys studyKeys(ResearchProperties properties, Environment environment) {
        return StudyKeys.of(properties.pseudonymSecret(), environment.acceptsProfiles(Profiles.of("production")));
    }

    @Bean
    KnownCodes knownCodes(FhirContext context) {
        return new KnownCodes(
                new DefaultProfileValidationSupport(context), new CommonCodeSystemsTerminologyService(context));
    }

    @Bean
    Deidentification deidentification(FhirContext context, KnownCodes codes, Clock clock) {
        return new Deidentification(context, codes, clock);
    }
}
