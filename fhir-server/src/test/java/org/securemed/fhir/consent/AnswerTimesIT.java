package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;

/**
 * The time of an answer about hidden data can't be told from that of an answer about data that isn't there.
 *
 * <p>More pairs: {@code -Dsecuremed.test.pairs=5000}. Without {@link AnswerPace} a quiet machine tells a hidden Patient
 * from one that isn't there in some thousand pairs.
 */
class AnswerTimesIT {
    private static final int PAIRS = Integer.getInteger("securemed.test.pairs", 300);
    private static final long SEED = 20261123L;
    private static final String HIDDEN = "elena-rossi";
    /** As long as the other, so that no buffer is of another size. */
    private static final String ABSENT = "elena-rossj";

    private static TestServer server;
    private static String token;
    private static String hiddenObservation;

    @BeforeAll
    static void start() {
        server = TestServer.shared();
        token = server.token("physician2");
        hiddenObservation = server.get("backend", "Observation?_count=1&patient=" + HIDDEN)
                .bundle()
                .getEntryFirstRep()
                .getResource()
                .getIdElement()
                .getIdPart();
    }

    static Stream<Probe> questions() {
        return Stream.of(
                Probe.get("Patient/" + HIDDEN),
                Probe.get("Observation/OBSERVATION"),
                Probe.get("Observation?patient=" + HIDDEN),
                Probe.get("Patient?_id=" + HIDDEN),
                Probe.get("Patient/" + HIDDEN + "/$everything"),
                Probe.of("POST", "Observation", observation()),
                Probe.of("DELETE", "Observation/OBSERVATION", ""));
    }

    @ParameterizedTest
    @MethodSource("questions")
    void a_hidden_patient_answers_as_fast_as_one_that_is_not_there(Probe question) {
        String unused = new StringBuilder(hiddenObservation).reverse().toString();
        Probe hidden = question.map(text -> text.replace("OBSERVATION", hiddenObservation));
        Probe absent = question.map(text -> text.replace(HIDDEN, ABSENT).replace("OBSERVATION", unused));
        assertThat(absent.send(server, token).status())
                .isEqualTo(hidden.send(server, token).status());

        AnswerTimes times = AnswerTimes.of(PAIRS, SEED, () -> time(hidden), () -> time(absent));

        System.out.printf("%s: t %.2f, without the slowest %.2f%n", question, times.all(), times.cropped());
        assertThat(times).as(question.toString()).matches(AnswerTimes::equal);
    }

    @Test
    void a_difference_of_a_quarter_of_a_millisecond_would_be_seen() {
        AnswerTimes times = AnswerTimes.of(PAIRS, SEED, () -> waited(1_000_000), () -> waited(1_250_000));

        assertThat(times).matches(found -> !found.equal());
    }

    private static long waited(long nanos) {
        long begin = System.nanoTime();
        LockSupport.parkNanos(nanos);
        return System.nanoTime() - begin;
    }

    private static long time(Probe probe) {
        long begin = System.nanoTime();
        Answer answer = probe.send(server, token);
        long took = System.nanoTime() - begin;
        assertThat(answer.status()).isBetween(200, 499);
        return took;
    }

    private static String observation() {
        return "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"heart rate\"},"
                + "\"subject\":{\"reference\":\"Patient/" + HIDDEN + "\"}}";
    }
}
