package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Patient;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.server.TestServer;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.replay.RecordedTransition;

/** What happens to a Consent whose period is over. */
class ExpiredConsentsIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PHYSICIAN = "Practitioner/amara-okafor";

    private final ExpiredConsents expired = SERVER.bean(ExpiredConsents.class);
    private final ConsentStates states = SERVER.bean(ConsentStates.class);

    @Test
    void it_decides_nothing_from_its_end_on_and_is_closed_once_however_many_try() throws Exception {
        String patient = patient("expired-one");
        String consent = Consents.record(SERVER, over(patient));
        assertThat(SERVER.get("physician", "Patient/" + patient).status())
                .as("by the clock, before anybody closed it")
                .isEqualTo(404);
        assertThat(status(patient, consent)).isEqualTo(ConsentRecord.Status.ACTIVE);

        atOnce(4, expired::run);

        assertThat(status(patient, consent)).isEqualTo(ConsentRecord.Status.EXPIRED);
        List<Entry> entries = expiries(patient);
        assertThat(entries).hasSize(1);
        assertThat(entries.get(0).actor()).isEqualTo("Device/securemed");
        assertThat(RecordedTransition.version(entries.get(0)))
                .isEqualTo(states.of(patient).version());
        assertThat(expired.run()).isZero();
    }

    @Test
    void it_may_be_granted_anew_and_one_that_goes_on_is_left_alone() {
        String patient = patient("expired-two");
        String consent = Consents.record(SERVER, over(patient));
        expired.run();
        Consent longer = over(patient);
        longer.setId(consent);
        longer.getProvision().getPeriod().setEnd(Date.from(Instant.now().plus(Duration.ofDays(1))));
        assertThat(SERVER.put("backend", "Consent/" + consent, longer).status()).isEqualTo(200);
        assertThat(SERVER.get("physician", "Patient/" + patient).status()).isEqualTo(200);

        expired.run();

        assertThat(SERVER.get("physician", "Patient/" + patient).status()).isEqualTo(200);
        assertThat(expiries(patient)).hasSize(1);
        Consents.end(SERVER, consent);
        assertThat(SERVER.get("physician", "Patient/" + patient).status()).isEqualTo(404);
    }

    private static String patient(String id) {
        Patient patient = new Patient();
        patient.setId(id);
        patient.addName().setFamily("Expired");
        assertThat(SERVER.put("backend", "Patient/" + id, patient).status()).isEqualTo(201);
        Consents.form(SERVER, id);
        return id;
    }

    /** A Consent that ended a second ago. */
    private static Consent over(String patient) {
        Consent consent = Consents.permit(patient, PHYSICIAN);
        consent.getProvision()
                .getPeriod()
                .setStart(Date.from(Instant.now().minus(Duration.ofDays(1))))
                .setEnd(Date.from(Instant.now().minusSeconds(2)));
        return consent;
    }

    private ConsentRecord.Status status(String patient, String consent) {
        return states.of(patient).consent(consent).orElseThrow().status();
    }

    private static List<Entry> expiries(String patient) {
        Pseudonym subject = SERVER.bean(SubjectKeys.class).subject(patient);
        Ledger ledger = SERVER.bean(Ledger.class);
        List<Entry> found = new ArrayList<>();
        for (long from = 0; from < ledger.size(); from += 1_000) {
            ledger.range(from, 1_000).stream()
                    .map(StoredEntry::entry)
                    .filter(entry -> entry.op().equals(Op.CONSENT_EXPIRE) && subject.equals(entry.patient()))
                    .forEach(found::add);
        }
        return found;
    }

    private static void atOnce(int threads, Runnable work) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CountDownLatch go = new CountDownLatch(threads);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                all.add(pool.submit(() -> {
                    go.countDown();
                    go.await();
                    work.run();
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get(30, TimeUnit.SECONDS);
            }
        } finally {
            pool.shutdownNow();
        }
    }
}
