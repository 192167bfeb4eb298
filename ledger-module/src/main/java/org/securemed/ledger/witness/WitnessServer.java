package org.securemed.ledger.witness;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A witness over HTTP: {@code POST /add-checkpoint} for logs, {@code GET /<origin hash>/checkpoint} for whoever
 * compares, and {@code GET /evidence}, all pairs of checkpoints that show that a log lied, with the proof where their
 * sizes differ. TLS is for what stands in front.
 *
 * @see <a href="https://c2sp.org/tlog-witness">C2SP tlog-witness</a>
 */
public final class WitnessServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WitnessServer.class);
    private static final Pattern MONITORED = Pattern.compile("/([0-9a-f]{64})/checkpoint");
    private static final int THREADS = 8;
    private static final String TEXT = "text/plain; charset=utf-8";

    private final CosigningWitness witness;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

    private WitnessServer(CosigningWitness witness, HttpServer server) {
        this.witness = witness;
        this.server = server;
    }

    /**
     * Starts to answer.
     *
     * @param address port 0 for any
     * @throws IOException if the address cannot be listened on
     */
    public static WitnessServer start(CosigningWitness witness, InetSocketAddress address) throws IOException {
        HttpServer http = HttpServer.create(address, /* backlog= */ 64);
        WitnessServer server = new WitnessServer(witness, http);
        http.createContext("/", server::handle);
        http.setExecutor(server.threads);
        http.start();
        return server;
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            if (path.equals("/add-checkpoint")) {
                add(exchange);
                return;
            }
            Matcher monitored = MONITORED.matcher(path);
            if (!exchange.getRequestMethod().equals("GET")) {
                answer(exchange, 405, TEXT, "only GET here\n");
            } else if (monitored.matches()) {
                Optional<SignedNote> latest = witness.latest(monitored.group(1));
                answer(
                        exchange,
                        latest.isPresent() ? 200 : 404,
                        TEXT,
                        latest.map(SignedNote::toString).orElse("none\n"));
            } else if (path.equals("/evidence")) {
                answer(exchange, 200, TEXT, evidence());
            } else {
                answer(exchange, 404, TEXT, "nothing here\n");
            }
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("the witness could not answer");
            answer(exchange, 500, TEXT, "the witness is out of order\n");
        }
    }

    private void add(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("POST")) {
            answer(exchange, 405, TEXT, "only POST here\n");
            return;
        }
        byte[] body = exchange.getRequestBody().readNBytes(WitnessRequest.MAX_BYTES + 1);
        WitnessAnswer answer;
        try {
            answer = witness.add(WitnessRequest.parse(body));
        } catch (NoteException e) {
            answer = new WitnessAnswer.Refused(400, String.valueOf(e.getMessage()));
        }
        if (answer instanceof WitnessAnswer.Cosigned cosigned) {
            answer(
                    exchange,
                    200,
                    TEXT,
                    cosigned.lines().stream().map(NoteSignature::line).collect(Collectors.joining()));
        } else if (answer instanceof WitnessAnswer.OtherSize other) {
            answer(exchange, 409, "text/x.tlog.size", other.size() + "\n");
        } else if (answer instanceof WitnessAnswer.Refused refused) {
            log.atInfo().addKeyValue("status", refused.status()).log("checkpoint refused");
            answer(exchange, refused.status(), TEXT, refused.reason() + "\n");
        }
    }

    private String evidence() {
        return witness.equivocations().all().stream()
                .map(pair -> pair.one() + "\n" + pair.other() + "\n" + pair.proof() + "\n")
                .collect(Collectors.joining());
    }

    private static void answer(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
