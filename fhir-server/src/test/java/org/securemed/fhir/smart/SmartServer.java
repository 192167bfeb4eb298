package org.securemed.fhir.smart;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.http.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration;
import org.springframework.boot.autoconfigure.security.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.autoconfigure.thymeleaf.ThymeleafAutoConfiguration;
import org.springframework.boot.autoconfigure.validation.ValidationAutoConfiguration;
import org.springframework.boot.autoconfigure.web.embedded.EmbeddedWebServerFactoryCustomizerAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.DispatcherServletAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.ServletWebServerFactoryAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.WebMvcAutoConfiguration;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * A server with this package's configuration on a real PostgreSQL and a real Tomcat, and in place of HAPI a servlet
 * that tells who is asking.
 */
final class SmartServer implements AutoCloseable {
    /** What stands for the recorder: remembers, or fails on demand. */
    static final class Recorder implements RefusedRequests {
        final List<String> refused = new CopyOnWriteArrayList<>();
        volatile boolean broken;

        @Override
        public void refused(HttpServletRequest request, int status, String reasonCode) {
            if (broken) {
                throw new IllegalStateException("the ledger cannot be written");
            }
            refused.add(status + " " + reasonCode);
        }
    }

    /** What stands for the record of security events: remembers, or fails on demand. */
    static final class Events implements SecurityEvents {
        final List<SecurityEvent> recorded = new CopyOnWriteArrayList<>();
        volatile boolean broken;

        @Override
        public void record(SecurityEvent event) {
            if (broken) {
                throw new IllegalStateException("the ledger cannot be written");
            }
            recorded.add(event);
        }
    }

    /** What stands for the consents: remembers, or fails on demand. */
    static final class Consents implements AppConsents {
        final List<Granted> granted = new CopyOnWriteArrayList<>();
        final List<String> ended = new CopyOnWriteArrayList<>();
        volatile boolean broken;

        @Override
        public void prepare(App app, AppUser user) {
            // Nothing refers to it here.
        }

        @Override
        public Optional<Written> granted(Granted grant) {
            if (broken) {
                throw new IllegalStateException("the consent cannot be written");
            }
            granted.add(grant);
            return Optional.ofNullable(grant.patient())
                    .map(patient -> new Written("consent-" + grant.authorization(), patient));
        }

        @Override
        public void ended(Written consent, @Nullable Requester person) {
            ended.add(consent.id());
        }

        @Override
        public Optional<Long> position(Written consent) {
            return Optional.of(4711L);
        }
    }

    private final ConfigurableApplicationContext context;
    private final URI base;

    private SmartServer(ConfigurableApplicationContext context, URI base) {
        this.context = context;
        this.base = base;
    }

    /** An empty database of its own on the PostgreSQL that all tests share. */
    static DataSource emptyDatabase() {
        String name = "smart_" + java.util.UUID.randomUUID().toString().replace("-", "");
        new JdbcTemplate(Shared.POSTGRES.getPostgresDatabase()).execute("create database " + name);
        HikariConfig pool = new HikariConfig();
        pool.setDataSource(Shared.POSTGRES.getDatabase("postgres", name));
        pool.setMaximumPoolSize(10);
        pool.setMinimumIdle(0);
        // A server that ends closes what can be closed; the next one needs the pool.
        return new DelegatingDataSource(new HikariDataSource(pool));
    }

    private static final class Shared {
        static final EmbeddedPostgres POSTGRES = postgres();
        static final SmartServer SERVER = SmartServer.start(emptyDatabase());

