package org.securemed.card.reader.agent;

import java.io.Closeable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.securemed.card.apdu.CardLostException;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.reader.BridgeClient;
import org.securemed.card.reader.Readers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the card with which somebody has logged in, and tells the bridge that it is there, or that it has been pulled
 * and is not back in time. While nobody knows (the service is gone) the agent is silent; then the bridge waits for a
 * while and takes the card for pulled. Thread-safe.
 */
final class CardWatch implements Closeable {
    private static final Logger log = LoggerFactory.getLogger(CardWatch.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration TURN = Duration.ofMillis(250);
    /**
     * A log-in whose card was pulled at once may arrive so much later; elsewhere nobody logs in with the card so soon.
     */
    private static final Duration ARRIVAL = Duration.ofSeconds(10);
    /** The bridge gives up much earlier. */
    private static final Duration LONGEST = Duration.ofHours(1);

    private enum Sight {
        /** In the reader all the time. */
        THERE,
        /** Not in the reader. */
        OUT,
        /** Not in the reader, where another card is. */
        OTHER,
        /** The service or the reader is gone, so that nobody knows. */
        UNKNOWN
    }

    /** A log-in. When it is out since belongs to the thread that looks, the next report to the one that reports. */
    private static final class Watched {
        private final BridgeClient.LoggedIn in;
        private final String reader;
        private final UUID guid;
        private volatile Sight sight = Sight.THERE;
        private long outSince;
        private long nextReport = System.nanoTime();

        Watched(BridgeClient.LoggedIn in, String reader, UUID guid) {
            this.in = in;
            this.reader = reader;
            this.guid = guid;
        }
    }

    /** A log-in that is over, and since when its card is gone. */
    private record Gone(String presence, long nanos) {}

    private final Readers readers;
    private final CardReading reading;
    private final BridgeClient bridge;
    private final ReentrantLock inUse;
    private final List<Thread> threads;

    // All guarded by this.
    private final List<Watched> watched = new ArrayList<>();
    private final List<Gone> gone = new ArrayList<>();
    private boolean closed;

    /** @param inUse held by whoever reads a card: looking at one resets it */
    CardWatch(Readers readers, CardReading reading, BridgeClient bridge, ReentrantLock inUse) {
        this.readers = readers;
        this.reading = reading;
        this.bridge = bridge;
        this.inUse = inUse;
        // Whoever waits for the bridge must not miss the card meanwhile.
        this.threads = List.of(thread("card-watch", this::look), thread("card-report", this::report));
        threads.forEach(Thread::start);
    }

    private interface Turn {
        void run(List<Watched> watched) throws InterruptedException;
    }

    private Thread thread(String name, Turn turn) {
        Thread made = new Thread(
                () -> {
                    try {
                        while (true) {
                            turn(turn);
                        }
                    } catch (InterruptedException e) {
                        // Closed.
                    }
                },
                name);
        made.setDaemon(true);
        return made;
    }

    /**
     * Begins to watch.
     *
     * @param in the log-in
     * @param guid the card; who logged in with another card in this reader has left
     */
    synchronized void watch(BridgeClient.LoggedIn in, String reader, UUID guid) {
        for (Watched one : List.copyOf(watched)) {
            if (one.reader.equals(reader) && !one.guid.equals(guid)) {
                end(one, System.nanoTime());
            }
        }
        watched.add(new Watched(in, reader, guid));
        notifyAll();
    }

    private void turn(Turn turn) throws InterruptedException {
        try {
            turn.run(next());
        } catch (RuntimeException e) {
            // Whoever stopped looking now would take a pulled card for one that is there.
            log.atError().setCause(e).log("a card could not be watched");
            pause(PAUSE);
        }
    }

    private synchronized List<Watched> next() throws InterruptedException {
        while (!closed && watched.isEmpty() && gone.isEmpty()) {
            wait();
        }
        if (closed) {
            throw new InterruptedException();
        }
        return List.copyOf(watched);
    }

    /** One look at each reader, long enough that nobody changes cards between two of them. */
    private void look(List<Watched> all) throws InterruptedException {
        if (all.isEmpty()) {
            pause(TURN);
        }
        for (String reader : all.stream().map(one -> one.reader).distinct().toList()) {
            boolean expected = all.stream().anyMatch(one -> one.reader.equals(reader) && one.sight == Sight.THERE);
            if (expected) {
                Sight seen = stillThere(reader);
                // Also those who have come meanwhile: it was their card, too.
                in(reader).stream().filter(one -> one.sight == Sight.THERE).forEach(one -> saw(one, seen));
            } else {
                pause(TURN);
            }
            all.stream()
                    .filter(one -> one.reader.equals(reader) && one.sight != Sight.THERE)
                    .forEach(one -> saw(one, again(one)));
        }
    }

    private synchronized List<Watched> in(String reader) {
        return watched.stream().filter(one -> one.reader.equals(reader)).toList();
    }

    private synchronized void pause(Duration time) throws InterruptedException {
        if (closed) {
            throw new InterruptedException();
        }
        wait(time.toMillis());
    }

    private void saw(Watched one, Sight sight) {
        boolean out = sight == Sight.OUT || sight == Sight.OTHER;
        if (out && one.sight != Sight.OUT && one.sight != Sight.OTHER) {
            one.outSince = System.nanoTime();
        }
        one.sight = sight;
        if (out && System.nanoTime() - one.outSince >= one.in.grace().toNanos()) {
            end(one, one.outSince + Math.min(one.in.grace().toNanos(), ARRIVAL.toNanos()));
        }
    }

    private Sight stillThere(String reader) {
        try {
            return readers.awaitRemoval(reader, PAUSE) ? Sight.OUT : Sight.THERE;
        } catch (CardRefusedException e) {
            return Sight.UNKNOWN;
        }
    }

    /** Looks for a card that was out, or out of sight: another one may be in its place. */
    private Sight again(Watched one) {
        try {
            // Not in the moment in which it is put in: it is read when it has been there for a while, and once.
            if (readers.awaitRemoval(one.reader, PAUSE)) {
                return Sight.OUT;
            }
        } catch (CardRefusedException e) {
            // Once it was seen to be out, time runs.
            return one.sight == Sight.UNKNOWN ? Sight.UNKNOWN : Sight.OUT;
        }
        if (one.sight == Sight.OTHER || !inUse.tryLock()) {
            return one.sight;
        }
        try {
            return readers.withCard(one.reader, Duration.ZERO, reading::claimed).equals(one.guid)
                    ? Sight.THERE
                    : Sight.OTHER;
        } catch (CardLostException e) {
            return Sight.OUT;
        } catch (CardRefusedException e) {
            return switch (e.reason()) {
                case NO_CARD -> Sight.OUT;
                case NO_SERVICE, READER_NOT_FOUND -> one.sight;
                default -> Sight.OTHER;
            };
        } finally {
            inUse.unlock();
        }
    }

    private void report(List<Watched> all) throws InterruptedException {
        for (Watched one : all) {
            if (one.sight != Sight.UNKNOWN && System.nanoTime() - one.nextReport >= 0) {
                report(one);
            }
        }
        tell();
        pause(TURN);
    }

    private void report(Watched one) {
        try {
            if (!bridge.present(one.in.presence())) {
                synchronized (this) {
                    watched.remove(one);
                }
            }
            one.nextReport = System.nanoTime() + one.in.interval().toNanos();
        } catch (BridgeClient.RefusedException e) {
            log.atWarn().addKeyValue("failure", e.detail()).log("the bridge was not told that a card is there");
            one.nextReport = System.nanoTime() + one.in.interval().dividedBy(4).toNanos();
        }
    }

    private synchronized void end(Watched one, long since) {
        if (watched.remove(one)) {
            gone.add(new Gone(one.in.presence(), since));
            notifyAll();
        }
    }

    private void tell() {
        List<Gone> all;
        synchronized (this) {
            all = List.copyOf(gone);
        }
        for (Gone one : all) {
            Duration ago = Duration.ofNanos(System.nanoTime() - one.nanos());
            try {
                bridge.removed(one.presence(), ago);
            } catch (BridgeClient.RefusedException e) {
                log.atWarn().addKeyValue("failure", e.detail()).log("the bridge was not told that a card was pulled");
                if (ago.compareTo(LONGEST) < 0) {
                    continue;
                }
            }
            synchronized (this) {
                gone.remove(one);
            }
        }
    }

    /** Nobody watches any more: to the bridge, the cards are gone. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            List.copyOf(watched).forEach(one -> end(one, System.nanoTime()));
            notifyAll();
        }
        try {
            for (Thread thread : threads) {
                thread.join(PAUSE.multipliedBy(5).toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tell();
    }
}
