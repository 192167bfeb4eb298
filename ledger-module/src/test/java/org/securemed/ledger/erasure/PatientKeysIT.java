package org.securemed.ledger.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.storage.ConsentDatabase;
import org.securemed.ledger.storage.PatientKeyStore;

class PatientKeysIT {
    private static final byte[] SECRET = "Patient/anna was seen".getBytes(StandardCharsets.UTF_8);
    private static final KeyEncryptionKeys FIRST = KeyEncryptionKeys.of(1, kek(1));
    private static final KeyEncryptionKeys BOTH = FIRST.and(2, kek(2));
    private static final KeyEncryptionKeys SECOND = KeyEncryptionKeys.of(2, kek(2));

    private ConsentDatabase database;
    private PatientKeys keys;

    @BeforeEach
    void create() {
        database = ConsentDatabase.create();
        keys = instance(FIRST);
    }

    @Test
    void a_patient_keeps_pseudonym_and_keys_on_every_instance_and_others_have_other_ones() throws Exception {
        PatientKey anna = forPatient(keys, "Patient/anna");
        byte[] sealed = anna.seal("entry-1", SECRET);
        PatientKey again = forPatient(instance(FIRST), "Patient/anna");
        assertThat(again.pseudonym()).isEqualTo(anna.pseudonym());
        assertThat(again.subject()).isEqualTo("Patient/anna");
        assertThat(again.open("entry-1", sealed)).isEqualTo(SECRET);
        assertThat(again.commitment(SECRET)).isEqualTo(anna.commitment(SECRET)).hasSize(32);
        PatientKey ben = forPatient(keys, "Patient/ben");
        assertThat(ben.pseudonym()).isNotEqualTo(anna.pseudonym());
        assertThat(ben.commitment(SECRET)).isNotEqualTo(anna.commitment(SECRET));
        assertThatThrownBy(() -> ben.open("entry-1", sealed)).isInstanceOf(SealException.class);
    }

