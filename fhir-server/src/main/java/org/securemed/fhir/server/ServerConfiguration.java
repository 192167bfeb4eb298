package org.securemed.fhir.server;

import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.apache.catalina.core.StandardHost;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Meta;
import org.securemed.fhir.admin.HealthController;
import org.securemed.fhir.audit.AuditConfiguration;
import org.securemed.fhir.audit.AuditEventProvider;
import org.securemed.fhir.audit.AuditOperations;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.audit.CountedRefusals;
import org.securemed.fhir.audit.Evidence;
import org.securemed.fhir.audit.KeptEvents;
import org.securemed.fhir.audit.NoGuessedTotal;
import org.securemed.fhir.audit.VerifyOperations;
import org.securemed.fhir.consent.AnswerPace;
import org.securemed.fhir.consent.BreakGlassProvider;
import org.securemed.fhir.consent.CardConsentProvider;
import org.securemed.fhir.consent.ConsentConfiguration;
import org.securemed.fhir.consent.EverythingProvider;
import org.securemed.fhir.consent.ExplainAccessProvider;
import org.securemed.fhir.consent.FiledConsentProvider;
import org.securemed.fhir.consent.GateInterceptors;
import org.securemed.fhir.consent.OwnKeyProvider;
import org.securemed.fhir.consent.PatientMatchProvider;
import org.securemed.fhir.consent.ReadGate;
import org.securemed.fhir.database.DevelopmentPostgres;
import org.securemed.fhir.demo.DemoConfiguration;
import org.securemed.fhir.erasure.ErasureConfiguration;
import org.securemed.fhir.exchange.FhirServerProperties;
import org.securemed.fhir.export.ExportConfiguration;
import org.securemed.fhir.export.ExportProvider;
import org.securemed.fhir.feed.FeedConfiguration;
import org.securemed.fhir.integrity.IntegrityConfiguration;
import org.securemed.fhir.integrity.IntegrityOperations;
import org.securemed.fhir.keys.KeysConfiguration;
import org.securemed.fhir.metrics.MetricsConfiguration;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.problem.RefusalCount;
import org.securemed.fhir.read.StoredRead;
import org.securemed.fhir.research.ResearchConfiguration;
import org.securemed.fhir.retention.RetentionConfiguration;
import org.securemed.fhir.review.ReviewConfiguration;
import org.securemed.fhir.review.ReviewOperations;
import org.securemed.fhir.smart.RefusedRequests;
import org.securemed.fhir.smart.SmartConfiguration;
import org.securemed.fhir.smart.SmartSweep;
import org.securemed.fhir.subscription.Changes;
import org.securemed.fhir.subscription.SubscriptionConfiguration;
import org.securemed.fhir.subscription.SubscriptionProvider;
import org.securemed.fhir.transparency.TransparencyConfiguration;
import org.securemed.fhir.work.RepeatedWork;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.ConfigurationPropertiesAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.autoconfigure.http.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.security.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.autoconfigure.thymeleaf.ThymeleafAutoConfiguration;
import org.springframework.boot.autoconfigure.validation.ValidationAutoConfiguration;
import org.springframework.boot.autoconfigure.web.embedded.EmbeddedWebServerFactoryCustomizerAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.DispatcherServletAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.ServletWebServerFactoryAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.WebMvcAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;

