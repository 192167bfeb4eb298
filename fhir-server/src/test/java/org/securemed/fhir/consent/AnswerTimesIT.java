package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.fhir.smart.PersonsApp;

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

    /** Of whom five are hidden beside three that are seen, and of whom there are just the three. */
    private static final String PART = "time-parted";

    private static final String WHOLE = "time-entire";

    /** Who has five in common with the partner, who has let in nobody, and who has nothing in common. */
    private static final String JOINED = "time-joined";

    private static final String ALONE = "time-single";
    private static final String PARTNER = "time-fellow";

    /** How many are named at once. */
    private static final int MANY = 40;

    private static final String CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

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
        load();
    }

    /** Pairs of which only the first has something to hide, and many who have let in nobody. */
    private static void load() {
        for (String patient : List.of(PART, WHOLE, JOINED, ALONE, PARTNER)) {
            put("Patient/" + patient, "{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}");
            Consents.form(server, patient);
            for (int i = 0; i < 3; i++) {
                observation(patient + "-" + i, patient, "");
            }
        }
        for (int i = 0; i < 5; i++) {
            observation(
                    "part-" + i,
                    PART,
                    ",\"meta\":{\"security\":[{\"system\":\"" + CONFIDENTIALITY + "\",\"code\":\"R\"}]}");
            observation("joint-" + i, JOINED, ",\"focus\":[{\"reference\":\"Patient/" + PARTNER + "\"}]");
        }
        for (String patient : List.of(PART, WHOLE)) {
            var partly = Consents.permit(patient, "Practitioner/jonas-lindqvist");
            partly.getProvision().addSecurityLabel().setSystem(CONFIDENTIALITY).setCode("N");
            Consents.record(server, partly);
        }
        for (String patient : List.of(JOINED, ALONE)) {
            Consents.record(server, Consents.permit(patient, "Practitioner/jonas-lindqvist"));
        }
        for (int i = 0; i < MANY; i++) {
            put("Patient/" + many(i), "{\"resourceType\":\"Patient\",\"id\":\"" + many(i) + "\"}");
        }
    }

    private static String many(int number) {
        return "time-many-" + (number + 100);
    }

    private static void observation(String id, String patient, String more) {
        put("Observation/time-" + id, """
                {"resourceType":"Observation","id":"time-%s"%s,"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"}}""".formatted(id, more, patient));
    }

    private static void put(String path, String json) {
        Answer answer = server.put(
                "backend", path, (Resource) server.fhir().newJsonParser().parseResource(json));
        assertThat(answer.status()).as(answer.toString()).isIn(200, 201);
    }

    static Stream<Probe> partly() {
        return Stream.of(
                Probe.get("Observation?patient=" + PART),
                Probe.get("Observation?patient=" + PART + "&_summary=count"),
                Probe.get("Patient/" + PART + "/$everything"),
                Probe.of(
                        "POST",
                        "",
                        ProbeBodies.bundle(
                                "batch", ProbeBodies.request("GET", "Observation?patient=" + PART, "", ""))));
    }

    /** Three are seen of each; one has five more that are not. */
    @ParameterizedTest
    @MethodSource("partly")
    void a_record_of_which_a_part_is_hidden_answers_as_fast_as_one_without_that_part(Probe question) {
        compare(question, question.map(text -> text.replace(PART, WHOLE)));
    }

    /** All is seen of both but what one has in common with a patient who has let in nobody. */
    @Test
    void what_is_hidden_with_somebody_else_costs_an_answer_no_time() {
        Probe question = Probe.get("Observation?patient=" + JOINED);
        compare(question, question.map(text -> text.replace(JOINED, ALONE)));
    }

    @Test
    void many_hidden_patients_answer_as_fast_as_as_many_who_are_not_there() {
        StringBuilder names = new StringBuilder("Observation?patient=");
        for (int i = 0; i < MANY; i++) {
            names.append(i == 0 ? "" : ",").append(many(i));
        }
        compareMany(Probe.get(names.toString()));
    }

    @Test
    void a_batch_about_many_hidden_patients_answers_as_fast_as_about_nobody() {
        String[] entries = new String[MANY];
        for (int i = 0; i < MANY; i++) {
            entries[i] = ProbeBodies.request("GET", "Patient/" + many(i), "", "");
        }
        compareMany(Probe.of("POST", "", ProbeBodies.bundle("batch", entries)));
    }

    /** What costs a little for each name shows in fewer pairs. */
    private static void compareMany(Probe question) {
        Probe absent = question.map(text -> text.replace("-many-", "-none-"));
        compare(question.toString(), PAIRS / 5, () -> time(question), () -> time(absent));
    }

    @Test
    void a_launch_into_a_hidden_record_is_refused_as_fast_as_into_none() {
        PersonsApp app = PersonsApp.of(server, "physician2");
        compare("a launch", () -> launch(app, HIDDEN), () -> launch(app, ABSENT));
    }

    private static long launch(PersonsApp app, String patient) {
        long begin = System.nanoTime();
        int status = app.launch(token, patient).statusCode();
        long took = System.nanoTime() - begin;
        assertThat(status).isEqualTo(404);
        return took;
    }

    @Test
    void the_picker_looks_for_a_hidden_name_as_long_as_for_none() {
        PersonsApp app = PersonsApp.of(server, "physician2");
        String page = app.picker();
        compare("the picker", () -> look(app, page, "Rossi"), () -> look(app, page, "Rossj"));
    }

    private static long look(PersonsApp app, String page, String name) {
        long begin = System.nanoTime();
        int status = app.look(page, name).statusCode();
        long took = System.nanoTime() - begin;
        assertThat(status).isEqualTo(200);
        return took;
    }

    @Test
    void a_hook_answers_about_a_hidden_patient_as_fast_as_about_none() {
        OutsideProbes outside = new OutsideProbes(server);
        String number = outside.number(HIDDEN);
        String none = new StringBuilder(number).reverse().toString();
        compare("a hook", () -> hook(outside, number), () -> hook(outside, none));
    }

    private static long hook(OutsideProbes outside, String number) {
        HttpRequest question = outside.question(number);
        long begin = System.nanoTime();
        String cards = outside.ask(question).body();
        long took = System.nanoTime() - begin;
        assertThat(cards).contains("NO_CONSENT");
        return took;
    }

    private static void compare(Probe one, Probe other) {
        assertThat(other.send(server, token).status())
                .isEqualTo(one.send(server, token).status());
        compare(one.toString(), () -> time(one), () -> time(other));
    }

    private static void compare(String question, LongSupplier one, LongSupplier other) {
        compare(question, PAIRS, one, other);
    }

    private static void compare(String question, int pairs, LongSupplier one, LongSupplier other) {
        AnswerTimes times = AnswerTimes.of(pairs, SEED, one, other);
        System.out.printf("%.100s: t %.2f, without the slowest %.2f%n", question, times.all(), times.cropped());
        assertThat(times).as(question).matches(AnswerTimes::equal);
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
        compare(hidden, absent);
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
