package org.securemed.fhir.audit;

import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.AppendResult;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.log.Precondition;
import org.securemed.ledger.log.Submission;
import org.springframework.jdbc.datasource.DataSourceUtils;

/** Waits for the ledger, as every answer has to, and turns its refusals into ours. Thread-safe. */
public final class LedgerGateway {
    private static final long TIMEOUT_SECONDS = 10;

    private final Ledger ledger;
    private final DataSource dataSource;
    private final StaleConsents staleConsent;
    private final AppendTimes times;

    /**
     * @param dataSource of the FHIR store, whose transactions staging joins
     * @param staleConsent told whose consent state has to be read anew
     * @param times told how long each wait took
     */
    LedgerGateway(Ledger ledger, DataSource dataSource, StaleConsents staleConsent, AppendTimes times) {
        this.times = times;
        this.ledger = ledger;
        this.dataSource = dataSource;
        this.staleConsent = staleConsent;
    }

    /**
     * Puts entries into the outbox in the caller's transaction.
     *
     * @throws LedgerFailure if they can't be put there; the transaction must be rolled back
     */
    public void stage(List<Entry> entries) {
        Connection connection = DataSourceUtils.getConnection(dataSource);
        try {
            ledger.stage(connection, entries);
        } catch (LedgerUnavailableException e) {
            throw LedgerFailure.unavailable(e);
        } finally {
            DataSourceUtils.releaseConnection(connection, dataSource);
        }
    }

    /**
     * Returns when entries that a committed transaction staged are in a durable block.
     *
     * @throws LedgerFailure if they can't be brought there now; they stay in the outbox and get there later
     */
    public void seal(List<Entry> entries) {
        await(ledger.seal(entries));
    }

    /**
     * Returns when the entries are in a durable block.
     *
     * @throws LedgerFailure if they are not, or if a consent that the answer rests on has changed
     */
    public void append(List<Entry> entries, List<Precondition> preconditions) {
        await(ledger.append(Submission.of(entries, preconditions)));
    }

    /**
     * Appends an entry that may be there already; returns when it is in a durable block.
     *
     * @return whether it was not there
     * @throws LedgerFailure if it is in none
     */
    boolean appendOnce(Entry entry) {
        return await(ledger.append(Submission.of(List.of(entry), List.of())));
    }

    /** Whether it was appended, and not there before. */
    private boolean await(CompletableFuture<AppendResult> pending) {
        AppendResult result;
        long begun = System.nanoTime();
        try {
            result = pending.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            times.failed(System.nanoTime() - begun);
            Thread.currentThread().interrupt();
            throw LedgerFailure.unavailable(e);
        } catch (ExecutionException | TimeoutException e) {
            times.failed(System.nanoTime() - begun);
            throw LedgerFailure.unavailable(e);
        }
        LedgerFailure failure = result.fold(
                appended -> null,
                duplicate -> null,
                stale -> {
                    staleConsent.stale(stale.subject());
                    return LedgerFailure.overtaken();
                },
                pushback -> LedgerFailure.busy(pushback.retryAfter()));
        long nanos = System.nanoTime() - begun;
        if (failure == null) {
            times.appended(nanos);
        } else {
            times.refused(nanos);
            throw failure;
        }
        return result.fold(appended -> true, duplicate -> false, stale -> false, pushback -> false);
    }
}
