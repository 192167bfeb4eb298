package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.time.Clock;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Which browser sessions go on, for apps that may work as long as the person is there. Thread-safe. */
final class LiveSessions {
    private final JdbcClient database;
    private final Clock clock;

    LiveSessions(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** The primary id of the session of a request: it stays when the session changes its name at a log-in. */
    Optional<String> idOf(HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        return session == null
                ? Optional.empty()
                : database.sql("select primary_id from smart.http_session where session_id = :id")
                        .param("id", session.getId())
                        .query(String.class)
                        .optional();
    }

    /** Whether the person has neither logged out nor been away for too long. */
    boolean isLive(String primaryId) {
        return database.sql("select exists (select 1 from smart.http_session where primary_id = :id"
                        + " and principal_name is not null and expiry_time > :now)")
                .param("id", primaryId)
                .param("now", clock.millis())
                .query(Boolean.class)
                .single();
    }
}
