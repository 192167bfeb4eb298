package org.securemed.fhir.smart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.security.SecureRandom;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * EHR launches: an opaque id for an app, a person and a context, good for one authorization within five minutes.
 * Thread-safe.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch">SMART App Launch 2.2, EHR
 *     launch</a>
 */
public final class LaunchContexts {
    private static final Duration LIFE = Duration.ofMinutes(5);
    private static final int LONGEST = 128;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final JdbcClient database;
    private final Clock clock;

    LaunchContexts(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Opens a launch. Whoever calls has made sure that the person may see the patient.
     *
     * @return the parameter {@code launch} for the app
     */
    public String open(String clientId, String username, LaunchContext context) {
        byte[] bytes = new byte[24];
        RANDOM.nextBytes(bytes);
        String launch = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        database.sql("insert into smart.launch_context (id_hash, client_id, username, context, until)"
                        + " values (:hash, :client, :username, :context, :until)")
                .param("hash", TokenHash.of(launch))
                .param("client", clientId)
                .param("username", Accounts.normal(username))
                .param("context", write(context))
                .param("until", Timestamp.from(clock.instant().plus(LIFE)))
                .update();
        return launch;
    }

    /** Uses a launch up, for this app and person only; empty if it was used, is too old, or is not theirs. */
    boolean use(String launch, String clientId, String username) {
        return launch.length() <= LONGEST
                && database.sql("update smart.launch_context set used = true where id_hash = :hash and not used"
                                        + " and client_id = :client and username = :username and until > :now")
                                .param("hash", TokenHash.of(launch))
                                .param("client", clientId)
                                .param("username", username)
                                .param("now", Timestamp.from(clock.instant()))
                                .update()
                        == 1;
    }

    /** The context of a launch that was used up; it can be taken once. */
    Optional<LaunchContext> take(String launch) {
        return database.sql("delete from smart.launch_context where id_hash = :hash and used returning context")
                .param("hash", TokenHash.of(launch))
                .query(String.class)
                .optional()
                .map(LaunchContexts::read);
    }

    static String write(LaunchContext context) {
        try {
            return JSON.writeValueAsString(context);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a launch context could not be written", e);
        }
    }

    static LaunchContext read(String text) {
        try {
            return JSON.readValue(text, LaunchContext.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored launch context is malformed", e);
        }
    }
}
