package org.securemed.card.reader.agent;

import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.TlsFiles;
import org.securemed.card.profile.RoundTrip;

/**
 * Options of {@code reader}.
 *
 * @param bridge the bridge's address, without a trailing slash
 * @param origins of the pages that may use the agent, such as {@code https://ehr.example.org}
 * @param port on 127.0.0.1; 0 for any that is free
 * @param reader name of the reader or the beginning of it; null: the only one there is
 * @param tls how the agent proves the workstation to the bridge
 * @param roundTrip how long a card may take for an answer that it has ready; null: as long as it likes
 */
record AgentOptions(
        URI bridge,
        List<String> origins,
        int port,
        @Nullable String reader,
        TlsFiles tls,
        @Nullable Duration roundTrip) {
    static final String USAGE = "usage: java -jar smart-card-bridge.jar reader --bridge URL --allow ORIGIN"
            + " [--allow ORIGIN]... [--port PORT] [--reader NAME] [--round-trip MILLISECONDS]"
            + " [--certificate FILE --key FILE] [--trust FILE]";

    private static final int PORT = 8095;

    AgentOptions {
        origins = List.copyOf(origins);
        if (origins.isEmpty()) {
            throw new IllegalArgumentException("missing: --allow");
        }
    }

    /**
     * Reads them.
     *
     * @throws IllegalArgumentException naming what is missing, unknown or malformed
     */
    static AgentOptions parse(List<String> options) {
        URI bridge = null;
        List<String> origins = new ArrayList<>();
        int port = PORT;
        String reader = null;
        Duration roundTrip = null;
        Map<String, Path> tls = new HashMap<>();
        for (int i = 0; i < options.size(); i += 2) {
            if (i + 1 == options.size()) {
                throw new IllegalArgumentException("without its value: " + options.get(i));
            }
            String value = options.get(i + 1);
            switch (options.get(i)) {
                case "--bridge" -> bridge = address(value);
                case "--allow" -> origins.add(origin(value));
                case "--port" -> port = port(value);
                case "--reader" -> reader = value;
                case "--round-trip" -> roundTrip = milliseconds(value);
                case "--certificate", "--key", "--trust" -> tls.put(options.get(i), path(value));
                default -> throw new IllegalArgumentException("not an option: " + options.get(i));
            }
        }
        if (bridge == null) {
            throw new IllegalArgumentException("missing: --bridge");
        }
        return new AgentOptions(
                bridge,
                origins,
                port,
                reader,
                new TlsFiles(tls.get("--certificate"), tls.get("--key"), tls.get("--trust")),
                roundTrip);
    }

    /** Whether an address is of an allowed origin. */
    boolean allows(URI address) {
        return originOf(address).filter(origins::contains).isPresent();
    }

    private static URI address(String text) {
        URI address = uri(text);
        if (originOf(address).isEmpty() || address.getRawQuery() != null || text.endsWith("/")) {
            throw new IllegalArgumentException("--bridge takes an http(s) address without a trailing slash");
        }
        return address;
    }

    private static String origin(String text) {
        return originOf(uri(text))
                .filter(text::equals)
                .orElseThrow(() -> new IllegalArgumentException("--allow takes an origin such as https://host:port"));
    }

    private static Optional<String> originOf(URI address) {
        boolean web = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
        return web && address.getHost() != null && address.getRawUserInfo() == null
                ? Optional.of(address.getScheme() + "://" + address.getHost()
                        + (address.getPort() < 0 ? "" : ":" + address.getPort()))
                : Optional.empty();
    }

    private static URI uri(String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not an address: " + text, e);
        }
    }

    /** What {@link org.securemed.card.profile.CardReading} is to be bound by. */
    RoundTrip bound() {
        return roundTrip == null ? RoundTrip.ANY : RoundTrip.within(roundTrip);
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("not a path: " + text, e);
        }
    }

    private static Duration milliseconds(String text) {
        return RoundTrip.parse(text)
                .orElseThrow(() -> new IllegalArgumentException("--round-trip takes milliseconds, 1 to 10000"));
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 0 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IllegalArgumentException("--port takes 0 to 65535");
    }
}
