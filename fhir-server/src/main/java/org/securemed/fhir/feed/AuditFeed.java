package org.securemed.fhir.feed;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.hl7.fhir.r4.model.AuditEvent;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.admin.OpenAlarm;
import org.securemed.fhir.audit.EventStream;
import org.securemed.fhir.work.RepeatedWork;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Sends every event in the order of the ledger, at least once: the place is stored after the repository has said that
 * it took them. What is sent twice can be told by the id that each event carries. Stored is only how far it is, so a
 * restart goes on. Of several instances one sends at a time: whoever has the lease, which ends with its connection.
 *
 * <p>An event that the repository refuses again and again, while it takes others, is laid aside with an alarm and can
 * be sent again; the others go on.
 */
final class AuditFeed implements OpenAlarm, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AuditFeed.class);
    // Among the advisory locks of the database: "feed", in ASCII.
    private static final long LEASE = 0x66656564L;
    private static final int MOST_SHOWN = 1_000;

    private final EventStream events;
    private final Repository repository;
    private final DataSource dataSource;
    private final JdbcTemplate jdbc;
    private final FeedProperties settings;
    private final String url;
    private final Clock clock;
    private @Nullable RepeatedWork work;

    AuditFeed(EventStream events, Repository repository, DataSource dataSource, FeedProperties settings, Clock clock) {
        this.events = events;
        this.repository = repository;
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
        this.settings = settings;
        this.url = Objects.requireNonNull(settings.url(), "securemed.feed.url").toString();
        this.clock = clock;
    }

    /**
     * An event that the repository refused.
     *
     * @param event its id
     * @param index of its ledger entry
     * @param attempts how often it was sent
     * @param status what the repository answered last
     * @param laidAside when it was given up; null if it is still tried
     */
    record Refused(
            String event,
            long index,
            int attempts,
            String status,
            @Nullable Instant laidAside) {}

    /** Begins to send in the background. */
    AuditFeed start() {
        work = new RepeatedWork("audit-feed", settings.interval(), this::run);
        return this;
    }

    /** Sends what there is; what could not be sent is sent at the next turn. */
    private void run() throws IOException, InterruptedException, SQLException {
        while (send()) {
            log.atDebug().log("the feed is behind");
        }
    }

    /**
     * Sends the next events.
     *
     * @return whether there were any entries, and nobody else sends them
     * @throws IOException if it is not certain that the repository took all of them; none of them counts as sent then
     */
    synchronized boolean send() throws IOException, InterruptedException, SQLException {
        try (Connection lease = dataSource.getConnection()) {
            if (!leased("select pg_try_advisory_lock(?)", lease)) {
                return false;
            }
            try {
                again();
                return next();
            } finally {
                leased("select pg_advisory_unlock(?)", lease);
            }
        }
    }

    /** Index of the next ledger entry that is sent. */
    long place() {
        return jdbc.queryForList("select place from feed.reader where id = 1 and url = ?", Long.class, url).stream()
                .findFirst()
                .orElse(0L);
    }

    /** What the repository refused, the oldest first, 1,000 at most. */
    List<Refused> refused() {
        return jdbc.query(
                "select event, entry, attempts, status, laid_aside_at from feed.refused where url = ?"
                        + " order by entry, event limit " + MOST_SHOWN,
                (row, number) ->
                        new Refused(row.getString(1), row.getLong(2), row.getInt(3), row.getString(4), instant(row, 5)),
                url);
    }

    @Override
    public String code() {
        return "audit-feed-laid-aside";
    }

    @Override
    public boolean isOpen() {
        return laidAside() > 0;
    }

    /** Number of events that were laid aside. */
    long laidAside() {
        Long count = jdbc.queryForObject(
                "select count(*) from feed.refused where url = ? and laid_aside_at is not null", Long.class, url);
        return count == null ? 0 : count;
    }

    /** Has everything that was laid aside sent again at the next turn. */
    void sendAgain() {
        jdbc.update("update feed.refused set again = true where url = ? and laid_aside_at is not null", url);
    }

    private boolean next() throws IOException, InterruptedException {
        long place = place();
        EventStream.Page page = events.read(place, settings.batch());
        if (page.next() == place) {
            return false;
        }
        if (!page.events().isEmpty()) {
            List<Repository.Refusal> refusals = repository.deliver(page.events());
            boolean wait = false;
            for (Repository.Refusal refusal : refusals) {
                wait |= !isGivenUp(page, refusal);
            }
            if (wait) {
                throw new IOException("the repository refuses %d events".formatted(refusals.size()));
            }
        }
        // Whoever lost the lease meanwhile does not move another one's place back.
        jdbc.update(
                "insert into feed.reader (id, url, place) values (1, ?, ?) on conflict (id) do update set"
                        + " place = case when reader.url = excluded.url"
                        + " then greatest(reader.place, excluded.place) else excluded.place end, url = excluded.url",
                url,
                page.next());
        jdbc.update("delete from feed.refused where url = ? and entry < ? and laid_aside_at is null", url, page.next());
        return true;
    }

    /** Counts a refusal, and gives up when it was the last. */
    private boolean isGivenUp(EventStream.Page page, Repository.Refusal refusal) {
        String event = page.events().get(refusal.place()).getIdElement().getIdPart();
        Integer attempts = jdbc.queryForObject(
                "insert into feed.refused (url, event, entry, attempts, status) values (?, ?, ?, 1, ?)"
                        + " on conflict (url, event) do update set attempts = refused.attempts + 1,"
                        + " status = excluded.status returning attempts",
                Integer.class,
                url,
                event,
                page.indexes().get(refusal.place()),
                refusal.status());
        boolean givenUp = attempts != null && attempts >= settings.attempts();
        if (givenUp) {
            int first = jdbc.update(
                    "update feed.refused set laid_aside_at = ? where url = ? and event = ? and laid_aside_at is null",
                    Timestamp.from(clock.instant()),
                    url,
                    event);
            if (first > 0) {
                log.atError()
                        .addKeyValue("event", event)
                        .addKeyValue("status", refusal.status())
                        .log("an event was laid aside: the repository refuses it");
            }
        }
        return givenUp;
    }

    /** Sends what is to be sent again, one by one. */
    private void again() throws IOException, InterruptedException {
        List<Refused> some = jdbc.query(
                "select event, entry, attempts, status, laid_aside_at from feed.refused where url = ? and again"
                        + " order by entry limit " + MOST_SHOWN,
                (row, number) ->
                        new Refused(row.getString(1), row.getLong(2), row.getInt(3), row.getString(4), instant(row, 5)),
                url);
        for (Refused one : some) {
            List<AuditEvent> event = new ArrayList<>();
            EventStream.Page page = events.read(one.index(), 1);
            for (int i = 0; i < page.events().size(); i++) {
                if (page.indexes().get(i) == one.index()
                        && page.events().get(i).getIdElement().getIdPart().equals(one.event())) {
                    event.add(page.events().get(i));
                }
            }
            // One that is not there any more was pruned, or its patient erased.
            List<Repository.Refusal> refusals = event.isEmpty() ? List.of() : repository.deliver(event);
            if (refusals.isEmpty()) {
                jdbc.update("delete from feed.refused where url = ? and event = ?", url, one.event());
            } else {
                jdbc.update(
                        "update feed.refused set again = false, attempts = attempts + 1, status = ?"
                                + " where url = ? and event = ?",
                        refusals.get(0).status(),
                        url,
                        one.event());
            }
        }
    }

    private static boolean leased(String sql, Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, LEASE);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        Timestamp time = row.getTimestamp(column);
        return time == null ? null : time.toInstant();
    }

    @Override
    public void close() {
        if (work != null) {
            work.close();
        }
    }
}
