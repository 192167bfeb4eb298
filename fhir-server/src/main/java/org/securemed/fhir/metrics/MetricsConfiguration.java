package org.securemed.fhir.metrics;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.securemed.fhir.admin.OpenAlarm;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.problem.RefusalCount;
import org.securemed.fhir.smart.BearerChain;
import org.securemed.ledger.log.Ledger;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.NegatedRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/** The meters, and who may read them. */
@Configuration(proxyBeanMethods = false)
public class MetricsConfiguration {
    private static final RequestMatcher PATH =
            PathPatternRequestMatcher.withDefaults().matcher(MetricsController.PATH);

    @Bean(destroyMethod = "close")
    PrometheusMeterRegistry meterRegistry() {
        return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    }

    @Bean
    RefusalCount refusalCount(MeterRegistry meters) {
        return new RefusalMeter(meters);
    }

    @Bean(destroyMethod = "close")
    JvmGcMetrics jvmGcMetrics() {
        return new JvmGcMetrics();
    }

    @Bean
    MeterBinder ledgerMeters(Ledger ledger, DataSource dataSource, ObjectProvider<OpenAlarm> alarms) {
        return new LedgerMeters(
                ledger, new JdbcTemplate(dataSource), alarms.stream().toList());
    }

    /** All that is measured is there before the first request. */
    @Bean
    SmartInitializingSingleton boundMeters(MeterRegistry meters, ObjectProvider<MeterBinder> binders, DataSource pool) {
        return () -> {
            List.of(
                            new JvmMemoryMetrics(),
                            new JvmThreadMetrics(),
                            new ClassLoaderMetrics(),
                            new ProcessorMetrics(),
                            new UptimeMetrics())
                    .forEach(binder -> binder.bindTo(meters));
            binders.stream().forEach(binder -> binder.bindTo(meters));
            try {
                new PoolMeters(pool.unwrap(HikariDataSource.class)).bindTo(meters);
            } catch (SQLException e) {
                // Another pool has no such figures.
                return;
            }
        };
    }

    @Bean
    MetricsController metricsController(PrometheusMeterRegistry meters, ProblemWriter problems) {
        return new MetricsController(meters, problems);
    }

    @Bean
    @Order(BearerChain.ORDER)
    SecurityFilterChain metricsChain(HttpSecurity http, BearerChain bearer) throws Exception {
        return bearer.configure(http, PATH, new NegatedRequestMatcher(PATH)).build();
    }
}
