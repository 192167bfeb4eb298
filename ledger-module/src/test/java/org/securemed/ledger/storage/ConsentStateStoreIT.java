package org.securemed.ledger.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionResult;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.PatientKeys;

class ConsentStateStoreIT {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private ConsentDatabase database;
    private PatientKeys keys;
    private ConsentStateStore store;
    private Pseudonym anna;

    @BeforeEach
    void create() {
        database = ConsentDatabase.create();
        keys = new PatientKeys(
                new PatientKeyStore(),
                KeyEncryptionKeys.of(1, new SecretKeySpec(new byte[32], "AES")),
                Clock.systemUTC(),
                100,
                Duration.ofHours(1));
        store = new ConsentStateStore(keys);
        anna = patient("Patient/anna");
    }

    @Test
    void a_transition_is_stored_with_its_transaction_and_gone_with_its_rollback() throws Exception {
        assertThat(load(anna)).map(ConsentState::version).contains(0L);
        try (Connection connection = database.begin()) {
            store.apply(connection, anna, grant("Patient/anna", "c1", 1));
            assertThat(store.version(connection, anna)).isEqualTo(1);
            connection.rollback();
        }
        assertThat(version(anna)).isZero();
        TransitionResult result = apply(anna, grant("Patient/anna", "c1", 1));
        ConsentState stored = load(anna).orElseThrow();
        byte[] hash = result.fold(applied -> applied.state().stateHash(), refused -> new byte[0]);
        assertThat(hash).isEqualTo(stored.stateHash());
        assertThat(stored.consentVersion("c1")).isEqualTo(1);
    }

    @Test
    void a_refused_transition_changes_nothing() {
        apply(anna, grant("Patient/anna", "c1", 1));
        TransitionResult replayed = apply(anna, grant("Patient/anna", "c1", 1));
        TransitionResult foreign = apply(anna, grant("Patient/ben", "c2", 1));
        assertThat(List.of(replayed, foreign)).allMatch(TransitionResult.Refused.class::isInstance);
        assertThat(version(anna)).isEqualTo(1);
    }

    @Test
    void only_a_newer_state_is_loaded_again() {
        apply(anna, grant("Patient/anna", "c1", 1));
        assertThat(loadIfNewer(anna, 1)).isEmpty();
        assertThat(loadIfNewer(anna, 0)).isPresent();
    }

    @Test
    void of_those_who_grant_the_same_version_at_the_same_time_one_succeeds() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<TransitionResult>> results = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                results.add(threads.submit(() -> apply(anna, grant("Patient/anna", "c1", 1))));
            }
            int applied = 0;
            for (Future<TransitionResult> result : results) {
                applied += result.get() instanceof TransitionResult.Applied ? 1 : 0;
            }
            assertThat(applied).isEqualTo(1);
            assertThat(version(anna)).isEqualTo(1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void at_start_all_states_are_loaded_but_those_of_erased_patients() {
        Map<Pseudonym, byte[]> expected = new HashMap<>();
        database.commit(c -> {
            for (int i = 0; i < 1100; i++) {
                String subject = "Patient/p" + i;
                Pseudonym pseudonym = keys.forPatient(c, subject).pseudonym();
                TransitionResult result = store.apply(c, pseudonym, grant(subject, "c1", 1));
                expected.put(pseudonym, result.fold(applied -> applied.state().stateHash(), refused -> new byte[0]));
            }
            return expected;
        });
        Pseudonym erased = expected.keySet().iterator().next();
        expected.remove(erased);
        database.commit(c -> keys.erase(c, erased, NOW));
        Map<Pseudonym, byte[]> loaded = new HashMap<>();
        long count = database.commit(c -> store.loadAll(c, (who, state) -> loaded.put(who, state.stateHash())));
        assertThat(count).isEqualTo(1099);
        assertThat(loaded).containsExactlyInAnyOrderEntriesOf(expected);
        assertThat(load(erased)).isEmpty();
        assertThatThrownBy(() -> apply(erased, grant("Patient/x", "c1", 1))).isInstanceOf(IllegalStateException.class);
        boolean deleted = database.commit(c -> store.delete(c, erased));
        assertThat(deleted).isTrue();
    }

    @Test
    void a_row_changed_in_any_column_decides_nothing() {
        Pseudonym ben = patient("Patient/ben");
        apply(anna, grant("Patient/anna", "c1", 1));
        apply(ben, grant("Patient/ben", "c1", 1));
        database.execute("create table backup as table ledger.consent_state");
        String other = "from backup b where b.subject <> s.subject";
        for (String change : List.of(
                "update ledger.consent_state s set version = s.version + 1",
                "update ledger.consent_state s set state_hash = set_byte(s.state_hash, 3, 255 - get_byte(s.state_hash, 3))",
                "update ledger.consent_state s set sealed_state = set_byte(s.sealed_state, 40, 255 - get_byte(s.sealed_state, 40))",
                "update ledger.consent_state s set sealed_state = b.sealed_state, state_hash = b.state_hash "
                        + other)) {
            database.execute(change);
            assertThatThrownBy(() -> load(anna)).as(change).isInstanceOf(ConsentStateCorruptException.class);
            database.execute("delete from ledger.consent_state");
            database.execute("insert into ledger.consent_state select * from backup");
        }
        assertThat(load(anna)).isPresent();
    }

    private Optional<ConsentState> load(Pseudonym subject) {
        return database.commit(c -> store.load(c, subject));
    }

    private Optional<ConsentState> loadIfNewer(Pseudonym subject, long known) {
        return database.commit(c -> store.loadIfNewer(c, subject, known));
    }

    private long version(Pseudonym subject) {
        return database.commit(c -> store.version(c, subject));
    }

    private TransitionResult apply(Pseudonym subject, Transition transition) {
        return database.commit(c -> store.apply(c, subject, transition));
    }

    private Pseudonym patient(String subject) {
        return database.commit(c -> keys.forPatient(c, subject)).pseudonym();
    }

    private static Transition grant(String subject, String consent, long version) {
        return new Transition.Grant(
                "t-" + consent + version,
                subject,
                Author.patient(subject, "session"),
                NOW,
                consent,
                version,
                "",
                Provision.permit().actor("Practitioner/ben").build());
    }
}