/** SecureMed's FHIR server: everything that it is made of, named in one place. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
    PropertyPlaceholderAutoConfiguration.class,
    ConfigurationPropertiesAutoConfiguration.class,
    ValidationAutoConfiguration.class,
    JacksonAutoConfiguration.class,
    HttpMessageConvertersAutoConfiguration.class,
    ServletWebServerFactoryAutoConfiguration.class,
    EmbeddedWebServerFactoryCustomizerAutoConfiguration.class,
    DispatcherServletAutoConfiguration.class,
    WebMvcAutoConfiguration.class,
    ThymeleafAutoConfiguration.class,
    EmbeddedWebServerFactoryCustomizerAutoConfiguration.class,
    SecurityFilterAutoConfiguration.class,
    SslAutoConfiguration.class,
    DataSourceAutoConfiguration.class
})
@EnableConfigurationProperties(FhirServerProperties.class)
@Import({
    DevelopmentPostgres.class,
    HapiJpaConfiguration.class,
    FhirServletConfiguration.class,
    KeysConfiguration.class,
    SmartConfiguration.class,
    DemoConfiguration.class,
    ConsentConfiguration.class,
    AuditConfiguration.class,
    TransparencyConfiguration.class,
    ErasureConfiguration.class,
    IntegrityConfiguration.class,
    ReviewConfiguration.class,
    FeedConfiguration.class,
    ExportConfiguration.class,
    ResearchConfiguration.class,
    RetentionConfiguration.class,
    SubscriptionConfiguration.class,
    MetricsConfiguration.class,
    HealthController.class
})
public class ServerConfiguration {

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean(destroyMethod = "close")
    RepeatedWork hourlyWork(SmartSweep sweep) {
        return new RepeatedWork("smart-sweep", Duration.ofHours(1), sweep::run);
    }

    /** What Tomcat refuses by itself is answered by us, too. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemReports(
            ProblemWriter problems, ObjectProvider<RefusedRequests> records) {
        return factory -> factory.addContextCustomizers(context -> {
            StandardHost host = (StandardHost) context.getParent();
            // By this name the host finds that it needs no valve of its own.
            host.setErrorReportValveClass(ProblemReportValve.class.getName());
            host.getPipeline()
                    .addValve(new ProblemReportValve(
                            problems,
                            (request, status, code) -> records.getObject().refused(request, status, code)));
        });
    }

    /**
     * The order of the interceptors: what is well-formed, the gate, then the recorder, after which nothing may change
     * an answer.
     */
    @Bean
    FhirExtensions fhirExtensions(
            GateInterceptors gate,
            AuditRecorder recorder,
            EverythingProvider everything,
            BreakGlassProvider breakGlass,
            CardConsentProvider cardConsents,
            OwnKeyProvider ownKeys,
            FiledConsentProvider filedConsents,
            PatientMatchProvider match,
            AuditEventProvider auditEvents,
            ReadGate readGate,
            DataSource dataSource,
            FhirServerProperties properties,
            AuditOperations auditOperations,
            VerifyOperations verifyOperations,
            ExplainAccessProvider explainAccess,
            IntegrityOperations integrity,
            ReviewOperations review,
            ExportProvider export,
            SubscriptionProvider subscriptions,
            Changes changes,
            Evidence evidence,
            IFhirSystemDao<Bundle, Meta> system,
            ISearchParamRegistry searchParameters,
            RefusalCount refusals,
            @Value("${securemed.consent.answer-interval:10ms}") Duration answerInterval) {
        List<Object> interceptors = new ArrayList<>();
        interceptors.add(new KeptEvents());
        interceptors.add(new WellFormedRequests(searchParameters));
        interceptors.addAll(gate.inOrder());
        interceptors.add(
                new KnownParameters(List.of(auditOperations, verifyOperations, explainAccess, integrity, review)));
        interceptors.add(changes);
        interceptors.add(new NoGuessedTotal());
        interceptors.add(recorder);
        interceptors.add(new AnswerPace(answerInterval));
        interceptors.add(new CountedRefusals(refusals));
        interceptors.add(new StoredRead(
                readGate, dataSource, recorder, properties.baseUrl().toString()));
        return new FhirExtensions(
                interceptors,
                List.of(
                        everything,
                        breakGlass,
                        cardConsents,
                        ownKeys,
                        filedConsents,
                        match,
                        explainAccess,
                        auditEvents,
                        auditOperations,
                        verifyOperations,
                        integrity,
                        review,
                        export,
                        subscriptions,
                        new BundleProvider(system, evidence)));
    }

    /** Right before HAPI's servlet: by then it is known who asks. */
    @Bean
    FilterRegistrationBean<BoundedRequestFilter> boundedRequestFilter(FhirServerProperties properties) {
        FilterRegistrationBean<BoundedRequestFilter> registration =
                new FilterRegistrationBean<>(new BoundedRequestFilter(properties.maxBody()));
        registration.addUrlPatterns(FhirServletConfiguration.FHIR_PATH + "/*");
        registration.setOrder(Ordered.LOWEST_PRECEDENCE);
        return registration;
    }

    /** One partition for each patient; see {@code org.securemed.fhir.owner.Partition}. */
    @Bean
    PartitionSettings partitionSettings() {
        PartitionSettings settings = new PartitionSettings();
        settings.setPartitioningEnabled(true);
        settings.setUnnamedPartitionMode(true);
        settings.setDefaultPartitionId(0);
        settings.setAllowReferencesAcrossPartitions(PartitionSettings.CrossPartitionReferenceMode.ALLOWED_UNQUALIFIED);
        settings.setConditionalCreateDuplicateIdentifiersEnabled(true);
        return settings;
    }
}
