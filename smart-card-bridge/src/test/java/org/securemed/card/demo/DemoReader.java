package org.securemed.card.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.RefusalReason;
import org.securemed.card.reader.Readers;
import org.securemed.card.simulated.SimulatedCard;

/**
 * A reader whose slot is an address: {@code PUT /reader/<card>} puts a card in, {@code DELETE /reader} pulls it. On
 * loopback only. Thread-safe.
 */
final class DemoReader implements Readers {
    static final String NAME = "Demonstration";

    private final Map<String, SimulatedCard> cards;

    // Guarded by this.
    private @Nullable SimulatedCard inserted;

    /** @param cards by their names in addresses */
    DemoReader(Map<String, SimulatedCard> cards) {
        this.cards = Map.copyOf(cards);
    }

    /** Opens the slot. */
    void open(int port) throws IOException {
        HttpServer slot =
                HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 0);
        slot.createContext("/reader", this::handle);
        slot.start();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String name = exchange.getRequestURI().getPath().replaceFirst("^/reader/?", "");
        boolean pulled = exchange.getRequestMethod().equals("DELETE") && name.isEmpty();
        boolean put = exchange.getRequestMethod().equals("PUT") && cards.containsKey(name);
        if (pulled || put) {
            insert(put ? cards.get(name) : null);
        }
        byte[] answer = (pulled ? "no card" : put ? "card: " + name : "cards: " + String.join(", ", cards.keySet()))
                .concat("\n")
                .getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.sendResponseHeaders(pulled || put ? 200 : 404, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    synchronized void insert(@Nullable SimulatedCard card) {
        inserted = card;
        notifyAll();
    }

    @Override
    public List<String> names() {
        return List.of(NAME);
    }

    @Override
    public synchronized boolean awaitRemoval(String reader, Duration patience) {
        await(patience, false);
        return inserted == null;
    }

    @Override
    public boolean hasPinpad(String reader) {
        return false;
    }

    @Override
    public synchronized <T> T withCard(String reader, Duration patience, Work<T> work)
            throws CardLostException, CardRefusedException {
        await(patience, true);
        SimulatedCard card = inserted;
        if (card == null) {
            throw new CardRefusedException(RefusalReason.NO_CARD);
        }
        try {
            return work.with(card);
        } finally {
            card.reset();
        }
    }

    private void await(Duration patience, boolean present) {
        long end = System.nanoTime() + patience.toNanos();
        for (long left = patience.toMillis();
                left > 0 && (inserted != null) != present;
                left = Duration.ofNanos(end - System.nanoTime()).toMillis()) {
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
