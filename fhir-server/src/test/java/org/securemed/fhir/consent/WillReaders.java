package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/** Readers who ask again and again, each by itself, and note what they saw. */
public final class WillReaders implements AutoCloseable {
    /** Whether an answer shows what was asked for. */
    @FunctionalInterface
    public interface Sight {
        boolean in(Answer answer);
    }

    private final WillHistory history;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Future<?>> running = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final Semaphore done = new Semaphore(0);

    public WillReaders(WillHistory history) {
        this.history = history;
    }

    /**
     * Begins to ask.
     *
     * @param late whether {@code server} may learn of a grant later than it was acknowledged
     */
    public void ask(TestServer server, String token, String path, Sight sight, boolean late) {
        running.add(threads.submit(() -> {
            while (!over.get()) {
                long begin = System.nanoTime();
                Answer answer = Probe.get(path).send(server, token);
                long end = System.nanoTime();
                // 503: the consent changed while the answer was being made, and nothing was disclosed.
                if (answer.status() != 503) {
                    boolean saw = answer.status() == 200 && sight.in(answer);
                    history.saw(path, begin, end, saw, late);
                }
                done.release();
            }
        }));
    }

    /** Waits until that many answers have come. */
    public void await(int answers) throws InterruptedException {
        done.drainPermits();
        if (!done.tryAcquire(answers, 60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no answers");
        }
    }

    /** Ends them. */
    public void end() throws Exception {
        over.set(true);
        for (Future<?> reader : running) {
            reader.get();
        }
    }

    @Override
    public void close() {
        over.set(true);
        threads.shutdownNow();
    }
}
