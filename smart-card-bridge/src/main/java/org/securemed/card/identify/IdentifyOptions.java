package org.securemed.card.identify;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.TlsFiles;
import org.securemed.card.profile.RoundTrip;

/**
 * Options of {@code identify}.
 *
 * @param reader name of the reader, or the beginning of it
 * @param ca files with certificates of the hospital's CAs, PEM or DER
 * @param revocationLists files with the CAs' revocation lists, PEM or DER
 * @param registry the bridge whose registry tells whose card it is, without a trailing slash; null: the card alone is
 *     judged
 * @param pin whether the holder's PIN is asked for and the key behind it used
 * @param patience how long to wait for a card
 * @param tls how the workstation proves itself to the registry
 * @param roundTrip how long a card may take for an answer that it has ready
 */
record IdentifyOptions(
        String reader,
        List<Path> ca,
        List<Path> revocationLists,
        @Nullable URI registry,
        boolean pin,
        Duration patience,
        TlsFiles tls,
        RoundTrip roundTrip) {
    static final String USAGE = "usage: java -jar smart-card-bridge.jar identify --reader NAME --ca FILE --crl FILE"
            + " [--ca FILE]... [--crl FILE]... [--registry URL] [--pin] [--wait SECONDS] [--round-trip MILLISECONDS]"
            + " [--certificate FILE --key FILE] [--trust FILE]";

    private static final String CA = "--ca";
    private static final String REVOCATION_LIST = "--crl";
    private static final Set<String> WITH_VALUE = Set.of(
            "--reader",
            CA,
            REVOCATION_LIST,
            "--registry",
            "--wait",
            "--round-trip",
            "--certificate",
            "--key",
            "--trust");
    private static final long LONGEST_WAIT = 3600;

    IdentifyOptions {
        ca = List.copyOf(ca);
        revocationLists = List.copyOf(revocationLists);
    }

    /**
     * Reads them. {@code --ca} and {@code --crl} may come several times: a file in DER holds one.
     *
     * @throws IllegalArgumentException naming what is missing, unknown, repeated or malformed
     */
    static IdentifyOptions parse(List<String> options) {
        Map<String, String> values = new HashMap<>();
        Map<String, List<Path>> files = Map.of(CA, new ArrayList<>(), REVOCATION_LIST, new ArrayList<>());
        boolean pin = false;
        for (int i = 0; i < options.size(); i++) {
            String name = options.get(i);
            if (name.equals("--pin")) {
                pin = true;
                continue;
            }
            if (!WITH_VALUE.contains(name) || i + 1 == options.size()) {
                throw new IllegalArgumentException("not an option, or without its value: " + name);
            }
            i++;
            List<Path> several = files.get(name);
            if (several != null) {
                several.add(path(name, options.get(i)));
            } else if (values.put(name, options.get(i)) != null) {
                throw new IllegalArgumentException("given twice: " + name);
            }
        }
        return new IdentifyOptions(
                required(values, "--reader"),
                required(files.get(CA), CA),
                required(files.get(REVOCATION_LIST), REVOCATION_LIST),
                values.containsKey("--registry") ? address(required(values, "--registry")) : null,
                pin,
                seconds(values.getOrDefault("--wait", "0")),
                new TlsFiles(
                        optionalPath(values, "--certificate"),
                        optionalPath(values, "--key"),
                        optionalPath(values, "--trust")),
                values.containsKey("--round-trip") ? roundTrip(required(values, "--round-trip")) : RoundTrip.ANY);
    }

    private static @Nullable Path optionalPath(Map<String, String> values, String name) {
        return values.containsKey(name) ? path(name, required(values, name)) : null;
    }

    private static RoundTrip roundTrip(String text) {
        return RoundTrip.parse(text)
                .map(RoundTrip::within)
                .orElseThrow(() -> new IllegalArgumentException("--round-trip takes milliseconds, 1 to 10000"));
    }

    private static String required(Map<String, String> values, String name) {
        String value = values.get(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException("missing: " + name);
        }
        return value;
    }

    private static List<Path> required(@Nullable List<Path> files, String name) {
        if (files == null || files.isEmpty()) {
            throw new IllegalArgumentException("missing: " + name);
        }
        return files;
    }

    private static Path path(String name, String text) {
        try {
            if (!text.isBlank()) {
                return Path.of(text);
            }
        } catch (InvalidPathException e) {
            // Said below.
        }
        throw new IllegalArgumentException("not a path: " + name);
    }

    private static URI address(String text) {
        try {
            URI address = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
            boolean web = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
            if (web
                    && address.getHost() != null
                    && address.getRawUserInfo() == null
                    && address.getRawQuery() == null
                    && address.getRawFragment() == null) {
                return address;
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        throw new IllegalArgumentException("--registry takes an http(s) address");
    }

    private static Duration seconds(String text) {
        try {
            long seconds = Long.parseLong(text);
            if (seconds >= 0 && seconds <= LONGEST_WAIT) {
                return Duration.ofSeconds(seconds);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IllegalArgumentException("--wait takes seconds, 0 to " + LONGEST_WAIT);
    }
}
