package org.securemed.fhir.integrity;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.securemed.fhir.admin.OpenAlarm;
import org.securemed.fhir.audit.IntegrityRecorder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** What was found, told once: to the operator's log, and to the ledger and so to compliance staff and the patient. */
final class Findings implements OpenAlarm {
    private static final Logger log = LoggerFactory.getLogger(Findings.class);

    private final JdbcTemplate jdbc;
    private final IntegrityRecorder recorder;
    private final Comparison comparison;
    private final TransactionTemplate transaction;
    private final Clock clock;

    /** @param transactions of {@code jdbc}; a finding stays told whatever becomes of the request that found it */
    Findings(
            JdbcTemplate jdbc,
            IntegrityRecorder recorder,
            Comparison comparison,
            PlatformTransactionManager transactions,
            Clock clock) {
        this.transaction = new TransactionTemplate(
                transactions, new DefaultTransactionDefinition(TransactionDefinition.PROPAGATION_REQUIRES_NEW));
        this.jdbc = jdbc;
        this.recorder = recorder;
        this.comparison = comparison;
        this.clock = clock;
    }

    /**
     * An open finding.
     *
     * @param reference {@code Type/id/_history/version}
     * @param kind code of {@link Verdict.State}
     */
    record Open(String reference, String kind, Instant foundAt) {}

    /** Tells of a finding, unless it was told and is still open. One that can't be recorded was not told. */
    void tell(Verdict verdict) {
        transaction.executeWithoutResult(status -> tellOnce(verdict));
    }

    private void tellOnce(Verdict verdict) {
        Timestamp now = Timestamp.from(clock.instant());
        int isNew = jdbc.update(
                "insert into integrity.finding (reference, kind, found_at) values (?, ?, ?)"
                        + " on conflict (reference, kind) where restored_at is null do nothing",
                verdict.reference(),
                verdict.state().code(),
                now);
        if (isNew == 0) {
            return;
        }
        String resource = verdict.reference().replaceFirst("/_history/.*", "");
        log.atError()
                .addKeyValue("kind", verdict.state().code())
                .addKeyValue("type", resource.substring(0, resource.indexOf('/')))
                .log("a stored version is not what was recorded");
        recorder.alarm(
                comparison.patients(resource),
                verdict.reference(),
                verdict.state().code());
    }

    /** It is again as it was recorded. */
    void close(String reference) {
        jdbc.update(
                "update integrity.finding set restored_at = ? where reference = ? and restored_at is null",
                Timestamp.from(clock.instant()),
                reference);
    }

    /** The oldest first, {@code most} at most. */
    List<Open> open(int most) {
        return jdbc.query(
                "select reference, kind, found_at from integrity.finding where restored_at is null order by id limit ?",
                (row, number) -> new Open(
                        row.getString(1), row.getString(2), row.getTimestamp(3).toInstant()),
                most);
    }

    @Override
    public String code() {
        return "integrity-findings";
    }

    @Override
    public boolean isOpen() {
        return count() > 0;
    }

    /** How many there are. */
    long count() {
        Long count =
                jdbc.queryForObject("select count(*) from integrity.finding where restored_at is null", Long.class);
        return count == null ? 0 : count;
    }
}
