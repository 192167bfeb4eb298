package org.securemed.ledger.verify;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.EntryScan;
import org.securemed.ledger.verify.Rows.EntryRow;

/** Entries in order, hashed and parsed on all cores a few batches ahead. One thread takes them. */
final class EntryStream {
    private static final int BATCH = 512;

    private final Cursor<EntryRow> rows;
    private final ExecutorService cores;
    private final int ahead;
    private final ArrayDeque<Future<List<CheckedEntry>>> batches = new ArrayDeque<>();
    private Iterator<CheckedEntry> current = List.<CheckedEntry>of().iterator();
    private @Nullable CheckedEntry next;

    EntryStream(Cursor<EntryRow> rows, ExecutorService cores, int parallelism) throws SQLException {
        this.rows = rows;
        this.cores = cores;
        this.ahead = 2 * parallelism + 2;
        advance();
    }

    /** The next entry without taking it; null at the end. */
    @Nullable
    CheckedEntry peek() {
        return next;
    }

    /** Takes the next entry; null at the end. */
    @Nullable
    CheckedEntry take() throws SQLException {
        CheckedEntry taken = next;
        if (taken != null) {
            advance();
        }
        return taken;
    }

    private void advance() throws SQLException {
        while (!current.hasNext()) {
            fill();
            Future<List<CheckedEntry>> batch = batches.poll();
            if (batch == null) {
                next = null;
                return;
            }
            current = get(batch).iterator();
        }
        next = current.next();
    }

    private void fill() throws SQLException {
        while (batches.size() < ahead && rows.peek() != null) {
            List<EntryRow> batch = new ArrayList<>(BATCH);
            for (EntryRow row = rows.take(); row != null; row = batch.size() < BATCH ? rows.take() : null) {
                batch.add(row);
            }
            batches.add(cores.submit(() -> check(batch)));
        }
    }

    private static List<CheckedEntry> check(List<EntryRow> batch) {
        EntryScan scan = new EntryScan();
        List<CheckedEntry> checked = new ArrayList<>(batch.size());
        for (EntryRow row : batch) {
            checked.add(CheckedEntry.of(row, scan));
        }
        return checked;
    }

    private static List<CheckedEntry> get(Future<List<CheckedEntry>> batch) {
        try {
            return batch.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("checking an entry does not fail", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the verification was interrupted", e);
        }
    }
}
