package org.securemed.bench;

import java.util.List;
import java.util.SplittableRandom;

/** The patients of one server, as a driver needs them. */
record Population(List<Member> members) {

    /**
     * One patient.
     *
     * @param id logical id on this server
     * @param identifier {@code system|value}, ready for a URL
     * @param observations logical ids on this server, at least one
     * @param demographics the Patient, to update it
     * @param observation an Observation of this patient, to create it
     */
    record Member(
            String id, String identifier, List<String> observations, Template demographics, Template observation) {
        Member {
            observations = List.copyOf(observations);
        }
    }

    Population {
        members = List.copyOf(members);
    }

    Member anyOf(SplittableRandom random) {
        return members.get(random.nextInt(members.size()));
    }

    /** One of the patients that only this client updates. */
    Member ownOf(int client, int clients, SplittableRandom random) {
        int own = (members.size() - client + clients - 1) / clients;
        return members.get(client + clients * random.nextInt(own));
    }
}
