package org.securemed.ledger.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.ConsentLog;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.log.EntryQuery;
import org.securemed.ledger.log.StoredEntry;

class ErasureIT {
    private static final String ANNA = "Patient/anna";
    private static final KeyEncryptionKeys EPOCHS = KeyEncryptionKeys.of(1, new SecretKeySpec(new byte[32], "AES"));

    private final ConsentLog log = new ConsentLog(EPOCHS);

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void after_an_erasure_the_log_verifies_and_nothing_opens() throws Exception {
        PatientKey anna = log.key(ANNA);
        log.record(ConsentLog.grant(ANNA, "c1", 1));
        log.record(ConsentLog.grant("Patient/ben", "c1", 1));
        Entry read = log.read(anna, true);
        Entry erasure = log.erase(anna).orElseThrow();
        assertThat(log.verify(EPOCHS).findings()).as("while the entry waits").isEmpty();
        log.seal(erasure);
        log.keys.forget(anna.pseudonym());

        assertThat(log.verify(EPOCHS).findings()).isEmpty();
        PatientKeys fresh = ConsentLog.keys(EPOCHS);
        assertThat(livingKey(fresh, anna.pseudonym())).isEmpty();
        assertThat(state(log.states, anna.pseudonym())).isEmpty();
        assertThat(version(anna.pseudonym())).isZero();
        assertThat(secrets(anna.pseudonym())).isEqualTo("0 states, null null null");
        // What was sealed is still there, under every hash, for nobody.
        assertThat(log.ledger.read(read.id()).map(StoredEntry::entry)).contains(read);
        assertThat(ops(anna.pseudonym())).containsExactly(Op.ERASE, Op.READ, Op.CONSENT_GRANT);
        assertThat(log.key("Patient/ben").subject()).isEqualTo("Patient/ben");
    }

    @Test
    void an_erasure_that_is_rolled_back_has_not_happened_and_is_not_recorded() throws Exception {
        PatientKey anna = log.key(ANNA);
        log.record(ConsentLog.grant(ANNA, "c1", 1));
        try (Connection connection = log.fixture.database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            assertThat(log.erasure().erase(connection, anna.pseudonym(), "administrator"))
                    .isPresent();
            connection.rollback();
        }
        assertThat(version(anna.pseudonym())).isEqualTo(1);
        assertThat(ops(anna.pseudonym())).containsExactly(Op.CONSENT_GRANT);
        assertThat(log.verify(EPOCHS).findings()).isEmpty();
    }

    @Test
    void nobody_is_erased_twice_and_the_system_never() {
        PatientKey anna = log.key(ANNA);
        assertThat(log.erase(anna)).isPresent();
        assertThat(log.erase(anna)).isEmpty();
        Optional<Entry> nobody =
                log.commit(connection -> log.erasure().erase(connection, new Pseudonym(1, 2), "administrator"));
        assertThat(nobody).isEmpty();
        PatientKey system = log.commit(connection -> log.keys.system(connection));
        assertThatThrownBy(() -> log.erase(system)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_patient_who_comes_back_is_somebody_else() throws Exception {
        PatientKey before = log.key(ANNA);
        log.record(ConsentLog.grant(ANNA, "c1", 1));
        log.seal(log.erase(before).orElseThrow());
        log.record(ConsentLog.grant(ANNA, "c1", 1));
        assertThat(log.key(ANNA).pseudonym()).isNotEqualTo(before.pseudonym());
        assertThat(log.verify(EPOCHS).findings()).isEmpty();
    }

    @Test
    void a_first_transition_by_an_instance_that_still_has_the_key_fails_and_leaves_nothing() throws Exception {
        PatientKey anna = log.key(ANNA);
        ConsentStateStore other = new ConsentStateStore(ConsentLog.keys(EPOCHS));
        // The other instance takes the key into memory.
        assertThat(state(other, anna.pseudonym())).isPresent();
        try (Connection erasing = log.fixture.database.dataSource().getConnection()) {
            erasing.setAutoCommit(false);
            log.erasure().erase(erasing, anna.pseudonym(), "administrator");
            CompletableFuture<Object> late = CompletableFuture.supplyAsync(() -> log.commit(
                    connection -> other.apply(connection, anna.pseudonym(), ConsentLog.grant(ANNA, "c1", 1))));
            erasing.commit();
            assertThat(late)
                    .failsWithin(Duration.ofSeconds(10))
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessageContaining("erased");
        }
        assertThat(version(anna.pseudonym())).isZero();
        assertThat(log.verify(EPOCHS).findings()).isEmpty();
    }

    private Optional<PatientKey> livingKey(PatientKeys keys, Pseudonym patient) {
        return log.commit(connection -> keys.find(connection, patient));
    }

    private Optional<ConsentState> state(ConsentStateStore states, Pseudonym patient) {
        return log.commit(connection -> states.load(connection, patient));
    }

    private long version(Pseudonym patient) {
        return log.commit(connection -> log.states.version(connection, patient));
    }

    private List<Op> ops(Pseudonym patient) {
        return log
                .ledger
                .find(new EntryQuery(Set.of(patient), null, Set.of(), null, null, Long.MAX_VALUE, 100))
                .stream()
                .map(stored -> stored.entry().op())
                .toList();
    }

    private String secrets(Pseudonym patient) throws Exception {
        try (Connection connection = log.fixture.database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("select (select count(*) from ledger.consent_state where subject ="
                                + " k.pseudonym) || ' states', lookup, sealed_subject, wrapped from ledger.patient_key k"
                                + " where pseudonym = '\\x" + patient + "'")) {
            row.next();
            return row.getString(1) + ", " + row.getString(2) + " " + row.getString(3) + " " + row.getString(4);
        }
    }
}
