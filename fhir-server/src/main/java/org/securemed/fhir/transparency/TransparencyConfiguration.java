package org.securemed.fhir.transparency;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.securemed.fhir.admin.LedgerAlarms;
import org.securemed.fhir.keys.LedgerProperties;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.BearerChain;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.policy.PolicyException;
import org.securemed.ledger.policy.TrustPolicy;
import org.securemed.ledger.witness.Equivocations;
import org.securemed.ledger.witness.Witnessing;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.AndRequestMatcher;
import org.springframework.security.web.util.matcher.NegatedRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.cors.CorsConfiguration;

/** Serves the log to strangers. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WitnessProperties.class)
public class TransparencyConfiguration {
    private static final PathPatternRequestMatcher.Builder PATH = PathPatternRequestMatcher.withDefaults();
    private static final RequestMatcher ALL =
            new OrRequestMatcher(PATH.matcher(LogController.PREFIX), PATH.matcher(LogController.PREFIX + "/**"));
    private static final RequestMatcher FOR_AUDITORS = new OrRequestMatcher(
            PATH.matcher(LogController.PREFIX + "/tile/entries/**"),
            PATH.matcher(LogController.PREFIX + "/entry/**"),
            PATH.matcher(LogController.PREFIX + "/block/**"));

    @Bean
    LogController logController(Ledger ledger, ObjectProvider<Witnessing> witnessing, ProblemWriter problems) {
        return new LogController(new PublishedLog(ledger, witnessing.getIfAvailable()), problems);
    }

    /** Asks the witnesses of a policy, if one is named. */
    @Bean(destroyMethod = "close")
    @ConditionalOnProperty("securemed.witness.policy")
    Witnessing witnessing(
            Ledger ledger,
            WitnessProperties properties,
            LedgerProperties ledgerProperties,
            LedgerAlarms alarms,
            Clock clock)
            throws IOException, PolicyException {
        Path file = Objects.requireNonNull(properties.policy(), "securemed.witness.policy");
        Witnessing witnessing = new Witnessing(
                ledger,
                TrustPolicy.parse(Files.readAllBytes(file)),
                new Equivocations(ledgerProperties.directory().resolve("evidence")),
                properties.maxWithoutQuorum(),
                clock,
                alarms);
        return witnessing.start(properties.interval());
    }

    @Bean
    @ConditionalOnProperty("securemed.witness.policy")
    WitnessMeters witnessMeters(Witnessing witnessing, Ledger ledger, Clock clock) {
        return new WitnessMeters(witnessing, ledger, clock);
    }

    @Bean
    @Order(BearerChain.ORDER)
    SecurityFilterChain transparencyChain(HttpSecurity http, BearerChain bearer) throws Exception {
        RequestMatcher open = new AndRequestMatcher(ALL, new NegatedRequestMatcher(FOR_AUDITORS));
        return bearer.configure(http, ALL, open)
                .cors(cors -> cors.configurationSource(request -> open.matches(request) ? anyOrigin() : null))
                .build();
    }

    /** What is public may be read by a page of any origin, such as a verifier that runs in a browser. */
    private static CorsConfiguration anyOrigin() {
        CorsConfiguration cors = new CorsConfiguration();
        cors.setAllowedOrigins(List.of(CorsConfiguration.ALL));
        cors.setAllowedMethods(List.of("GET", "HEAD"));
        cors.setAllowedHeaders(List.of(HttpHeaders.IF_NONE_MATCH));
        cors.setExposedHeaders(List.of(HttpHeaders.ETAG));
        cors.setMaxAge(Duration.ofHours(1));
        return cors;
    }
}