    @Test
    void sealed_bytes_open_for_their_entry_only_and_with_no_byte_changed() throws Exception {
        PatientKey anna = forPatient(keys, "Patient/anna");
        byte[] sealed = anna.seal("entry-1", SECRET);
        assertThatThrownBy(() -> anna.open("entry-2", sealed)).isInstanceOf(SealException.class);
        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> anna.open("entry-1", changed)).isInstanceOf(SealException.class);
        }
        assertThatThrownBy(() -> anna.open("entry-1", new byte[0])).isInstanceOf(SealException.class);
        assertThat(anna.seal("entry-1", SECRET)).isNotEqualTo(sealed).hasSize(SECRET.length + 29);
    }

    @Test
    void an_erased_patient_can_not_be_read_and_gets_a_new_pseudonym_when_coming_back() {
        PatientKey anna = forPatient(keys, "Patient/anna");
        assertThat(erase(keys, anna.pseudonym())).isTrue();
        assertThat(find(keys, anna.pseudonym())).isEmpty();
        assertThat(find(keys, "Patient/anna")).isEmpty();
        assertThat(erase(keys, anna.pseudonym())).isFalse();
        PatientKey back = forPatient(keys, "Patient/anna");
        assertThat(back.pseudonym()).isNotEqualTo(anna.pseudonym());
        byte[] sealed = anna.seal("entry-1", SECRET);
        assertThatThrownBy(() -> back.open("entry-1", sealed)).isInstanceOf(SealException.class);
    }

    @Test
    void an_erasure_by_another_instance_is_in_force_when_the_cached_key_has_aged() {
        SteppingClock clock = new SteppingClock();
        PatientKeys other = new PatientKeys(new PatientKeyStore(), FIRST, clock, 10, Duration.ofMinutes(1));
        PatientKey anna = forPatient(keys, "Patient/anna");
        assertThat(find(other, anna.pseudonym())).isPresent();
        erase(keys, anna.pseudonym());
        clock.now = clock.now.plus(Duration.ofMinutes(1)).plusMillis(1);
        assertThat(find(other, anna.pseudonym())).isEmpty();
    }

    @Test
    void a_backup_of_an_erased_key_is_worthless_after_its_epoch_has_ended() {
        PatientKey anna = forPatient(keys, "Patient/anna");
        PatientKey ben = forPatient(keys, "Patient/ben");
        database.execute("create table backup as table ledger.patient_key");
        erase(keys, anna.pseudonym());
        PatientKeys rotating = instance(BOTH);
        rotate(rotating);
        database.execute("""
                update ledger.patient_key k set lookup = b.lookup, sealed_subject = b.sealed_subject,
                    wrapped = b.wrapped, kek_epoch = b.kek_epoch, created_in = b.created_in,
                    destroyed_at = null
                from backup b where b.pseudonym = k.pseudonym and k.destroyed_at is not null
                """);
        PatientKeys later = instance(SECOND);
        assertThatThrownBy(() -> find(later, anna.pseudonym())).isInstanceOf(KeyEpochException.class);
        assertThat(find(later, "Patient/anna")).isEmpty();
        database.execute("update ledger.patient_key set kek_epoch = 2 where kek_epoch = 1");
        assertThatThrownBy(() -> find(later, anna.pseudonym())).isInstanceOf(KeyCorruptException.class);
        assertThat(forPatient(later, "Patient/ben").pseudonym()).isEqualTo(ben.pseudonym());
    }

    @Test
    void while_an_epoch_changes_every_patient_is_found_and_nobody_gets_two_keys() {
        List<Pseudonym> before = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            String subject = "Patient/" + i;
            before.add(forPatient(keys, subject).pseudonym());
        }
        PatientKeys rotating = instance(BOTH);
        database.commit(c -> {
            rotating.beginNewestEpoch(c);
            return rotating.rewrap(c, 10);
        });
        PatientKeys fresh = instance(BOTH);
        for (int i = 0; i < 25; i++) {
            String subject = "Patient/" + i;
            assertThat(forPatient(fresh, subject).pseudonym()).isEqualTo(before.get(i));
        }
        assertThat(database.<Long>commit(rotating::toRewrap)).isEqualTo(15);
        assertThatThrownBy(() -> database.commit(c -> instance(FIRST).forPatient(c, "Patient/new")))
                .isInstanceOf(KeyEpochException.class);
        rotate(rotating);
        assertThat(database.<Long>commit(rotating::toRewrap)).isZero();
        PatientKeys last = instance(SECOND);
        for (int i = 0; i < 25; i++) {
            String subject = "Patient/" + i;
            assertThat(forPatient(last, subject).pseudonym()).isEqualTo(before.get(i));
        }
    }

    @Test
    void a_key_whose_transaction_was_rolled_back_is_not_remembered() throws Exception {
        Pseudonym lost;
        try (Connection connection = database.begin()) {
            lost = keys.forPatient(connection, "Patient/anna").pseudonym();
            assertThat(keys.forPatient(connection, "Patient/anna").pseudonym()).isEqualTo(lost);
            connection.rollback();
        }
        assertThat(find(keys, lost)).isEmpty();
        Pseudonym kept = forPatient(keys, "Patient/anna").pseudonym();
        assertThat(kept).isNotEqualTo(lost);
        assertThat(find(keys, "Patient/anna")).map(PatientKey::pseudonym).contains(kept);
    }

    @Test
    void those_who_make_a_key_at_the_same_time_get_the_same_one() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<Pseudonym>> made = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                PatientKeys instance = instance(FIRST);
                made.add(threads.submit(() -> database.commit(
                        c -> instance.forPatient(c, "Patient/anna").pseudonym())));
            }
            Set<Pseudonym> different = new HashSet<>();
            for (Future<Pseudonym> one : made) {
                different.add(one.get());
            }
            assertThat(different).hasSize(1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void a_changed_row_is_noticed() {
        PatientKey anna = forPatient(keys, "Patient/anna");
        forPatient(keys, "Patient/ben");
        database.execute("""
                update ledger.patient_key k set wrapped = o.wrapped, sealed_subject = o.sealed_subject
                from ledger.patient_key o where o.pseudonym <> k.pseudonym
                """);
        assertThatThrownBy(() -> find(instance(FIRST), anna.pseudonym())).isInstanceOf(KeyCorruptException.class);
    }

    @Test
    void the_system_has_a_key_that_can_not_be_erased() {
        PatientKey system = database.commit(keys::system);
        assertThat(system.pseudonym()).isEqualTo(Pseudonym.SYSTEM);
        PatientKey again = database.commit(instance(FIRST)::system);
        assertThat(again.commitment(SECRET)).isEqualTo(system.commitment(SECRET));
        assertThatThrownBy(() -> erase(keys, Pseudonym.SYSTEM)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void several_pseudonyms_are_found_with_one_call_and_the_cache_stays_within_its_bound() {
        PatientKeys small = new PatientKeys(new PatientKeyStore(), FIRST, Clock.systemUTC(), 2, Duration.ofHours(1));
        List<Pseudonym> made = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            String subject = "Patient/" + i;
            made.add(forPatient(small, subject).pseudonym());
        }
        erase(small, made.get(3));
        Map<Pseudonym, PatientKey> found = database.commit(c -> small.find(c, made));
        assertThat(found.keySet()).containsExactlyInAnyOrder(made.get(0), made.get(1), made.get(2), made.get(4));
    }

    @Test
    void a_keystore_file_keeps_the_keys_and_loses_a_removed_one(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("kek.p12");
        char[] password = "test-only".toCharArray();
        PatientKeys one = instance(KeyEncryptionKeys.openOrCreate(file, password));
        PatientKey anna = forPatient(one, "Patient/anna");
        assertThat(KeyEncryptionKeys.addEpoch(file, password).newestEpoch()).isEqualTo(2);
        rotate(instance(KeyEncryptionKeys.open(file, password)));
        KeyEncryptionKeys left = KeyEncryptionKeys.removeEpoch(file, password, 1);
        assertThat(left).hasToString("KeyEncryptionKeys[2]");
        PatientKeys reopened = instance(KeyEncryptionKeys.open(file, password));
        assertThat(find(reopened, "Patient/anna")).map(PatientKey::pseudonym).contains(anna.pseudonym());
        assertThatThrownBy(() -> KeyEncryptionKeys.removeEpoch(file, password, 2))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private PatientKey forPatient(PatientKeys instance, String subject) {
        return database.commit(c -> instance.forPatient(c, subject));
    }

    private Optional<PatientKey> find(PatientKeys instance, String subject) {
        return database.commit(c -> instance.find(c, subject));
    }

    private Optional<PatientKey> find(PatientKeys instance, Pseudonym pseudonym) {
        return database.commit(c -> instance.find(c, pseudonym));
    }

    private boolean erase(PatientKeys instance, Pseudonym pseudonym) {
        return database.commit(c -> instance.erase(c, pseudonym, Instant.now()));
    }

    private void rotate(PatientKeys rotating) {
        database.commit(c -> {
            rotating.beginNewestEpoch(c);
            return 0;
        });
        int rewrapped;
        do {
            rewrapped = database.commit(c -> rotating.rewrap(c, 10));
        } while (rewrapped > 0);
    }

    private static PatientKeys instance(KeyEncryptionKeys epochs) {
        return new PatientKeys(new PatientKeyStore(), epochs, Clock.systemUTC(), 100, Duration.ofHours(1));
    }

    private static SecretKeySpec kek(int fill) {
        byte[] bytes = new byte[32];
        java.util.Arrays.fill(bytes, (byte) fill);
        return new SecretKeySpec(bytes, "AES");
    }

    private static final class SteppingClock extends Clock {
        private Instant now = Instant.parse("2026-03-01T12:00:00Z");

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
