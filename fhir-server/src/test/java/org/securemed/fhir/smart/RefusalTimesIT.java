package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.AnswerTimes;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * The time of a refusal does not tell whether there is such an account or client.
 *
 * <p>More pairs: {@code -Dsecuremed.test.refusals=2000}, of which then several are asked at a time, because each waits
 * half a second for its slot. Without {@link EvenAnswers} a client that is there, whose secret is compared, is told
 * from one that isn't in a few pairs.
 */
class RefusalTimesIT {
    private static final int PAIRS = Integer.getInteger("securemed.test.refusals", 12);
    private static final int THREADS = PAIRS < 100 ? 1 : 8;
    private static final long SEED = 20261123L;
    private static final SmartServer SERVER = SmartServer.shared();
    private static final Map<String, String> HASHES = new HashMap<>();

    /** No attempt is refused for their number, and passwords cost what those of real accounts cost. */
    @BeforeAll
    static void count() {
        JdbcTemplate database = new JdbcTemplate(SERVER.bean(DataSource.class));
        PasswordEncoder encoder = SERVER.bean(PasswordEncoder.class);
        for (String user : List.of("physician", "nurse")) {
            HASHES.put(
                    user,
                    database.queryForObject(
                            "select password_hash from smart.account where username = ?", String.class, user));
            hash(database, user, encoder.encode("not " + user));
        }
        database.execute("create function smart.uncounted() returns trigger language plpgsql as"
                + " 'begin new.failures := 0; return new; end'");
        database.execute("create trigger uncounted before insert or update on smart.login_failure"
                + " for each row execute function smart.uncounted()");
    }

    @AfterAll
    static void countAgain() {
        JdbcTemplate database = new JdbcTemplate(SERVER.bean(DataSource.class));
        database.execute("drop function smart.uncounted() cascade");
        database.update("delete from smart.login_failure");
        HASHES.forEach((user, hash) -> hash(database, user, hash));
    }

    private static void hash(JdbcTemplate database, String user, String hash) {
        database.update("update smart.account set password_hash = ? where username = ?", hash, user);
    }

    @Test
    void a_wrong_password_takes_as_long_as_an_account_that_is_not_there() {
        compare("a log-in", () -> logIn("physician"), () -> logIn("physiciam"));
    }

    @Test
    void an_account_that_was_closed_takes_as_long_as_one_that_is_not_there() {
        JdbcTemplate database = new JdbcTemplate(SERVER.bean(DataSource.class));
        database.update("update smart.account set enabled = false where username = 'nurse'");
        try {
            compare("a closed account", () -> logIn("nurse"), () -> logIn("nursf"));
        } finally {
            database.update("update smart.account set enabled = true where username = 'nurse'");
        }
    }

    @Test
    void a_wrong_secret_takes_as_long_as_a_client_that_is_not_there() {
        compare("a client", () -> token(DemoClients.BACKEND), () -> token("demo-backeme"));
    }

    private static void compare(String what, LongSupplier one, LongSupplier other) {
        AnswerTimes times = AnswerTimes.of(PAIRS, THREADS, SEED, one, other);
        System.out.printf("%s: t %.2f, without the slowest %.2f%n", what, times.all(), times.cropped());
        assertThat(times).as(what).matches(AnswerTimes::equal);
    }

    private static long logIn(String username) {
        SmartApp app = new SmartApp(SERVER);
        String csrf = SmartApp.csrf(app.browser.get(SERVER.at("/login")).body());
        Map<String, String> form = Map.of("username", username, "password", "wrong-password", "_csrf", csrf);
        long begin = System.nanoTime();
        HttpResponse<String> answer = app.browser.post(SERVER.at("/login"), form);
        long took = System.nanoTime() - begin;
        assertThat(answer.headers().firstValue("Location").orElse("")).endsWith("/login?failed");
        return took;
    }

    private static long token(String client) {
        Http http = new Http();
        // The connection is made before.
        http.get(SERVER.at("/.well-known/oauth-authorization-server"));
        long begin = System.nanoTime();
        HttpResponse<String> answer = http.post(
                SERVER.at("/oauth2/token"),
                Map.of("grant_type", "client_credentials", "scope", "system/*.rs"),
                "Authorization",
                SmartApp.basic(client, "wrong"));
        long took = System.nanoTime() - begin;
        assertThat(answer.statusCode()).isEqualTo(401);
        return took;
    }
}
