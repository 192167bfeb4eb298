package org.securemed.fhir.erasure;

import java.time.Clock;
import javax.sql.DataSource;
import org.securemed.fhir.audit.StaleConsents;
import org.securemed.fhir.keys.LedgerProperties;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.BearerChain;
import org.securemed.fhir.smart.SecurityEvents;
import org.securemed.fhir.smart.StepUp;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.storage.ConsentStateStore;
import org.securemed.ledger.storage.Erasure;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.NegatedRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/** The administrators' API about patients' keys. */
@Configuration(proxyBeanMethods = false)
public class ErasureConfiguration {
    private static final RequestMatcher ALL =
            PathPatternRequestMatcher.withDefaults().matcher(ErasureController.PREFIX + "/**");

    @Bean
    ErasureController erasureController(
            PatientKeys keys,
            ConsentStateStore states,
            Ledger ledger,
            StaleConsents stale,
            DataSource dataSource,
            LedgerProperties properties,
            SecurityEvents events,
            ProblemWriter problems,
            StepUp stepUp,
            Clock clock) {
        Erasure erasure = new Erasure(keys, states, ledger, properties.instance(), clock);
        return new ErasureController(
                new PatientErasure(erasure, keys, ledger, stale, dataSource), events, problems, stepUp);
    }

    @Bean
    @Order(BearerChain.ORDER)
    SecurityFilterChain erasureChain(HttpSecurity http, BearerChain bearer) throws Exception {
        return bearer.configure(http, ALL, new NegatedRequestMatcher(ALL)).build();
    }
}
