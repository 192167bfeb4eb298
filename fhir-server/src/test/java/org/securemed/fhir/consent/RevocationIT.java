package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.export.Exports;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/**
 * A revocation that was acknowledged binds every request that comes after it, and a grant likewise, however many
 * requests are under way. Readers and the one who grants and revokes only note what they saw and when; a checker
 * compares afterwards.
 */
class RevocationIT {
    private static final String PATIENT = "changes-her-mind";
    private static final int CHANGES = 12;
    private static final int READS_BETWEEN = 8;

    private static final TestServer SERVER = TestServer.shared();

    /** One request, by {@link System#nanoTime()}; {@code saw} is empty if it was answered neither way. */
    private record Read(String path, long begin, long end, List<Boolean> saw) {}

    /** From its acknowledgement on, until the next change is asked for, this is the patient's will. */
    private record Will(long acknowledged, long changed, boolean granted) {
        boolean covers(Read read) {
            return read.begin() >= acknowledged && read.end() <= changed;
        }
    }

    @Test
    void every_request_after_the_acknowledgement_of_a_change_is_answered_by_it() throws Exception {
        SERVER.put("backend", "Patient/" + PATIENT, (Resource) SERVER.fhir()
                .newJsonParser()
                .parseResource("{\"resourceType\":\"Patient\",\"id\":\"" + PATIENT + "\"}"));
        Consents.form(SERVER, PATIENT);
        Queue<Read> reads = new ConcurrentLinkedQueue<>();
        List<Will> wills = new ArrayList<>();
        Semaphore done = new Semaphore(0);
        AtomicBoolean over = new AtomicBoolean();
        String token = SERVER.token("physician2");
        // Ordered while the patient lets the reader in, and fetched ever after.
        String first = Consents.record(SERVER, Consents.permit(PATIENT, "Practitioner/jonas-lindqvist"));
        String status = Exports.status(SERVER, token, "Patient/$export?_type=Patient");
        String file = Exports.first(Exports.manifest(SERVER, token, status), "Patient");
        Consents.end(SERVER, first);
        List<String> paths = List.of(
                file,
                "Patient/" + PATIENT,
                "DocumentReference?patient=" + PATIENT + "&_summary=count",
                "Patient/" + PATIENT + "/$everything");
        ExecutorService readers = Executors.newFixedThreadPool(paths.size());
        List<Future<?>> running = new ArrayList<>();
        for (String path : paths) {
            running.add(readers.submit(() -> {
                while (!over.get()) {
                    reads.add(read(path));
                    done.release();
                }
            }));
        }
        String consent = "";
        long acknowledged = System.nanoTime();
        for (int i = 0; i < CHANGES; i++) {
            done.drainPermits();
            assertThat(done.tryAcquire(READS_BETWEEN, 60, TimeUnit.SECONDS)).isTrue();
            boolean granted = i % 2 == 1;
            wills.add(new Will(acknowledged, System.nanoTime(), granted));
            if (granted) {
                Consents.end(SERVER, consent);
            } else {
                consent = Consents.record(SERVER, Consents.permit(PATIENT, "Practitioner/jonas-lindqvist"));
            }
            acknowledged = System.nanoTime();
        }
        over.set(true);
        for (Future<?> reader : running) {
            reader.get();
        }
        readers.shutdown();

        assertThat(wrong(reads, wills)).isEmpty();
        assertThat(reads.stream().filter(read -> covered(read, wills)).count())
                .as("reads that fell between two changes")
                .isGreaterThan(CHANGES * 2L);
    }

    private static List<String> wrong(Queue<Read> reads, List<Will> wills) {
        List<String> wrong = new ArrayList<>();
        for (Read read : reads) {
            for (Will will : wills) {
                if (will.covers(read) && !read.saw().equals(List.of(will.granted()))) {
                    wrong.add(read + " under " + will);
                }
            }
        }
        return wrong;
    }

    private static boolean isSeen(String path, Answer answer) {
        return !path.contains("count") || answer.bundle().getTotal() > 0;
    }

    private static boolean covered(Read read, List<Will> wills) {
        return wills.stream().anyMatch(will -> will.covers(read));
    }

    private static Read read(String path) {
        long begin = System.nanoTime();
        Answer answer = SERVER.get("physician2", path);
        long end = System.nanoTime();
        List<Boolean> saw = switch (answer.status()) {
            case 200 -> List.of(path.contains("$export") ? answer.text().contains(PATIENT) : isSeen(path, answer));
            case 404 -> List.of(false);
            // The consent changed while the answer was being made: nothing was disclosed.
            default -> List.of();
        };
        return new Read(path, begin, end, saw);
    }
}
