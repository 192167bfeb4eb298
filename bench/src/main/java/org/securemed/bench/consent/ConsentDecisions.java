package org.securemed.bench.consent;

import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.securemed.ledger.consent.AccessRequest;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Coverage;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.Purposes;
import org.securemed.ledger.consent.ResourceFacts;
import org.securemed.ledger.consent.SecurityLabels;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionException;
import org.securemed.ledger.consent.TransitionResult;

/**
 * Decisions a second on one core over a million active Consents of as many patients, the heap that they take, and how
 * fast states are read from their canonical bytes. One JSON line per figure.
 *
 * <pre>java -Xmx6g -cp … org.securemed.bench.consent.ConsentDecisions [patients]</pre>
 */
public final class ConsentDecisions {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final int RUNS = 7;
    private static final int DECISIONS = 2_000_000;

    private ConsentDecisions() {}

    public static void main(String[] arguments) throws TransitionException {
        int patients = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
        long before = usedHeap();
        ConsentState[] states = new ConsentState[patients];
        for (int i = 0; i < patients; i++) {
            states[i] = state(i, 1);
        }
        print("consent.heap", "bytes/active consent", (usedHeap() - before) / (double) patients, 1);
        AccessRequest[] requests = requests();
        ResourceFacts[] resources = resources();
        measure("consent.decide", "decisions/s/core", DECISIONS, seed -> decide(states, requests, resources, seed));
        measure("consent.coarse", "questions/s/core", DECISIONS, seed -> coarse(states, requests, seed));
        ConsentState[] many = {state(0, 100)};
        measure(
                "consent.decide.100-consents",
                "decisions/s/core",
                DECISIONS / 20,
                seed -> decide(many, requests, resources, seed, DECISIONS / 20));
        load(states);
    }

    private static void load(ConsentState[] states) throws TransitionException {
        int count = Math.min(states.length, 100_000);
        byte[][] snapshots = new byte[count][];
        for (int i = 0; i < count; i++) {
            snapshots[i] = states[i].canonicalBytes();
        }
        double[] rates = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
            long start = cpuNanos();
            for (byte[] snapshot : snapshots) {
                if (ConsentState.restore(snapshot).version() == 0) {
                    throw new IllegalStateException("an empty state was read");
                }
            }
            rates[run] = count * 1e9 / (cpuNanos() - start);
        }
        print("consent.state.restore", "states/s/core", median(rates), RUNS);
    }

    private static void measure(String name, String unit, int operations, IntToLongFunction work) {
        double[] rates = new double[RUNS];
        long permitted = 0;
        for (int run = -2; run < RUNS; run++) {
            long start = cpuNanos();
            permitted = work.applyAsLong(run);
            if (run >= 0) {
                rates[run] = operations * 1e9 / (cpuNanos() - start);
            }
        }
        if (permitted == 0 || permitted == operations) {
            throw new IllegalStateException("the workload of " + name + " decides nothing");
        }
        print(name, unit, median(rates), RUNS);
    }

    private static long decide(ConsentState[] states, AccessRequest[] requests, ResourceFacts[] resources, int seed) {
        return decide(states, requests, resources, seed, DECISIONS);
    }

    private static long decide(
            ConsentState[] states, AccessRequest[] requests, ResourceFacts[] resources, int seed, int operations) {
        Random random = new Random(seed);
        long permitted = 0;
        for (int i = 0; i < operations; i++) {
            ConsentState state = states[random.nextInt(states.length)];
            AccessRequest request = requests[i % requests.length];
            ResourceFacts resource = resources[i % resources.length];
            permitted += ConsentContract.decide(state, request, resource, ImplicitPolicy.DENY)
                            .permits()
                    ? 1
                    : 0;
        }
        return permitted;
    }

    private static long coarse(ConsentState[] states, AccessRequest[] requests, int seed) {
        Random random = new Random(seed);
        long some = 0;
        for (int i = 0; i < DECISIONS; i++) {
            ConsentState state = states[random.nextInt(states.length)];
            Coverage coverage =
                    ConsentContract.coarse(state, requests[i % requests.length], "Observation", ImplicitPolicy.DENY);
            some += coverage == Coverage.NONE ? 0 : 1;
        }
        return some;
    }

    /** A permit for a clinic's treatment, payment and operations of normal data, but not to one practitioner. */
    private static ConsentState state(int patient, int consents) {
        String subject = "Patient/" + patient;
        ConsentState state = ConsentState.initial(subject);
        for (int i = 0; i < consents; i++) {
            Provision provision = Provision.permit()
                    .actor("Organization/" + (patient + i) % 50)
                    .purposes(List.of(Purposes.TREAT, Purposes.HPAYMT, Purposes.HOPERAT))
                    .label(SecurityLabels.NORMAL)
                    .during(Period.until(NOW.plusSeconds(86_400L * (1 + i))))
                    .nested(Provision.deny()
                            .actor("Practitioner/" + patient % 97)
                            .build())
                    .resourceType(i % 2 == 0 ? "Observation" : "Condition")
                    .code(new org.securemed.ledger.consent.Coding("http://loinc.org", i < 1 ? "29463-7" : "x" + i))
                    .build();
            Transition grant = new Transition.Grant(
                    "t" + i, subject, Author.patient(subject, "session"), NOW, "c" + i, 1, "", provision);
            state = ConsentContract.apply(state, grant).fold(TransitionResult.Applied::state, refused -> {
                throw new IllegalStateException(refused.toString());
            });
        }
        return state;
    }

    private static AccessRequest[] requests() {
        List<AccessRequest> requests = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            requests.add(AccessRequest.by("Practitioner/" + i, i % 5 == 0 ? Purposes.HPAYMT : Purposes.ETREAT, NOW)
                    .forOrganization("Organization/" + i)
                    .forOrganization("Organization/" + (i + 25) % 50)
                    .inRole(new org.securemed.ledger.consent.Coding("http://snomed.info/sct", "309343006")));
        }
        return requests.toArray(new AccessRequest[0]);
    }

    private static ResourceFacts[] resources() {
        List<ResourceFacts> resources = new ArrayList<>();
        for (int i = 0; i < 11; i++) {
            ResourceFacts facts = ResourceFacts.of("Observation", "Observation/" + i)
                    .coded(new org.securemed.ledger.consent.Coding(
                            "http://loinc.org", i % 3 == 0 ? "8302-2" : "29463-7"));
            resources.add(i % 7 == 0 ? facts.labelled(SecurityLabels.RESTRICTED) : facts);
        }
        return resources.toArray(new ResourceFacts[0]);
    }

    /** CPU time of this thread: the machine may have other work. */
    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static long usedHeap() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void print(String name, String unit, double ours, int runs) {
        System.out.printf("{\"name\":\"%s\",\"unit\":\"%s\",\"ours\":%.0f,\"runs\":%d}%n", name, unit, ours, runs);
    }
}
