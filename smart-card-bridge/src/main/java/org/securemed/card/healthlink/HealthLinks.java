package org.securemed.card.healthlink;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The links that there are, in the database; every limit holds for all instances together. Thread-safe.
 *
 * <p>A guess at a passcode is paid for before it is looked at, in one statement, and given back if it was right: so
 * many requests at once get no more wrong guesses than one after the other.
 */
final class HealthLinks {
    /** How long the address of a single file lives. */
    private static final Duration TICKET_LIFETIME = Duration.ofMinutes(10);

    private static final String ACTIVE = " revoked_at is null and expires_at > :now and attempts_left > 0"
            + " and (uses_left is null or uses_left > 0)";

    private final JdbcClient database;
    private final TransactionTemplate transactions;
    private final int requestsPerMinute;
    private final Clock clock;
    private final BCryptPasswordEncoder passcodes = new BCryptPasswordEncoder(10);

    /**
     * A link to be made.
     *
     * @param passcode null if there is none
     * @param attempts wrong passcodes that end it
     * @param uses how often it may be opened; null if as often as wanted
     */
    record Draft(
            String patient,
            @Nullable String label,
            Instant expires,
            boolean direct,
            @Nullable String passcode,
            int attempts,
            @Nullable Integer uses) {
        @Override
        public String toString() {
            return "Draft";
        }
    }

    /**
     * A link as its patient sees it.
     *
     * @param usesLeft null if as often as wanted
     */
    record Overview(
            UUID id,
            @Nullable String label,
            Instant created,
            Instant expires,
            boolean passcode,
            int attemptsLeft,
            @Nullable Integer usesLeft,
            @Nullable Instant revoked,
            List<Access> accesses) {}

    /** Who opened a link, or tried to. */
    record Access(Instant at, String recipient, String outcome) {}

    private record Row(
            UUID id,
            String patient,
            boolean direct,
            @Nullable String passcodeHash,
            int attemptsLeft,
            Instant created) {}

    HealthLinks(JdbcClient database, TransactionTemplate transactions, int requestsPerMinute, Clock clock) {
        this.database = database;
        this.transactions = transactions;
        this.requestsPerMinute = requestsPerMinute;
        this.clock = clock;
    }

    /** Makes a link and keeps its files. */
    UUID create(LinkAddress address, Draft draft, List<SharedFile> files) {
        UUID id = UUID.randomUUID();
        transactions.executeWithoutResult(status -> {
            database.sql(
                            "insert into card.health_link (id, address_hash, patient, label, created_at, expires_at, direct,"
                                    + " passcode_hash, attempts_left, uses_left) values (:id, :hash, :patient, :label, :now,"
                                    + " :expires, :direct, :passcode, :attempts, :uses)")
                    .param("id", id)
                    .param("hash", address.hash())
                    .param("patient", draft.patient())
                    .param("label", draft.label())
                    .param("now", now())
                    .param("expires", Timestamp.from(draft.expires()))
                    .param("direct", draft.direct())
                    .param("passcode", draft.passcode() == null ? null : passcodes.encode(draft.passcode()))
                    .param("attempts", draft.attempts())
                    .param("uses", draft.uses())
                    .update();
            for (int number = 0; number < files.size(); number++) {
                database.sql("insert into card.health_link_file (link, number, content_type, jwe)"
                                + " values (:link, :number, :type, :jwe)")
                        .param("link", id)
                        .param("number", number)
                        .param("type", files.get(number).contentType())
                        .param("jwe", files.get(number).jwe())
                        .update();
            }
        });
        return id;
    }

    /**
     * Asks for a link.
     *
     * @param direct whether it is asked for as a single file
     * @param recipient who asks, as they name themselves
     * @param passcode null if none was sent
     */
    Opening open(LinkAddress address, boolean direct, String recipient, @Nullable String passcode) {
        Optional<Row> found = active(address).filter(row -> row.direct() == direct);
        if (found.isEmpty()) {
            return new Opening.Gone();
        }
        Row link = found.get();
        if (requestsInTheLastMinute(link.id()) >= requestsPerMinute) {
            return new Opening.TooOften();
        }
        if (link.passcodeHash() != null) {
            Optional<Opening> refusal = check(link, link.passcodeHash(), recipient, passcode);
            if (refusal.isPresent()) {
                return refusal.get();
            }
        }
        int taken = database.sql("update card.health_link set uses_left = uses_left - 1 where id = :id and" + ACTIVE)
                .param("id", link.id())
                .param("now", now())
                .update();
        if (taken == 0) {
            return new Opening.Gone();
        }
        return new Opening.Opened(link.id(), link.patient(), link.created(), files(link.id()));
    }

    private Optional<Opening> check(Row link, String hash, String recipient, @Nullable String passcode) {
        if (passcode == null) {
            return Optional.of(new Opening.WrongPasscode(link.attemptsLeft()));
        }
        Optional<Integer> left = database.sql("update card.health_link set attempts_left = attempts_left - 1"
                        + " where id = :id and" + ACTIVE + " returning attempts_left")
                .param("id", link.id())
                .param("now", now())
                .query(Integer.class)
                .optional();
        if (left.isEmpty()) {
            return Optional.of(new Opening.Gone());
        }
        if (!passcodes.matches(passcode, hash)) {
            write(link.id(), recipient, "wrong-passcode");
            return Optional.of(new Opening.WrongPasscode(left.get()));
        }
        database.sql("update card.health_link set attempts_left = attempts_left + 1 where id = :id")
                .param("id", link.id())
                .update();
        return Optional.empty();
    }

