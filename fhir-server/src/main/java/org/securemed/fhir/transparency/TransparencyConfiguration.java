package org.securemed.fhir.transparency;

import java.time.Duration;
import java.util.List;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.BearerChain;
import org.securemed.ledger.log.Ledger;
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
public class TransparencyConfiguration {
    private static final PathPatternRequestMatcher.Builder PATH = PathPatternRequestMatcher.withDefaults();
    private static final RequestMatcher ALL =
            new OrRequestMatcher(PATH.matcher(LogController.PREFIX), PATH.matcher(LogController.PREFIX + "/**"));
    private static final RequestMatcher FOR_AUDITORS = new OrRequestMatcher(
            PATH.matcher(LogController.PREFIX + "/tile/entries/**"), PATH.matcher(LogController.PREFIX + "/entry/**"));

    @Bean
    LogController logController(Ledger ledger, ProblemWriter problems) {
        return new LogController(new PublishedLog(ledger), problems);
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
