package org.securemed.fhir.smart;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Removes what has ended and can decide nothing any more. Harmless to run at any time and on several instances at once;
 * meant for once an hour.
 */
public final class SmartSweep {
    private static final Duration MARGIN = Duration.ofDays(1);
    private static final List<String> ENDED = List.of(
            "delete from smart.login_failure where window_ends < :now",
            "delete from smart.client_assertion where until < :now",
            "delete from smart.launch_context where until < :past",
            "delete from smart.revocation where until < :now",
            "delete from smart.http_session where expiry_time < (extract(epoch from :now::timestamptz) * 1000)::bigint",
            "delete from smart.spent_refresh_token where until < :past",
            "delete from smart.oauth2_authorization where"
                    + " coalesce(refresh_token_expires_at, access_token_expires_at, authorization_code_expires_at) < :past"
                    + " and coalesce(access_token_expires_at, authorization_code_expires_at) < :past");
    // Left on the consent screen: such an authorization has no time of its own.
    private static final String ABANDONED =
            "delete from smart.oauth2_authorization where state is not null and authorization_code_value is null"
                    + " and created_at < :past";

    private static final int MOST_CONSENTS = 100;

    private final JdbcClient database;
    private final Supplier<AppConsents> consents;
    private final Clock clock;

    SmartSweep(JdbcClient database, Supplier<AppConsents> consents, Clock clock) {
        this.database = database;
        this.consents = consents;
        this.clock = clock;
    }

    /**
     * Removes what ended more than a day ago.
     *
     * @return how many rows went
     */
    public int run() {
        Instant now = clock.instant();
        int rows = sweep(ABANDONED, now);
        for (String sql : ENDED) {
            rows += sweep(sql, now);
        }
        endConsents();
        return rows;
    }

    /** An authorization that has run out, or that its app never came for, is a consent no more. */
    private void endConsents() {
        List<AppConsents.Written> left = database.sql("select consent_id, patient from smart.app_consent c"
                        + " where ended_at is null and not exists (select 1 from smart.oauth2_authorization a"
                        + " where a.id = c.authorization_id) order by consent_id limit " + MOST_CONSENTS)
                .query((row, number) -> new AppConsents.Written(row.getString(1), row.getString(2)))
                .list();
        left.forEach(consent -> consents.get().ended(consent, null));
    }

    private int sweep(String sql, Instant now) {
        return database.sql(sql)
                .param("now", Timestamp.from(now))
                .param("past", Timestamp.from(now.minus(MARGIN)))
                .update();
    }
}
