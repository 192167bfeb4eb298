package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.JointPartition;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.ledger.consent.ImplicitPolicy;

/** Where a requester may look: the partitions of the patients who let them in, before anything is looked at. */
final class ReadSet {
    /** The most patients that a search over all consented ones spans; beyond it a patient has to be named. */
    private static final int MOST_PATIENTS = 1000;

    /** So few that HAPI searches among them as fast as among one. */
    private static final int FEW_PATIENTS = 50;

    private static final int PAGE = 1000;

    private final PatientAccess access;
    private final ConsentStates states;
    private final OwnerIndex index;
    private final ImplicitPolicy policy;
    private final ContractRequests requests;
    private final int most;

    ReadSet(
            PatientAccess access,
            ConsentStates states,
            OwnerIndex index,
            ImplicitPolicy policy,
            ContractRequests requests) {
        this(access, states, index, policy, requests, MOST_PATIENTS);
    }

    /** @param most of how many patients a search may span what they let the requester see */
    ReadSet(
            PatientAccess access,
            ConsentStates states,
            OwnerIndex index,
            ImplicitPolicy policy,
            ContractRequests requests,
            int most) {
        this.most = most;
        this.access = access;
        this.states = states;
        this.index = index;
        this.policy = policy;
        this.requests = requests;
    }

    /** Partitions of what belongs to any of {@code patients}, as far as all whom it concerns permit to see it. */
    Set<Integer> partitions(Exchange exchange, Collection<String> patients, String type) {
        Set<Integer> partitions = new TreeSet<>();
        List<String> permitting = new ArrayList<>();
        index.partitionsOf(patients).forEach((patient, partition) -> {
            if (access.decide(exchange, patient, type).permitted()) {
                partitions.add(partition);
                permitting.add(patient);
            }
        });
        for (JointPartition joint : index.jointPartitions(permitting)) {
            if (access.permitsAll(exchange, joint.patients(), type)) {
                partitions.add(joint.partition());
            }
        }
        if (partitions.size() > most) {
            throw tooMany();
        }
        return partitions;
    }

    /** The patients who may have let the requester in: those whose consents name them, and themselves. */
    Set<String> candidates(Exchange exchange) {
        Set<String> candidates = new LinkedHashSet<>(
                states.patientsNaming(requests.toAnybody(exchange).keys()));
        own(exchange).ifPresent(candidates::add);
        if (isOpenToAll(exchange)) {
            String last = "";
            List<String> page = index.patientsAfter(last, PAGE);
            while (!page.isEmpty()) {
                candidates.addAll(page);
                last = page.get(page.size() - 1);
                page = index.patientsAfter(last, PAGE);
            }
        }
        return candidates;
    }

    private static Optional<String> own(Exchange exchange) {
        return exchange.requester()
                .user()
                .filter(user -> user.startsWith("Patient/"))
                .map(user -> user.substring("Patient/".length()));
    }

    /** Whether the implicit policy opens to the requester normal data of patients who say nothing of it. */
    private boolean isOpenToAll(Exchange exchange) {
        return PatientAccess.mayBeGranted(exchange.requester())
                && policy.permitsNormalData(requests.toAnybody(exchange));
    }

    /** Partitions of all that the requester may see of resources of {@code type}. */
    Set<Integer> partitions(Exchange exchange, String type) {
        if (isOpenToAll(exchange)) {
            return partitionsOfAll(exchange, type);
        }
        // Who says no is not there, and does not count.
        Set<String> permitting = states.patientsNaming(
                requests.toAnybody(exchange).keys(),
                patient -> access.decide(exchange, patient, type).permitted(),
                most);
        if (permitting.size() > most) {
            throw tooMany();
        }
        own(exchange).ifPresent(permitting::add);
        return partitions(exchange, permitting, type);
    }

    /** Whether so many may have let the requester in that it is worth while to find out first who is meant. */
    boolean spansMany(Exchange exchange) {
        return isOpenToAll(exchange)
                || states.namingMoreThan(requests.toAnybody(exchange).keys(), FEW_PATIENTS);
    }

    /** Partitions of all patients who let the requester see some resources of {@code type}, in parts. */
    List<List<Integer>> slices(Exchange exchange, String type) {
        List<List<Integer>> slices = new ArrayList<>();
        List<String> all = List.copyOf(candidates(exchange));
        for (int from = 0; from < all.size(); from += PAGE) {
            List<String> patients = all.subList(from, Math.min(all.size(), from + PAGE)).stream()
                    .filter(patient -> access.decide(exchange, patient, type).permitted())
                    .toList();
            List<Integer> partitions = List.copyOf(index.partitionsOf(patients).values());
            if (!partitions.isEmpty()) {
                slices.add(partitions);
            }
        }
        return slices;
    }

    /** Under a policy that opens normal data anybody may be visible who doesn't forbid it. */
    private Set<Integer> partitionsOfAll(Exchange exchange, String type) {
        Set<Integer> partitions = new TreeSet<>();
        String last = "";
        List<String> patients = index.patientsAfter(last, PAGE);
        while (!patients.isEmpty()) {
            partitions.addAll(partitions(exchange, patients, type));
            if (partitions.size() > most) {
                throw tooMany();
            }
            last = patients.get(patients.size() - 1);
            patients = index.patientsAfter(last, PAGE);
        }
        return partitions;
    }

    /** The refusal of a search that spans more than can be looked through at once. */
    static RuntimeException tooMany() {
        return Refusal.notOffered("Name the patient: too many patients have consented to search all at once.");
    }
}
