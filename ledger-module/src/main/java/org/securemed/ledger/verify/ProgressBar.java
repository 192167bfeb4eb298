package org.securemed.ledger.verify;

import java.io.PrintStream;

/** Draws on a terminal how far a verification is, a few times a second. One thread. */
final class ProgressBar implements Progress {
    private static final int WIDTH = 40;
    private static final long INTERVAL_NANOS = 200_000_000;

    private final PrintStream terminal;
    private final long start = System.nanoTime();
    private long shown;

    ProgressBar(PrintStream terminal) {
        this.terminal = terminal;
    }

    @Override
    public void at(long entries, long total) {
        long now = System.nanoTime();
        if (now - start < INTERVAL_NANOS || now - shown < INTERVAL_NANOS) {
            return;
        }
        shown = now;
        double done = total <= 0 ? 1 : Math.min(1, (double) entries / total);
        int filled = (int) (WIDTH * done);
        double seconds = (now - start) / 1e9;
        terminal.printf(
                "\r[%s%s] %3.0f %% of %,d entries, %,.0f/s, %.0f s left ",
                "#".repeat(filled),
                ".".repeat(WIDTH - filled),
                100 * done,
                total,
                entries / seconds,
                done == 0 ? 0 : seconds / done - seconds);
        terminal.flush();
    }

    /** Clears the line. */
    void close() {
        if (shown != 0) {
            terminal.print("\r" + " ".repeat(WIDTH + 70) + "\r");
            terminal.flush();
        }
    }
}
