package org.securemed.bench;

import java.util.SplittableRandom;
import java.util.stream.Stream;

/** One kind of request. The order is that of measuring: what adds to the database comes last. */
enum Operation {
    READ_PATIENT("read-patient") {
        @Override
        Request request(Population population, int client, int clients, SplittableRandom random) {
            return Request.get("/Patient/" + population.anyOf(random).id());
        }
    },
    READ_OBSERVATION("read-observation") {
        @Override
        Request request(Population population, int client, int clients, SplittableRandom random) {
            Population.Member member = population.anyOf(random);
            return Request.get("/Observation/"
                    + member.observations()
                            .get(random.nextInt(member.observations().size())));
        }
    },
    SEARCH_OBSERVATION_BY_PATIENT("search-observation-by-patient") {
        @Override
        Request request(Population population, int client, int clients, SplittableRandom random) {
            return Request.get(
                    "/Observation?patient=" + population.anyOf(random).id());
        }
    },
    /** Over all patients who have let the physician in. */
    SEARCH_OBSERVATION_BY_CODE("search-observation-by-code") {
        @Override
        Request request(Population population, int client, int clients, SplittableRandom random) {
            return Request.get("/Observation?code=http%3A%2F%2Floinc.org%7C8867-4");
        }
    },
    SEARCH_PATIENT_BY_IDENTIFIER("search-patient-by-identifier") {
        @Override
        Request request(Population population, int client, int clients, SplittableRandom random) {
            return Request.get("/Patient?identifier=" + population.anyOf(random).identifier());
        }
    },
    CREATE_OBSERVATION("create-observation") {
        @Override
        Request request(Population population, int client, int clients, SplittableRandom random) {
            return Request.post(
                    "/Observation", population.anyOf(random).observation().with(random));
        }
    },
    UPDATE_PATIENT("update-patient") {
        @Override
        Request request(Population population, int client, int clients, SplittableRandom random) {
            Population.Member own = population.ownOf(client, clients, random);
            return Request.put("/Patient/" + own.id(), own.demographics().with(random));
        }
    };

    private final String label;

    Operation(String label) {
        this.label = label;
    }

    /** Name on the command line and in the figures. */
    String label() {
        return label;
    }

    /** Whether the hospital's own systems do this, and not a physician with the patient's consent. */
    boolean isAdministrative() {
        return this == UPDATE_PATIENT;
    }

    static Operation labelled(String label) {
        return Stream.of(values())
                .filter(operation -> operation.label.equals(label))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException("unknown operation: " + label));
    }

    /**
     * The next request of a client.
     *
     * @param client zero-based
     * @param clients how many clients there are
     */
    abstract Request request(Population population, int client, int clients, SplittableRandom random);
}
