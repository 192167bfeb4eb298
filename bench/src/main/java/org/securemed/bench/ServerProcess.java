package org.securemed.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A server in a JVM of its own, on a loopback port, with the class path of this one. */
final class ServerProcess implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(5);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(15);
    private static final Duration POLL = Duration.ofMillis(50);

    private final Process process;
    private final Target target;
    private final Path directory;
    private final Path log;
    private final long startedNanos;

    private ServerProcess(Process process, Target target, Path directory, Path log, long startedNanos) {
        this.process = process;
        this.target = target;
        this.directory = directory;
        this.log = log;
        this.startedNanos = startedNanos;
    }

    /**
     * Starts a server; it is ready when {@link #awaitReady} returns.
     *
     * @param name for messages and for its files
     * @param main its main class
     * @param directory its working directory is the one below with its name, which gets {@code server.log}
     * @param jvmFlags the same for every server that is compared
     * @param settings further ones, without the leading dashes
     */
    static ServerProcess start(
            String name, Class<?> main, String jdbcUrl, Path directory, List<String> jvmFlags, List<String> settings)
            throws IOException {
        int port = freePort();
        Target target = new Target(name, port, "/fhir", null);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmFlags);
        command.add("-classpath");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.add("--server.address=127.0.0.1");
        command.add("--server.port=" + port);
        command.add("--server.tomcat.max-keep-alive-requests=-1");
        command.add("--spring.datasource.url=" + jdbcUrl);
        command.add("--spring.datasource.username=postgres");
        command.add("--spring.datasource.hikari.maximum-pool-size=20");
        command.add("--securemed.smart.base-url="
                + target.endpoint().resolve("/").toString().replaceAll("/$", ""));
        command.add("--securemed.fhir.base-url=" + target.endpoint());
        settings.forEach(setting -> command.add("--" + setting));
        Path work = Files.createDirectories(directory.resolve(name)).toAbsolutePath();
        Path log = work.resolve("server.log");
        long started = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new ServerProcess(process, target, work, log, started);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    Target target() {
        return target;
    }

    long pid() {
        return process.pid();
    }

    /**
     * Waits until {@code metadata} is answered.
     *
     * @return the time since the JVM was started
     * @throws IOException if the server ended, or is not ready after five minutes
     */
    Duration awaitReady() throws IOException {
        while (true) {
            if (!process.isAlive()) {
                throw new IOException("%s ended while starting: see %s".formatted(target, log));
            }
            if (isReady()) {
                return sinceStart();
            }
            if (sinceStart().compareTo(START_LIMIT) > 0) {
                throw new IOException("%s is not ready after %s: see %s".formatted(target, START_LIMIT, log));
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    /**
     * Waits for a file that the server writes when it has started.
     *
     * @param file below its working directory
     * @return its text
     * @throws IOException as for {@link #awaitReady}
     */
    String awaitFile(String file) throws IOException {
        Path path = directory.resolve(file);
        while (!Files.exists(path) || Files.size(path) == 0) {
            if (!process.isAlive() || sinceStart().compareTo(START_LIMIT) > 0) {
                throw new IOException("%s has not written %s: see %s".formatted(target, file, log));
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return Files.readString(path).strip();
    }

    private Duration sinceStart() {
        return Duration.ofNanos(System.nanoTime() - startedNanos);
    }

    private boolean isReady() {
        try (Connection connection = Connection.open(target)) {
            return connection.exchange(Request.get("/metadata")) == 200;
        } catch (IOException e) {
            // Nobody listens yet.
            return false;
        }
    }

    /** Stops the server, gently at first. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