        private static EmbeddedPostgres postgres() {
            try {
                return EmbeddedPostgres.builder().start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A server for tests that leave it as they find it; it ends with the JVM. */
    static SmartServer shared() {
        return Shared.SERVER;
    }

    static SmartServer start(DataSource database) {
        return start(database, Clock.systemUTC(), Map.of());
    }

    static SmartServer start(DataSource database, Clock clock, Map<String, String> settings) {
        int port = freePort();
        return start(database, clock, settings, port, URI.create("http://127.0.0.1:" + port));
    }

    /** @param base public address; the server listens on {@code port} of 127.0.0.1 */
    static SmartServer start(DataSource database, Clock clock, Map<String, String> settings, int port, URI base) {
        SpringApplication application = new SpringApplication(Application.class);
        application.addInitializers((ApplicationContextInitializer<GenericApplicationContext>) starting -> {
            starting.registerBean(DataSource.class, () -> database);
            starting.registerBean(Clock.class, () -> clock);
        });
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=" + port,
                "--server.address=127.0.0.1",
                "--spring.main.banner-mode=off",
                "--logging.level.root=error",
                "--logging.level.org.springframework.boot.SpringApplication=off",
                "--spring.mvc.problemdetails.enabled=true",
                "--securemed.smart.base-url=" + base));
        Map<String, String> all = new java.util.TreeMap<>(Map.of("securemed.demo.enabled", "true"));
        if (!settings.containsKey("spring.profiles.active")) {
            all.put("securemed.smart.strong-log-ins", "password,passkey,card");
            all.put("securemed.smart.step-up-age", "12h");
        }
        all.putAll(settings);
        all.forEach((key, value) -> arguments.add("--" + key + "=" + value));
        return new SmartServer(application.run(arguments.toArray(String[]::new)), base);
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    URI at(String path) {
        return URI.create(base + path);
    }

    /** Where it listens, whatever it calls itself. */
    int port() {
        return Integer.parseInt(Objects.requireNonNull(context.getEnvironment().getProperty("local.server.port")));
    }

    String fhirBase() {
        return base + "/fhir";
    }

    Recorder recorder() {
        return bean(Recorder.class);
    }

    @Override
    public void close() {
        context.close();
    }

    @SpringBootConfiguration
    @ImportAutoConfiguration({
        EmbeddedWebServerFactoryCustomizerAutoConfiguration.class,
        ServletWebServerFactoryAutoConfiguration.class,
        DispatcherServletAutoConfiguration.class,
        WebMvcAutoConfiguration.class,
        HttpMessageConvertersAutoConfiguration.class,
        JacksonAutoConfiguration.class,
        ValidationAutoConfiguration.class,
        ThymeleafAutoConfiguration.class,
        SecurityFilterAutoConfiguration.class
    })
    @Import(SmartConfiguration.class)
    static class Application {
        @Bean
        PlatformTransactionManager transactionManager(DataSource database) {
            return new DataSourceTransactionManager(database);
        }

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        DemoPeople demoPeople() {
            return new DemoPeople(List.of(
                    person("physician", Role.PHYSICIAN, "Practitioner/physician", Set.of("TREAT")),
                    person("nurse", Role.NURSE, "Practitioner/nurse", Set.of("TREAT")),
                    person("patient", Role.PATIENT, "Patient/patient", Set.of("PATRQT")),
                    person("administrator", Role.ADMINISTRATOR, null, Set.of("HOPERAT")),
                    person("compliance", Role.COMPLIANCE, null, Set.of("HCOMPL"))));
        }

        private static DemoPeople.Person person(String name, Role role, @Nullable String user, Set<String> purposes) {
            return new DemoPeople.Person(
                    name,
                    name + "-password",
                    "Demo " + name,
                    role,
                    user,
                    "Organization/hospital",
                    "Hospital",
                    purposes);
        }

        @Bean
        Events events() {
            return new Events();
        }

        /** Ann, her mother, and a nurse. */
        @Bean
        KnownPeople knownPeople() {
            Map<String, Set<String>> known = Map.of(
                    "Patient/ann", Set.of("ann"),
                    "RelatedPerson/mother", Set.of("ann"),
                    "RelatedPerson/father", Set.of("ann"),
                    "RelatedPerson/uncle", Set.of("bob"),
                    "Practitioner/nina", Set.of(),
                    "Organization/hospital", Set.of());
            return reference -> Optional.ofNullable(known.get(reference));
        }

        @Bean
        Consents consents() {
            return new Consents();
        }

        /** Clinicians open ann and bob. */
        @Bean
        PatientChoices patientChoices() {
            return new PatientChoices() {
                @Override
                public List<Choice> find(AppUser user, String text, int most) {
                    return Stream.of(new Choice("ann", "Ann <b>Example</b>"), new Choice("bob", "Bob Example"))
                            .filter(choice -> user.roles().contains(Role.PHYSICIAN)
                                    && choice.label().contains(text))
                            .limit(most)
                            .toList();
                }

                @Override
                public boolean mayOpen(AppUser user, String patient) {
                    return find(user, "", 10).stream()
                            .anyMatch(choice -> choice.patient().equals(patient));
                }
            };
        }

        @Bean
        ServletRegistrationBean<HttpServlet> fhirServlet() {
            return new ServletRegistrationBean<>(new WhoIsAsking(), "/fhir/*");
        }
    }

    static final class WhoIsAsking extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.setContentType("text/plain;charset=UTF-8");
            if ("/metadata".equals(request.getPathInfo())) {
                response.getWriter().write("metadata");
                return;
            }
            response.getWriter()
                    .write(Requester.from(SecurityContextHolder.getContext().getAuthentication())
                            .toString());
        }
    }
}
