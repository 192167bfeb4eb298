package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;

/**
 * A revocation that was acknowledged binds every answer to a request that comes after it, and a grant likewise, however
 * many requests are under way: reads, searches, their later pages, counts, whole records, exports, notifications. Those
 * who read, and the one who grants and revokes, only note what they saw and when; a checker compares afterwards. On two
 * instances: {@code TwoInstancesIT}.
 */
class RevocationIT {
    @Test
    void every_request_after_the_acknowledgement_of_a_change_is_answered_by_it() throws Exception {
        TestServer server = TestServer.shared();
        WillHistory history = new WillHistory();
        try (WillRounds rounds = new WillRounds(server, "changes-her-mind", history)) {
            rounds.readAt(server, false);
            rounds.listen();
            rounds.change(13, server, server);
            rounds.awaitNotification();
        }

        assertThat(history.violations()).isEmpty();
        assertThat(history.count(true)).as("looks that saw it").isGreaterThan(20);
        assertThat(history.count(false)).as("looks that did not").isGreaterThan(20);
    }
}
