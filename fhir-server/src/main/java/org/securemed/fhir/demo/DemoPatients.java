package org.securemed.fhir.demo;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.hl7.fhir.r4.model.Bundle;

/**
 * The demonstration's patients, made from a seed.
 *
 * <p>A patient depends on the seed and on their own number only: the first ten of forty are the ten that
 * {@code patients(10)} gives. Nobody here is or was a real person; numbers and addresses are from ranges reserved for
 * examples where such a range exists.
 *
 * <p>Immutable; each call makes new resources, which the caller may change.
 */
public final class DemoPatients {
    /** How many patients the demonstration loads. */
    public static final int COUNT = 40;

    /** The seed of the demonstration. */
    public static final long SEED = 20261101L;

    private final long seed;

    private DemoPatients(long seed) {
        this.seed = seed;
    }

    /** The patients that {@code ./dev demo} loads. */
    public static DemoPatients standard() {
        return seeded(SEED);
    }

    /** The patients of another seed. */
    public static DemoPatients seeded(long seed) {
        return new DemoPatients(seed);
    }

    /**
     * Organizations, practitioners, their roles and locations: a transaction of PUTs with the fixed ids of
     * {@link Hospital}. It has to be stored before any patient, and may be stored again.
     */
    public Bundle shared() {
        return Hospital.bundle();
    }

    /** All {@value #COUNT} patients. */
    public List<DemoPatient> patients() {
        return patients(COUNT);
    }

    /**
     * The first patients.
     *
     * @param count how many, at least 0; beyond {@value #COUNT} names begin to repeat, record numbers do not
     */
    public List<DemoPatient> patients(int count) {
        return IntStream.range(0, count).mapToObj(this::patient).toList();
    }

    /**
     * One patient.
     *
     * @param number zero-based
     */
    public DemoPatient patient(int number) {
        if (number < 0) {
            throw new IllegalArgumentException("no patient has the number %d".formatted(number));
        }
        SplittableRandom random = new SplittableRandom(seed ^ (0x9E3779B97F4A7C15L * (number + 1)));
        return new Chart(number, random).write();
    }
}
