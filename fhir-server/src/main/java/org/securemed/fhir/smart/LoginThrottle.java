package org.securemed.fhir.smart;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Counts log-in attempts in the database, so that guessing is slow whichever instance is asked. An attempt is counted
 * before the password is looked at: many at once get no more tries than one after another. Three limits: for a name
 * from one address, for an address, and (higher, so that nobody can lock out a colleague by a few bad guesses) for a
 * name. Names and addresses are kept as hashes. Thread-safe.
 */
final class LoginThrottle {
    static final int NAME_AND_ADDRESS = 5;
    static final int ADDRESS = 50;
    static final int NAME = 30;
    static final Duration WINDOW = Duration.ofMinutes(15);

    private record Bucket(String name, int most) {}

    private final JdbcClient database;
    private final Clock clock;

    LoginThrottle(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Counts an attempt.
     *
     * @return whether it may go on
     */
    boolean attempt(String username, String address) {
        boolean allowed = true;
        for (Bucket bucket : buckets(username, address)) {
            allowed &= count(bucket.name()) <= bucket.most();
        }
        return allowed;
    }

    /** Forgets the attempts at this name from this address, and that this one was made: the person has come in. */
    void succeeded(String username, String address) {
        buckets(username, address).stream()
                .skip(1)
                .forEach(bucket -> database.sql("update smart.login_failure set failures = failures - 1"
                                + " where bucket = :bucket and failures > 0")
                        .param("bucket", bucket.name())
                        .update());
        database.sql("delete from smart.login_failure where bucket = :bucket or window_ends < :now")
                .param("bucket", buckets(username, address).get(0).name())
                .param("now", Timestamp.from(clock.instant()))
                .update();
    }

    private int count(String bucket) {
        Instant now = clock.instant();
        return database.sql("insert into smart.login_failure as f (bucket, failures, window_ends)"
                        + " values (:bucket, 1, :ends) on conflict (bucket) do update set"
                        + " failures = case when f.window_ends < :now then 1 else least(f.failures + 1, 1000000) end,"
                        + " window_ends = case when f.window_ends < :now then :ends else f.window_ends end"
                        + " returning failures")
                .param("bucket", bucket)
                .param("now", Timestamp.from(now))
                .param("ends", Timestamp.from(now.plus(WINDOW)))
                .query(Integer.class)
                .single();
    }

    private static List<Bucket> buckets(String username, String address) {
        String name = Accounts.normal(username);
        String network = network(address);
        return List.of(
                new Bucket(TokenHash.of("name-and-address " + network + " " + name), NAME_AND_ADDRESS),
                new Bucket(TokenHash.of("address " + network), ADDRESS),
                new Bucket(TokenHash.of("name " + name), NAME));
    }

    /** An IPv6 customer holds a /64 at least: its first four groups stand for the address. */
    private static String network(String address) {
        if (address.indexOf(':') < 0) {
            return address;
        }
        try {
            // A literal address: nothing is looked up.
            byte[] octets = java.net.InetAddress.getByName(address).getAddress();
            return octets.length == 16 ? java.util.HexFormat.of().formatHex(octets, 0, 8) : address;
        } catch (java.net.UnknownHostException e) {
            return address;
        }
    }
}
