package org.securemed.card.reader.agent;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.Pin;
import org.securemed.card.profile.RefusalReason;
import org.securemed.card.reader.BridgeClient;
import org.securemed.card.reader.Readers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves pages of allowed origins on 127.0.0.1: {@code GET /readers}, {@code POST /answers} (the card answers a
 * challenge, without PIN), and the agent's own pages {@code /sign-in} and {@code /sign-consent}, the only places where
 * a PIN is entered. Cards are read one at a time.
 */
final class ReaderAgent implements Closeable {
    private static final Logger log = LoggerFactory.getLogger(ReaderAgent.class);
    private static final int LARGEST = 4096;
    private static final int LARGEST_CONSENT = 64 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9_-]{32,128}");
    private static final int MOST_FORMS = 100;

    private final AgentOptions options;
    private final Readers readers;
    private final CardReading reading;
    private final BridgeClient bridge;
    private final CardWatch watch;
    /** Held while a card is read or waited for. */
    private final ReentrantLock inUse = new ReentrantLock();

    private final HttpServer server;
    /** Forms that were shown and not sent; each is good once. */
    private final Set<String> forms = ConcurrentHashMap.newKeySet();

    /** Opens the port. */
    ReaderAgent(AgentOptions options, Readers readers, CardReading reading) throws IOException {
        this.options = options;
        this.readers = readers;
        this.reading = reading;
        this.bridge = new BridgeClient(options.bridge(), options.tls());
        this.watch = new CardWatch(readers, reading, bridge, inUse);
        this.server = HttpServer.create(
                new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), options.port()), 16);
        server.createContext("/", this::handle);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
    }

    /** The port that is served. */
    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        watch.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Headers answer = exchange.getResponseHeaders();
            answer.set("Cache-Control", "no-store");
            answer.set("X-Content-Type-Options", "nosniff");
            answer.set("Referrer-Policy", "no-referrer");
            try {
                route(exchange);
            } catch (IllegalArgumentException e) {
                send(exchange, 400, "text/plain", "The request cannot be understood.");
            }
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        if (!isLoopback(exchange.getRequestHeaders().getFirst("Host"))) {
            // A name that an attacker pointed at 127.0.0.1.
            send(exchange, 421, "text/plain", "This is a reader agent.");
            return;
        }
        switch (exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath()) {
            case "GET /sign-in" -> showSignIn(exchange);
            case "POST /sign-in" -> signIn(exchange);
            case "GET /sign-consent" -> showConsent(exchange);
            case "POST /sign-consent" -> signConsent(exchange);
            case "GET /readers" -> forScript(exchange, this::names);
            case "POST /answers" -> forScript(exchange, () -> answerFor(exchange));
            case "OPTIONS /readers", "OPTIONS /answers" -> preflight(exchange);
            default -> send(exchange, 404, "text/plain", "There is nothing here.");
        }
    }

    private boolean isLoopback(@Nullable String host) {
        return ("127.0.0.1:" + port()).equals(host) || ("localhost:" + port()).equals(host);
    }

    private void preflight(HttpExchange exchange) throws IOException {
        if (allowOrigin(exchange)) {
            exchange.getResponseHeaders().set("Access-Control-Allow-Methods", "GET, POST");
            exchange.getResponseHeaders().set("Access-Control-Allow-Headers", "Content-Type");
            exchange.getResponseHeaders().set("Access-Control-Allow-Private-Network", "true");
            exchange.sendResponseHeaders(204, -1);
        }
    }

    private boolean allowOrigin(HttpExchange exchange) throws IOException {
        String origin = exchange.getRequestHeaders().getFirst("Origin");
        if (origin == null || !options.origins().contains(origin)) {
            send(exchange, 403, "text/plain", "This page may not use the reader.");
            return false;
        }
        exchange.getResponseHeaders().set("Access-Control-Allow-Origin", origin);
        exchange.getResponseHeaders().set("Vary", "Origin");
        return true;
    }

    private interface Script {
        ObjectNode run() throws IOException, CardLostException, CardRefusedException;
    }

    private void forScript(HttpExchange exchange, Script script) throws IOException {
        if (!allowOrigin(exchange)) {
            return;
        }
        try {
            send(exchange, 200, "application/json", script.run().toString());
        } catch (CardRefusedException e) {
            refuse(exchange, e.reason());
        } catch (CardLostException e) {
            refuse(exchange, RefusalReason.CARD_LOST);
        }
    }

    private static void refuse(HttpExchange exchange, RefusalReason reason) throws IOException {
        send(
                exchange,
                409,
                "application/problem+json",
                StrictJson.newObject()
                        .put(
                                "type",
                                "urn:securemed:problem:card-" + reason.code().replaceFirst("^card-", ""))
                        .put("status", 409)
                        .put("detail", reason.sentence())
                        .toString());
    }

    private ObjectNode names() throws CardRefusedException {
        ObjectNode answer = StrictJson.newObject();
        ArrayNode names = answer.putArray("readers");
        readers.names().forEach(names::add);
        return answer;
    }

    private ObjectNode answerFor(HttpExchange exchange) throws IOException, CardLostException, CardRefusedException {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        if (type == null || !type.startsWith("application/json")) {
            throw new IllegalArgumentException("not JSON");
        }
        ObjectNode body;
        try {
            body = StrictJson.object(body(exchange));
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON", e);
        }
        String id = body.path("id").asText();
        Challenge challenge = new Challenge(Bytes.copyOf(
                Base64.getUrlDecoder().decode(body.path("challenge").asText())));
        return BridgeClient.answer(id, read(id, challenge, null));
    }

    /** Has the card answer; if it is refused, the bridge records that. */
    private CardProof read(String id, Challenge challenge, @Nullable Pin pin)
            throws CardLostException, CardRefusedException {
        try {
            return alone(card -> reading.read(card, challenge, pin));
        } catch (CardRefusedException e) {
            report(id, e.reason());
            throw e;
        } catch (CardLostException e) {
            report(id, RefusalReason.CARD_LOST);
            throw e;
        }
    }

    private void report(String id, RefusalReason reason) {
        try {
            if (reason.isOfReader()) {
                bridge.refused(id, reason);
            }
        } catch (BridgeClient.RefusedException e) {
            log.atWarn()
                    .addKeyValue("reason", reason.code())
                    .addKeyValue("failure", e.detail())
                    .log("the bridge did not take note that a card was refused");
        }
    }

    private String reader() throws CardRefusedException {
        if (options.reader() != null) {
            return options.reader();
        }
        List<String> names = readers.names();
        if (names.size() != 1) {
            throw new CardRefusedException(RefusalReason.READER_NOT_FOUND);
        }
        return names.get(0);
    }

    private void showSignIn(HttpExchange exchange) throws IOException {
        Map<String, String> query =
                form(Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse(""));
        requireTarget(query);
        page(exchange, query, "");
    }

    private void signIn(HttpExchange exchange) throws IOException {
        Map<String, String> form = form(new String(body(exchange), StandardCharsets.US_ASCII));
        requireTarget(form);
        if (!isOwnForm(exchange, form)) {
            send(exchange, 403, "text/plain", "The form is too old. Go back and start again.");
            return;
        }
        try {
            String statement = statement(form);
            exchange.getResponseHeaders()
                    .set(
                            "Location",
                            form.get("return") + "?statement=" + URLEncoder.encode(statement, StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(303, -1);
        } catch (CardRefusedException e) {
            page(exchange, form, e.reason().sentence());
        } catch (CardLostException e) {
            page(exchange, form, RefusalReason.CARD_LOST.sentence());
        } catch (BridgeClient.RefusedException e) {
            page(exchange, form, e.detail());
        }
    }

    private String statement(Map<String, String> form)
            throws CardLostException, CardRefusedException, BridgeClient.RefusedException {
        // Whether a card alone is enough says whoever is logged in to.
        try (Pin pin = pin(form)) {
            BridgeClient.Given given = bridge.challenge();
            String reader = reader();
            CardProof proof = read(given.id(), given.challenge(), pin);
            BridgeClient.LoggedIn in =
                    bridge.logIn(form.getOrDefault("nonce", ""), BridgeClient.answer(given.id(), proof));
            if (!in.presence().isEmpty()) {
                watch.watch(in, reader, proof.guid());
            }
            return in.statement();
        }
    }

    /** Null: none was typed, and none is to be typed on the reader. */
    private static @Nullable Pin pin(Map<String, String> form) throws CardRefusedException {
        if ("yes".equals(form.get("pinpad"))) {
            return Pin.onPinpad();
        }
        String typed = form.getOrDefault("pin", "");
        return typed.isEmpty() ? null : Pin.of(typed.toCharArray());
    }

    private boolean hasPinpad() {
        try {
            return readers.hasPinpad(reader());
        } catch (CardRefusedException e) {
            return false;
        }
    }

    private void showConsent(HttpExchange exchange) throws IOException {
        Map<String, String> query =
                form(Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse(""));
        consentPage(exchange, query, consent(query), "");
    }

    private void signConsent(HttpExchange exchange) throws IOException {
        Map<String, String> form = form(new String(body(exchange, LARGEST_CONSENT), StandardCharsets.US_ASCII));
        ConsentToSign consent = consent(form);
        if (!isOwnForm(exchange, form)) {
            send(exchange, 403, "text/plain", "The form is too old. Go back and start again.");
            return;
        }
        try (Pin pin = pin(form)) {
            if (pin == null) {
                throw new CardRefusedException(RefusalReason.PIN_MALFORMED);
            }
            CardProof proof = sign(consent, pin);
            String statement = bridge.signed(
                    consent.transition(), BridgeClient.answer(UUID.randomUUID().toString(), proof));
            exchange.getResponseHeaders()
                    .set(
                            "Location",
                            form.get("return") + "?signature="
                                    + Base64.getUrlEncoder()
                                            .withoutPadding()
                                            .encodeToString(proof.signature().toByteArray())
                                    + "&statement=" + URLEncoder.encode(statement, StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(303, -1);
        } catch (CardRefusedException e) {
            consentPage(exchange, form, consent, e.reason().sentence());
        } catch (CardLostException e) {
            consentPage(exchange, form, consent, RefusalReason.CARD_LOST.sentence());
        } catch (BridgeClient.RefusedException e) {
            consentPage(exchange, form, consent, e.detail());
        }
    }

    private CardProof sign(ConsentToSign consent, Pin pin) throws CardLostException, CardRefusedException {
        return alone(card -> reading.sign(card, consent.message(), pin));
    }

    private CardProof alone(Readers.Work<CardProof> work) throws CardLostException, CardRefusedException {
        inUse.lock();
        try {
            return readers.withCard(reader(), PATIENCE, work);
        } finally {
            inUse.unlock();
        }
    }

    private ConsentToSign consent(Map<String, String> values) {
        requireReturn(values);
        return ConsentToSign.parse(values.getOrDefault("transition", ""));
    }

    private void consentPage(HttpExchange exchange, Map<String, String> values, ConsentToSign consent, String trouble)
            throws IOException {
        String form = newForm(exchange);
        send(exchange, 200, "text/html", SignConsentPage.html(values, consent, form, trouble, hasPinpad()));
    }

    private boolean isOwnForm(HttpExchange exchange, Map<String, String> form) {
        String origin = exchange.getRequestHeaders().getFirst("Origin");
        boolean own = origin == null || origin.equals("http://127.0.0.1:" + port()) || origin.equals("null");
        return own && forms.remove(form.getOrDefault("form", ""));
    }

    private void requireReturn(Map<String, String> values) {
        URI target = URI.create(values.getOrDefault("return", ""));
        if (!options.allows(target) || target.getRawQuery() != null || target.getRawFragment() != null) {
            throw new IllegalArgumentException("not an address of an allowed origin");
        }
    }

    private void requireTarget(Map<String, String> values) {
        requireReturn(values);
        if (!NONCE.matcher(values.getOrDefault("nonce", "")).matches()) {
            throw new IllegalArgumentException("not a log-in");
        }
    }

    private void page(HttpExchange exchange, Map<String, String> values, String trouble) throws IOException {
        String form = newForm(exchange);
        send(exchange, 200, "text/html", SignInPage.html(values, form, trouble, hasPinpad()));
    }

    /** Begins a page with a form that is good once. */
    private String newForm(HttpExchange exchange) {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String form = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        if (forms.size() >= MOST_FORMS) {
            forms.clear();
        }
        forms.add(form);
        // Form targets include where the answer redirects to.
        exchange.getResponseHeaders()
                .set(
                        "Content-Security-Policy",
                        "default-src 'none'; form-action 'self' " + String.join(" ", options.origins())
                                + "; frame-ancestors 'none'; base-uri 'none'");
        return form;
    }

    private static byte[] body(HttpExchange exchange) throws IOException {
        return body(exchange, LARGEST);
    }

    private static byte[] body(HttpExchange exchange, int largest) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(largest + 1);
        if (body.length > largest) {
            throw new IllegalArgumentException("too large");
        }
        return body;
    }

    private static Map<String, String> form(String text) {
        Map<String, String> values = new HashMap<>();
        for (String pair : text.split("&")) {
            int at = pair.indexOf('=');
            if (at > 0
                    && values.put(
                                    pair.substring(0, at),
                                    URLDecoder.decode(pair.substring(at + 1), StandardCharsets.UTF_8))
                            != null) {
                throw new IllegalArgumentException("a field comes twice");
            }
        }
        return values;
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type + ";charset=UTF-8");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }
}
