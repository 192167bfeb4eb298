package org.securemed.fhir.review;

import java.time.Duration;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.AccessStream;
import org.securemed.fhir.audit.ReviewLog;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.work.RepeatedWork;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Reads the ledger behind the requests, lets the rules look, and puts findings into the ledger. Where it is, is stored;
 * what is looked at twice makes no second finding, because the finding's id follows from what it says.
 *
 * <p>Rules look at what is hidden from whom they look at. So that the size of the log, which is public, does not tell
 * whether they found anything, each turn adds the same number of entries, findings or not; what there are more of waits
 * for the next turn. A turn comes only when somebody has done something since the last, which anybody can see.
 */
final class AnomalyWatch implements AutoCloseable {
    private static final int BATCH = 500;

    private static final Set<String> STAFF = Stream.of(
                    Role.PHYSICIAN, Role.NURSE, Role.ADMINISTRATOR, Role.RESEARCHER, Role.COMPLIANCE)
            .map(Role::code)
            .collect(Collectors.toUnmodifiableSet());

    private final AccessStream stream;
    private final CareContext context;
    private final ReviewLog findings;
    private final JdbcTemplate jdbc;
    private final ReviewProperties settings;
    private final @Nullable RepeatedWork work;
    /** Of the thread that looks; null until it has looked again at what the rules remember. */
    private @Nullable AnomalyDetector detector;
    /** Of the thread that looks: the size of the log when the last turn began. */
    private long turned;

    AnomalyWatch(
            AccessStream stream,
            CareContext context,
            ReviewLog findings,
            JdbcTemplate jdbc,
            ReviewProperties settings) {
        this.stream = stream;
        this.context = context;
        this.findings = findings;
        this.jdbc = jdbc;
        this.settings = settings;
        this.work = settings.enabled() ? new RepeatedWork("anomaly-watch", settings.interval(), this::run) : null;
    }

    /**
     * What a look saw.
     *
     * @param lines how many entries it took in
     * @param findings how many new ones it made of them
     * @param last whether there were no more entries
     */
    record Looked(int lines, int findings, boolean last) {}

    /** If anybody did anything, looks at it, until there is no more or there are as many findings as a turn has. */
    void run() {
        long size = stream.size();
        if (!stream.isActiveSince(turned)) {
            return;
        }
        int left = settings.findingsAtOnce();
        try {
            Looked looked = look(left);
            left -= looked.findings();
            while (!looked.last() && left > 0 && !Thread.currentThread().isInterrupted()) {
                // Requests go first: what happened before this server was started waits.
                LockSupport.parkNanos(Duration.ofSeconds(1).toNanos() * BATCH / settings.rate());
                looked = look(left);
                left -= looked.findings();
            }
            findings.nothing(left);
            turned = size;
        } catch (RuntimeException e) {
            // Where it is, is stored; the next attempt goes on there.
            detector = null;
            throw e;
        }
    }

    /** Looks at the next entries, up to the one that makes the last of {@code most} findings. */
    synchronized Looked look(int most) {
        Optional<Long> stored = jdbc.queryForList("select place from review.reader where id = 1", Long.class).stream()
                .findFirst();
        long place = stored.orElseGet(() -> stream.beginning(stream.size(), settings.lookBack()));
        AnomalyDetector rules = detector;
        if (rules == null) {
            rules = new AnomalyDetector(context, settings);
            remember(rules, place);
            detector = rules;
        }
        List<AccessStream.Line> lines = stream.read(place, BATCH, STAFF);
        int taken = 0;
        int found = 0;
        while (taken < lines.size() && found < most) {
            boolean kept = observed(lines.get(taken))
                    .flatMap(rules::observe)
                    .filter(this::keep)
                    .isPresent();
            found += kept ? 1 : 0;
            taken++;
        }
        if (taken > 0) {
            long next = lines.get(taken - 1).index() + 1;
            jdbc.update(
                    "insert into review.reader (id, place) values (1, ?)"
                            + " on conflict (id) do update set place = greatest(reader.place, excluded.place)",
                    next);
        }
        return new Looked(taken, found, taken == lines.size() && taken < BATCH);
    }

    /** Lets the rules see what they would remember had the server not been restarted. */
    private void remember(AnomalyDetector rules, long place) {
        long from = stream.beginning(place, AnomalyDetector.MEMORY);
        while (from < place) {
            List<AccessStream.Line> lines = stream.read(from, (int) Math.min(BATCH, place - from), STAFF);
            if (lines.isEmpty()) {
                return;
            }
            lines.forEach(line -> observed(line).ifPresent(rules::observe));
            from = lines.get(lines.size() - 1).index() + 1;
        }
    }

    /** What the rules see of a line; empty if it is not a person's of the staff. */
    static Optional<Observed> observed(AccessStream.Line line) {
        String user = line.user();
        if (user == null || !user.startsWith("Practitioner")) {
            return Optional.empty();
        }
        Observed.Kind kind = Observed.Kind.OTHER;
        if (line.isCard()) {
            kind = Observed.Kind.CARD;
        } else if (line.isBlockedCard()) {
            kind = Observed.Kind.BLOCKED_CARD;
        } else if (line.isCardTooOften()) {
            kind = Observed.Kind.CARD_TOO_OFTEN;
        } else if (line.patient() != null && line.isDenied()) {
            kind = Observed.Kind.DENIED;
        } else if (line.patient() != null && line.shows()) {
            kind = Observed.Kind.OPENED;
        } else if (line.isPatientSearch()) {
            kind = Observed.Kind.SEARCHED;
        }
        return Optional.of(
                new Observed(line.event(), line.at(), user, line.role(), line.patient(), kind, line.address()));
    }

    /** Whether it was not known. */
    private boolean keep(AnomalyDetector.Finding finding) {
        Observed seen = finding.observed();
        String rules = finding.reasons().stream()
                .map(reason -> reason.rule().code())
                .sorted()
                .collect(Collectors.joining(","));
        boolean several =
                finding.reasons().stream().allMatch(reason -> reason.rule() == Suspicion.Rule.REPEATED_DENIALS);
        String name = several ? seen.user() + "|" + rules : seen.user() + "|" + seen.patient() + "|" + rules;
        return findings.finding(
                several ? null : seen.patient(),
                name,
                seen.at().atOffset(ZoneOffset.UTC).truncatedTo(ChronoUnit.DAYS).toInstant(),
                FindingText.of(finding).toJson());
    }

    @Override
    public void close() {
        if (work != null) {
            work.close();
        }
    }
}
