package org.securemed.fhir.server;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.ips.api.IIpsGenerationStrategy;
import ca.uhn.fhir.jpa.ips.generator.IIpsGeneratorSvc;
import ca.uhn.fhir.jpa.ips.generator.IpsGeneratorSvcImpl;
import ca.uhn.fhir.jpa.ips.jpa.DefaultJpaIpsGenerationStrategy;
import ca.uhn.fhir.jpa.ips.provider.IpsOperationProvider;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.ValueSetOperationProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.narrative2.NullNarrativeGenerator;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.server.HardcodedServerAddressStrategy;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import ca.uhn.fhir.util.FhirTerser;
import org.hl7.fhir.instance.model.api.IBaseConformance;
import org.securemed.fhir.exchange.FhirServerProperties;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The FHIR REST endpoint under {@code /fhir}: HAPI's servlet with its providers, and what {@link FhirExtensions} add.
 */
@Configuration(proxyBeanMethods = false)
public class FhirServletConfiguration {
    private static final String SECURITY_SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service";

    /** The path of the FHIR endpoint below the server's root. */
    public static final String FHIR_PATH = "/fhir";

    @Bean
    IIpsGenerationStrategy ipsGenerationStrategy() {
        return new DefaultJpaIpsGenerationStrategy();
    }

    @Bean
    IIpsGeneratorSvc ipsGenerator(FhirContext fhirContext, IIpsGenerationStrategy strategy) {
        return new IpsGeneratorSvcImpl(fhirContext, strategy);
    }

    @Bean
    RestfulServer restfulServer(
            FhirContext fhirContext,
            FhirServerProperties properties,
            IFhirSystemDao<?, ?> systemDao,
            IJpaSystemProvider systemProvider,
            ResourceProviderFactory resourceProviders,
            ValueSetOperationProvider valueSetOperations,
            IIpsGeneratorSvc ipsGenerator,
            JpaStorageSettings storageSettings,
            ISearchParamRegistry searchParamRegistry,
            IValidationSupport validationSupport,
            DatabaseBackedPagingProvider pagingProvider,
            FhirExtensions extensions) {
        fhirContext.setParserErrorHandler(new StrictContent());
        fhirContext.setNarrativeGenerator(new NullNarrativeGenerator());
        RestfulServer server = new RestfulServer(fhirContext);
        server.setServerName("SecureMed");
        server.setServerVersion(FhirServletConfiguration.class.getPackage().getImplementationVersion());
        server.setServerAddressStrategy(
                new HardcodedServerAddressStrategy(properties.baseUrl().toString()));
        server.setDefaultResponseEncoding(EncodingEnum.JSON);
        server.setPagingProvider(pagingProvider);

        // Before the providers: some interceptors decide which of their methods are bound.
        extensions.interceptors().forEach(server::registerInterceptor);

        server.registerProviders(resourceProviders.createProviders());
        server.registerProvider(systemProvider);
        server.registerProvider(valueSetOperations);
        server.registerProvider(new IpsOperationProvider(ipsGenerator));
        extensions.providers().forEach(server::registerProvider);

        JpaCapabilityStatementProvider capabilities =
                new JpaCapabilityStatementProvider(
                        server, systemDao, storageSettings, searchParamRegistry, validationSupport) {
                    @Override
                    protected void postProcess(FhirTerser terser, IBaseConformance statement) {
                        super.postProcess(terser, statement);
                        terser.addElement(statement, "CapabilityStatement.rest.security.cors", "true");
                        terser.addElement(
                                statement, "CapabilityStatement.rest.security.service.coding.system", SECURITY_SERVICE);
                        terser.addElement(
                                statement, "CapabilityStatement.rest.security.service.coding.code", "SMART-on-FHIR");
                    }
                };
        capabilities.setImplementationDescription("SecureMed FHIR server (R4)");
        capabilities.setIncludeResourceCounts(false);
        server.setServerConformanceProvider(capabilities);
        return server;
    }

    @Bean
    ServletRegistrationBean<RestfulServer> fhirServlet(RestfulServer server) {
        ServletRegistrationBean<RestfulServer> registration = new ServletRegistrationBean<>(server, FHIR_PATH + "/*");
        registration.setName("fhir");
        registration.setLoadOnStartup(1);
        return registration;
    }
}
