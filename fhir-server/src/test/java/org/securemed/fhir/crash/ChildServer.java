package org.securemed.fhir.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The server as a process, with its PostgreSQL and its keys in a directory that outlives it. */
final class ChildServer implements AutoCloseable {
    /** What the demonstration's guide says when the server is up and the patients are loaded. */
    private static final String READY = "SecureMed is running";

    private static final int START_SECONDS = 180;
    private static final int PATIENTS = 2;

    private final Path directory;
    private final int port;
    private final Process process;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();

    private ChildServer(Path directory, int port, Process process) {
        this.directory = directory;
        this.port = port;
        this.process = process;
    }

    /** Starts a server on what is in {@code directory}, and returns when it answers. */
    static ChildServer start(Path directory) throws IOException, InterruptedException {
        int port = freePort();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx1g",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.securemed.fhir.FhirServerApplication",
                        "--spring.profiles.active=demo",
                        "--server.port=" + port,
                        "--securemed.smart.base-url=http://localhost:8080",
                        "--securemed.demo.patients=" + PATIENTS,
                        "--securemed.demo.directory=" + directory.resolve("demo"),
                        "--securemed.development.data-directory=" + directory.resolve("postgres"),
                        "--securemed.ledger.directory=" + directory.resolve("ledger"))
                .redirectErrorStream(true)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        ChildServer server = new ChildServer(directory, port, process);
        Thread listener = new Thread(server::listen, "child-server-log");
        listener.setDaemon(true);
        listener.start();
        server.awaitReady();
        return server;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void listen() {
        try (BufferedReader lines = process.inputReader();
                PrintWriter log = new PrintWriter(
                        Files.newBufferedWriter(directory.resolve("server-%d.log".formatted(process.pid()))), true)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.println(line);
                if (line.contains(READY)) {
                    ready.complete(null);
                }
            }
        } catch (IOException e) {
            // A killed process leaves its pipe in the middle of a line.
            ready.completeExceptionally(e);
        }
        ready.completeExceptionally(new IOException("the server ended before it was ready; see " + directory));
    }

    private void awaitReady() throws IOException, InterruptedException {
        try {
            ready.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
            close();
            throw new IOException("the server did not start", e);
        }
    }

    /** {@code http://localhost:port/fhir}. */
    URI fhir() {
        return URI.create("http://localhost:" + port + "/fhir");
    }

    /** The ready-made token of one of the demonstration's users. */
    String token(String user) throws IOException {
        return Files.readString(directory.resolve("demo").resolve(user + ".token"));
    }

    /** The server's PostgreSQL, as its superuser. */
    DataSource database() throws IOException {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setURL("jdbc:postgresql://localhost:" + pidFile().get(3).trim() + "/postgres");
        database.setUser("postgres");
        return database;
    }

    /** {@code kill -9} of the server; its PostgreSQL is left behind. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** {@code kill -9} of PostgreSQL's first process. */
    void killPostmaster() throws IOException {
        postmaster().destroyForcibly();
    }

    /** PostgreSQL's first process. */
    ProcessHandle postmaster() throws IOException {
        return ProcessHandle.of(Long.parseLong(pidFile().get(0).trim())).orElseThrow();
    }

    private List<String> pidFile() throws IOException {
        return Files.readAllLines(directory.resolve("postgres").resolve("postmaster.pid"));
    }

    /** Stops it in good order, and returns when it and its PostgreSQL have ended. */
    @Override
    public void close() {
        process.destroy();
        try {
            process.onExit().get(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
            kill();
            throw new IllegalStateException("the server does not stop", e);
        }
    }

    /** Whether no PostgreSQL holds the directory. */
    static boolean isReleased(Path directory) {
        try {
            Path pidFile = directory.resolve("postgres").resolve("postmaster.pid");
            return !Files.exists(pidFile)
                    || ProcessHandle.of(Long.parseLong(
                                    Files.readAllLines(pidFile).get(0).trim()))
                            .isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