    /** Gives a use back whose files did not leave. */
    void giveBack(UUID link) {
        database.sql("update card.health_link set uses_left = uses_left + 1 where id = :id")
                .param("id", link)
                .update();
    }

    /** Writes down, for the patient, who asked and what came of it. */
    void write(UUID link, String recipient, String outcome) {
        database.sql("insert into card.health_link_access (link, at, recipient, outcome)"
                        + " values (:link, :now, :recipient, :outcome)")
                .param("link", link)
                .param("now", now())
                .param("recipient", recipient)
                .param("outcome", outcome)
                .update();
    }

    /** An address for one download of one file, within minutes. */
    LinkAddress ticket(UUID link, int number, String recipient) {
        LinkAddress address = LinkAddress.random();
        database.sql("insert into card.health_link_ticket (address_hash, link, number, recipient, expires_at)"
                        + " values (:hash, :link, :number, :recipient, :expires)")
                .param("hash", address.hash())
                .param("link", link)
                .param("number", number)
                .param("recipient", recipient)
                .param("expires", Timestamp.from(clock.instant().plus(TICKET_LIFETIME)))
                .update();
        return address;
    }

    /** The file of a ticket, which is spent by that; empty if there is none, or its link was revoked or has ended. */
    Optional<SharedFile> redeem(LinkAddress ticket) {
        return database.sql("with spent as (delete from card.health_link_ticket where address_hash = :hash"
                        + " returning link, number, expires_at)"
                        + " select f.content_type, f.jwe from spent s"
                        + " join card.health_link_file f on f.link = s.link and f.number = s.number"
                        + " join card.health_link l on l.id = s.link"
                        + " where s.expires_at > :now and l.revoked_at is null and l.expires_at > :now")
                .param("hash", ticket.hash())
                .param("now", now())
                .query((row, number) -> new SharedFile(row.getString("content_type"), row.getString("jwe")))
                .optional();
    }

    /** A patient's links, the newest first. */
    List<Overview> of(String patient) {
        return database.sql("select id, label, created_at, expires_at, passcode_hash is not null as passcode,"
                        + " attempts_left, uses_left, revoked_at from card.health_link where patient = :patient"
                        + " order by created_at desc")
                .param("patient", patient)
                .query((row, number) -> {
                    UUID id = row.getObject("id", UUID.class);
                    Timestamp revoked = row.getTimestamp("revoked_at");
                    return new Overview(
                            id,
                            row.getString("label"),
                            row.getTimestamp("created_at").toInstant(),
                            row.getTimestamp("expires_at").toInstant(),
                            row.getBoolean("passcode"),
                            row.getInt("attempts_left"),
                            row.getObject("uses_left", Integer.class),
                            revoked == null ? null : revoked.toInstant(),
                            accesses(id));
                })
                .list();
    }

    /**
     * Ends a link; what it led to is deleted.
     *
     * @param alongside done in the same transaction, if there was such a link
     * @return whether the patient had such a link that was not revoked
     */
    boolean revoke(String patient, UUID link, Runnable alongside) {
        return Boolean.TRUE.equals(transactions.execute(status -> {
            int links = database.sql("update card.health_link set revoked_at = :now"
                            + " where id = :id and patient = :patient and revoked_at is null")
                    .param("now", now())
                    .param("id", link)
                    .param("patient", patient)
                    .update();
            if (links > 0) {
                database.sql("delete from card.health_link_file where link = :id")
                        .param("id", link)
                        .update();
                alongside.run();
            }
            return links > 0;
        }));
    }

    /** Deletes the files of links that have ended, and tickets that were not used; the list of links stays. */
    void sweep() {
        // Not those without attempts left: one that is being checked may be given back.
        database.sql("delete from card.health_link_file f using card.health_link l where l.id = f.link"
                        + " and l.expires_at <= :now")
                .param("now", now())
                .update();
        database.sql("delete from card.health_link_ticket where expires_at <= :now")
                .param("now", now())
                .update();
    }

    private Optional<Row> active(LinkAddress address) {
        return database.sql("select id, patient, direct, passcode_hash, attempts_left, created_at from card.health_link"
                        + " where address_hash = :hash and" + ACTIVE)
                .param("hash", address.hash())
                .param("now", now())
                .query((row, number) -> new Row(
                        row.getObject("id", UUID.class),
                        row.getString("patient"),
                        row.getBoolean("direct"),
                        row.getString("passcode_hash"),
                        row.getInt("attempts_left"),
                        row.getTimestamp("created_at").toInstant()))
                .optional();
    }

    private int requestsInTheLastMinute(UUID link) {
        return database.sql("select count(*) from card.health_link_access where link = :link and at > :since")
                .param("link", link)
                .param("since", Timestamp.from(clock.instant().minus(Duration.ofMinutes(1))))
                .query(Integer.class)
                .single();
    }

    private List<SharedFile> files(UUID link) {
        return database.sql("select content_type, jwe from card.health_link_file where link = :link order by number")
                .param("link", link)
                .query((row, number) -> new SharedFile(row.getString("content_type"), row.getString("jwe")))
                .list();
    }

    private List<Access> accesses(UUID link) {
        return new ArrayList<>(database.sql("select at, recipient, outcome from card.health_link_access"
                        + " where link = :link order by at")
                .param("link", link)
                .query((row, number) -> new Access(
                        row.getTimestamp("at").toInstant(), row.getString("recipient"), row.getString("outcome")))
                .list());
    }

    private Timestamp now() {
        return Timestamp.from(clock.instant());
    }
}
