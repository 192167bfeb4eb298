package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.research.Study;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.consent.AccessRequest;
import org.securemed.ledger.consent.Action;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.Purposes;

/** Who asks, as the consent contract is asked about them. */
final class ContractRequests {
    private static final String ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    private final GroupMembers members;

    ContractRequests(GroupMembers members) {
        this.members = members;
    }

    /** The same question of somebody who has declared an emergency. */
    static AccessRequest inEmergency(AccessRequest request) {
        return new AccessRequest(
                request.user(),
                request.roles(),
                request.organizations(),
                request.groups(),
                request.clientId(),
                List.of(Purposes.BTG),
                request.action(),
                request.at());
    }

    /**
     * The question to the contract of a patient in this state; groups are looked up only where the patient names any.
     */
    AccessRequest of(Exchange exchange, ConsentState state) {
        return request(exchange, namesGroups(state) ? groups(exchange) : Set.of());
    }

    /** The question to whichever patient. */
    AccessRequest toAnybody(Exchange exchange) {
        return request(exchange, groups(exchange));
    }

    private Set<String> groups(Exchange exchange) {
        return exchange.groups(() -> members.of(exchange.requester(), exchange.started()));
    }

    private static boolean namesGroups(ConsentState state) {
        return state.active().stream()
                .flatMap(consent -> consent.activeProvision().stream())
                .anyMatch(ContractRequests::namesGroups);
    }

    private static boolean namesGroups(Provision provision) {
        return provision.actors().stream().anyMatch(actor -> GroupMembers.isGroup(actor.reference()))
                || provision.provisions().stream().anyMatch(ContractRequests::namesGroups);
    }

    private static AccessRequest request(Exchange exchange, Set<String> groups) {
        Requester requester = exchange.requester();
        Set<Coding> roles = new LinkedHashSet<>();
        requester.roles().forEach(role -> {
            roles.add(new Coding(Role.CODE_SYSTEM, role.code()));
            role.practitionerRole().ifPresent(code -> roles.add(new Coding(Role.PRACTITIONER_ROLES, code)));
        });
        requester.researchStudy().map(Study::role).ifPresent(roles::add);
        List<Coding> purposes = new ArrayList<>();
        requester.purposesOfUse().forEach(code -> purposes.add(new Coding(ACT_REASON, code)));
        if (purposes.isEmpty()) {
            // Nothing declared: only a consent that is not limited in purpose can match.
            purposes.add(new Coding(ACT_REASON, "PurposeOfUse"));
        }
        return new AccessRequest(
                requester.user().orElse("Device/" + requester.clientId()),
                roles,
                requester.organizations(),
                groups,
                requester.clientId(),
                purposes,
                Action.ACCESS,
                exchange.started());
    }
}
