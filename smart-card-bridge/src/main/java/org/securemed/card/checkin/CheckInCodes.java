package org.securemed.card.checkin;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.card.qr.ScannedContent;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The check-in codes that there are, in the database: each is read once among all instances. Thread-safe. */
final class CheckInCodes {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Pattern FORM = Pattern.compile(Pattern.quote(ScannedContent.CHECK_IN) + "[A-Za-z0-9_-]{43}");

    /** Codes are remembered for so long, to tell a replay from an invention. */
    private static final Duration MEMORY = Duration.ofDays(1);

    private final JdbcClient database;
    private final Duration lifetime;
    private final Clock clock;

    /** A new code; whoever has it can use it. */
    record Issued(String code, Instant expires) {
        @Override
        public String toString() {
            return "Issued[until " + expires + "]";
        }
    }

    private record Row(String patient, String audience, Instant expires, boolean used) {}

    CheckInCodes(JdbcClient database, Duration lifetime, Clock clock) {
        this.database = database;
        this.lifetime = lifetime;
        this.clock = clock;
    }

    /**
     * Makes a code; a patient's earlier ones end by that.
     *
     * @param audience the organization whose readers may take it
     */
    Issued issue(String patient, String audience) {
        byte[] random = new byte[32];
        RANDOM.nextBytes(random);
        String code = ScannedContent.CHECK_IN
                + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Instant expires = now.plus(lifetime);
        database.sql("delete from card.check_in_code where expires_at < :old")
                .param("old", Timestamp.from(now.minus(MEMORY)))
                .update();
        database.sql("update card.check_in_code set expires_at = :now"
                        + " where patient = :patient and used_at is null and expires_at > :now")
                .param("now", Timestamp.from(now))
                .param("patient", patient)
                .update();
        database.sql("insert into card.check_in_code (code_hash, patient, audience, created_at, expires_at)"
                        + " values (:hash, :patient, :audience, :now, :expires)")
                .param("hash", hash(code))
                .param("patient", patient)
                .param("audience", audience)
                .param("now", Timestamp.from(now))
                .param("expires", Timestamp.from(expires))
                .update();
        return new Issued(code, expires);
    }

    /**
     * Reads a code, which uses it up unless it is refused.
     *
     * @param audiences the reader's organizations
     * @param reader who reads, for the record
     */
    CheckIn redeem(String code, List<String> audiences, String reader) {
        if (!FORM.matcher(code).matches()) {
            return new CheckIn.Unknown();
        }
        // In one statement: of two readers at once one gets it.
        return database.sql("update card.check_in_code set used_at = :now, used_by = :reader where code_hash = :hash"
                        + " and used_at is null and expires_at > :now and audience = any(:audiences) returning patient")
                .param("now", Timestamp.from(clock.instant()))
                .param("reader", reader)
                .param("hash", hash(code))
                .param("audiences", audiences.toArray(String[]::new))
                .query(String.class)
                .optional()
                .<CheckIn>map(CheckIn.Accepted::new)
                .orElseGet(() -> refusal(code, audiences));
    }

    private CheckIn refusal(String code, List<String> audiences) {
        @Nullable
        Row row = database.sql("select patient, audience, expires_at, used_at is not null as used"
                        + " from card.check_in_code where code_hash = :hash")
                .param("hash", hash(code))
                .query((found, number) -> new Row(
                        found.getString("patient"),
                        found.getString("audience"),
                        found.getTimestamp("expires_at").toInstant(),
                        found.getBoolean("used")))
                .optional()
                .orElse(null);
        if (row == null) {
            return new CheckIn.Unknown();
        }
        if (!audiences.contains(row.audience())) {
            return new CheckIn.OtherAudience(row.patient());
        }
        return row.used() ? new CheckIn.Used(row.patient()) : new CheckIn.Expired(row.patient());
    }

    private static byte[] hash(String code) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(code.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is not available", e);
        }
    }
}
