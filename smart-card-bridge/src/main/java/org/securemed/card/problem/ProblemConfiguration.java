package org.securemed.card.problem;

import org.springframework.boot.web.server.ErrorPage;
import org.springframework.boot.web.server.ErrorPageRegistrar;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Makes every error body of the application a problem document. */
@Configuration(proxyBeanMethods = false)
@Import(Problems.class)
public class ProblemConfiguration {

    @Bean
    ProblemWriter problemWriter() {
        return new ProblemWriter();
    }

    /** What no handler answers goes to our page, not to the container's own. */
    @Bean
    ErrorPageRegistrar problemPage() {
        return registry -> registry.addErrorPages(new ErrorPage("/error"));
    }
}
