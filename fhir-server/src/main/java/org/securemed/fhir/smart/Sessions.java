package org.securemed.fhir.smart;

import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.session.config.SessionRepositoryCustomizer;
import org.springframework.session.jdbc.JdbcIndexedSessionRepository;
import org.springframework.session.jdbc.PostgreSqlJdbcIndexedSessionRepositoryCustomizer;
import org.springframework.session.jdbc.config.annotation.web.http.EnableJdbcHttpSession;
import org.springframework.session.web.http.CookieSerializer;
import org.springframework.session.web.http.DefaultCookieSerializer;

/** Browser sessions in the database: whoever logged in at one instance is known at all of them. */
@Configuration(proxyBeanMethods = false)
@EnableJdbcHttpSession(tableName = "smart.http_session", cleanupCron = "-")
class Sessions {
    private static final Duration IDLE = Duration.ofMinutes(30);

    @Bean
    SessionRepositoryCustomizer<JdbcIndexedSessionRepository> sessionLife() {
        // Ended sessions go with SmartSweep.
        return repository -> repository.setDefaultMaxInactiveInterval(IDLE);
    }

    @Bean
    PostgreSqlJdbcIndexedSessionRepositoryCustomizer sessionStatements() {
        return new PostgreSqlJdbcIndexedSessionRepositoryCustomizer();
    }

    @Bean
    CookieSerializer sessionCookie(SmartProperties properties) {
        DefaultCookieSerializer cookie = new DefaultCookieSerializer();
        cookie.setCookieName(properties.secure() ? "__Host-session" : "session");
        cookie.setCookiePath("/");
        cookie.setUseHttpOnlyCookie(true);
        cookie.setUseSecureCookie(properties.secure());
        // Lax: an app's page sends the browser here by a link, and the person must still be signed in.
        cookie.setSameSite("Lax");
        return cookie;
    }
}
