package org.securemed.fhir.server;

import ca.uhn.fhir.context.FhirContext;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.smart.TestCardBridge;
import org.securemed.fhir.smart.TestIssuer;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.KeyException;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.witness.CosigningWitness;
import org.securemed.ledger.witness.WitnessServer;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/**
 * The server as {@code ./dev run} starts it, with its own PostgreSQL and the demonstration's patients, on a free port;
 * one for all tests of a run, so no test may count on being alone.
 */
public final class TestServer {
    /** The port of this machine to which notifications of Subscriptions may be sent. */
    public static final int HOOKS = freePort();

    private static final Object LOCK = new Object();
    private static @Nullable TestServer shared;

    private final ConfigurableApplicationContext context;
    private final Path directory;
    private final WitnessServer witness;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

    private TestServer(ConfigurableApplicationContext context, Path directory, WitnessServer witness) {
        this.context = context;
        this.directory = directory;
        this.witness = witness;
    }

    /** Started by the first test that asks. */
    public static TestServer shared() {
        synchronized (LOCK) {
            TestServer server = shared;
            if (server == null) {
                server = start();
                shared = server;
            }
            return server;
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TestServer start() {
        return start("it");
    }

    /** Another server, with a database of its own and without patients; closed by whoever asked for it. */
    public static TestServer empty(String name, String... settings) {
        List<String> all = new ArrayList<>(List.of("--securemed.demo.patients=0"));
        all.addAll(List.of(settings));
        return start(name, all.toArray(String[]::new));
    }

    /** Another server, with a database of its own and these settings; closed by whoever asked for it. */
    public static TestServer with(String name, String... settings) {
        return start(name, settings);
    }

    /** As {@link #empty}, by another clock than the system's. */
    public static TestServer by(Clock clock, String name, String... settings) {
        try {
            List<String> all = new ArrayList<>(List.of("--securemed.demo.patients=0"));
            all.addAll(List.of(settings));
            Path directory = Files.createTempDirectory(Files.createDirectories(Path.of("target", "servers")), name);
            return startIn(directory, clock, all.toArray(String[]::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server on the data of one that was closed. */
    public static TestServer again(TestServer closed, String... settings) {
        List<String> all = new ArrayList<>(List.of("--securemed.demo.patients=0"));
        all.addAll(List.of(settings));
        return startIn(closed.directory, all.toArray(String[]::new));
    }

    /** Another instance on this one's database, with a key of its own; closed by whoever asked for it. */
    public TestServer beside() {
        try {
            Path other = Files.createTempDirectory(directory.getParent(), "beside");
            Path ledger = Files.createDirectories(other.resolve("ledger"));
            try (Stream<Path> files = Files.list(directory.resolve("ledger"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    if (!file.endsWith("development-instance.key")) {
                        Files.copy(file, ledger.resolve(file.getFileName()));
                    }
                }
            }
            return startIn(
                    other,
                    "--securemed.demo.patients=0",
                    "--securemed.ledger.instance=server-2",
                    "--spring.datasource.url="
                            + database().unwrap(HikariDataSource.class).getJdbcUrl(),
                    "--spring.datasource.username=postgres");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Stops the server and its PostgreSQL. */
    public void close() {
        context.close();
        witness.close();
    }

    private static TestServer start(String name, String... settings) {
        try {
            return startIn(
                    Files.createTempDirectory(Files.createDirectories(Path.of("target", "servers")), name), settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TestServer startIn(Path directory, String... settings) {
        return startIn(directory, null, settings);
    }

    private static TestServer startIn(Path directory, @Nullable Clock clock, String... settings) {
        List<String> arguments = new ArrayList<>(List.of(settings));
        WitnessServer witness = witness(directory);
        SpringApplication application = new SpringApplication(ServerConfiguration.class);
        application.setAllowCircularReferences(true);
        application.setAdditionalProfiles("demo");
        if (clock != null) {
            application.addInitializers(context -> ((GenericApplicationContext) context)
                    .registerBean("otherClock", Clock.class, () -> clock, bean -> bean.setPrimary(true)));
        }
        arguments.addAll(List.of(
                "--server.port=0",
                "--securemed.smart.base-url=http://localhost:8080",
                "--securemed.smart.card-bridge.keys=" + TestCardBridge.keys(directory),
                "--securemed.development.data-directory=" + directory.resolve("postgres"),
                "--securemed.ledger.directory=" + directory.resolve("ledger"),
                "--securemed.witness.policy=" + directory.resolve("witnesses.policy"),
                "--securemed.witness.interval=200ms",
                "--securemed.smart.trusted-server.issuer=" + TestIssuer.name(),
                "--securemed.smart.trusted-server.jwks-uri=" + TestIssuer.keys(),
                "--securemed.subscription.endpoints=http://localhost:" + HOOKS,
                "--securemed.subscription.interval=100ms",
                "--securemed.subscription.pause=2s",
                "--securemed.demo.directory=" + directory.resolve("demo")));
        ConfigurableApplicationContext context = application.run(arguments.toArray(String[]::new));
        return new TestServer(context, directory, witness);
    }

    /** A witness of the server's log, and the policy that names it. */
    private static WitnessServer witness(Path directory) {
        try {
            VerifyKey logKey = KeyFiles.development(directory.resolve("ledger/development-log.key"), "localhost/ledger")
                    .verifyKey();
            CosignKey key = CosignKey.ed25519(SigningKey.generate("witness.example/one", new SecureRandom()));
            WitnessServer witness = WitnessServer.start(
                    new CosigningWitness(
                            directory.resolve("witness"), List.of(logKey), List.of(key), Clock.systemUTC()),
                    new InetSocketAddress("localhost", 0));
            Files.writeString(
                    directory.resolve("witnesses.policy"),
                    "log %s%nwitness one %s http://localhost:%d%nquorum one%n"
                            .formatted(
                                    logKey, key.verifyKey(), witness.address().getPort()));
            return witness;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (KeyException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Where the server keeps its data; the tokens are in {@code demo}. */
    public Path directory() {
        return directory;
    }

    /** A bean of the running server. */
    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    /** The server's PostgreSQL, as its superuser. */
    public DataSource database() {
        return context.getBean(DataSource.class);
    }

    /** R4, as the server uses it. */
    public FhirContext fhir() {
        return context.getBean(FhirContext.class);
    }

    /** {@code http://localhost:port}. */
    public String base() {
        return "http://localhost:"
                + ((ServletWebServerApplicationContext) context).getWebServer().getPort();
    }

    /** The ready-made token of one of the demonstration's users. */
    public String token(String user) {
        try {
            return Files.readString(directory.resolve("demo").resolve(user + ".token"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A request below {@code /fhir} by one of the demonstration's users. */
    public HttpRequest.Builder request(String user, String path) {
        return anonymous(path).header("Authorization", "Bearer " + token(user));
    }

    /** A request below {@code /fhir} without a token. */
    public HttpRequest.Builder anonymous(String path) {
        return HttpRequest.newBuilder(URI.create(base() + "/fhir" + (path.isEmpty() ? "" : "/" + path)))
                .timeout(Duration.ofMinutes(2));
    }

    /** Sends it. */
    public Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<byte[]> response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            return new Answer(response, fhir());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** GET. */
    public Answer get(String user, String path) {
        return send(request(user, path).GET());
    }

    /** POST of a resource. */
    public Answer post(String user, String path, IBaseResource body) {
        return send(request(user, path)
                .header("Content-Type", "application/fhir+json")
                .POST(HttpRequest.BodyPublishers.ofString(fhir().newJsonParser().encodeResourceToString(body))));
    }

    /** PUT of a resource. */
    public Answer put(String user, String path, IBaseResource body) {
        return send(request(user, path)
                .header("Content-Type", "application/fhir+json")
                .PUT(HttpRequest.BodyPublishers.ofString(fhir().newJsonParser().encodeResourceToString(body))));
    }

    /** DELETE. */
    public Answer delete(String user, String path) {
        return send(request(user, path).DELETE());
    }

    /** What came back. */
    public record Answer(HttpResponse<byte[]> response, FhirContext fhir) {
        public int status() {
            return response.statusCode();
        }

        public String text() {
            return new String(response.body(), StandardCharsets.UTF_8);
        }

        /** The body as a resource. */
        public Resource resource() {
            return (Resource) fhir.newJsonParser().parseResource(text());
        }

        /** The body as a Bundle. */
        public Bundle bundle() {
            return (Bundle) resource();
        }

        /** The body as an OperationOutcome. */
        public OperationOutcome outcome() {
            return (OperationOutcome) resource();
        }

        @Override
        public String toString() {
            return status() + " " + text();
        }
    }
}
