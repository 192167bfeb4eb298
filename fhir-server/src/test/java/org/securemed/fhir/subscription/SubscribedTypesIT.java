package org.securemed.fhir.subscription;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.springframework.jdbc.core.JdbcTemplate;

/** What is subscribed to is known from the answer to the subscriber on. */
class SubscribedTypesIT {
    private static final int LOOKING = 8;

    @Test
    void no_look_forgets_what_a_later_one_has_seen() throws InterruptedException {
        Hooks hooks = TestServer.shared().bean(Hooks.class);
        JdbcTemplate database = new JdbcTemplate(TestServer.shared().database());
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService others = Executors.newFixedThreadPool(LOOKING);
        for (int i = 0; i < LOOKING; i++) {
            others.execute(() -> {
                while (!over.get()) {
                    hooks.look();
                }
            });
        }
        try {
            for (int round = 0; round < 300; round++) {
                String type = "Type" + round;
                UUID id = UUID.randomUUID();
                database.update(
                        "insert into subscription.hook (id, client, scopes, granted_at, owner, type, criteria, reason,"
                                + " endpoint, payload, status, created_at) values (?, 'none', '', now(), '', ?, ?, '',"
                                + " 'http://localhost/', false, 'active', now())",
                        id,
                        type,
                        type + "?");
                hooks.look();
                for (int i = 0; i < 20; i++) {
                    assertThat(hooks.types()).contains(type);
                    Thread.onSpinWait();
                }
                database.update("delete from subscription.hook where id = ?", id);
            }
        } finally {
            over.set(true);
            others.shutdown();
            assertThat(others.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
    }
}
