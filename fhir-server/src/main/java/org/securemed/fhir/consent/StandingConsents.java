package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.Scope;
import org.securemed.fhir.smart.TokenConsents;
import org.securemed.ledger.consent.AccessRequest;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.securemed.ledger.consent.Residual;

/**
 * What a patient's consents leave of a token, for resource servers elsewhere that ask for it: by the same rules as
 * {@link PatientAccess}, and never more than that. A declared emergency is told to nobody, and counts here only.
 */
final class StandingConsents implements TokenConsents {
    private final ConsentStates states;
    private final OwnerIndex index;
    private final ImplicitPolicy policy;
    private final ContractRequests contract;
    private final Representation representation;
    private final HouseRequests requests;

    StandingConsents(
            ConsentStates states,
            OwnerIndex index,
            ImplicitPolicy policy,
            ContractRequests contract,
            HouseRequests requests) {
        this.states = states;
        this.index = index;
        this.policy = policy;
        this.contract = contract;
        this.requests = requests;
        this.representation = new Representation(states);
    }

    @Override
    public Optional<Said> of(Requester requester) {
        return requester
                .launchPatient()
                .filter(patient -> !requester.is(Role.SYSTEM) && !requester.isForResearch())
                .map(patient -> of(requester, patient));
    }

    private Said of(Requester requester, String patient) {
        if (index.partitionOf(patient).isEmpty()) {
            return nothing(patient);
        }
        states.refresh(states.subject(patient));
        ConsentState state = states.of(patient);
        Exchange exchange = Exchange.of(
                        requests.begin(requester, RestOperationTypeEnum.READ, RequestTypeEnum.GET, "Patient"))
                .orElseThrow();
        boolean self = requester.is(Role.PATIENT)
                && requester.user().filter(("Patient/" + patient)::equals).isPresent();
        boolean acts = self || representation.is(requester, patient, exchange.started());
        if (requester.consent() != null) {
            return acts
                    ? throughApp(requester, state, requester.consent(), patient, exchange.started())
                    : nothing(patient);
        }
        if (acts) {
            return new Said(patient, List.of(), List.of(), Residual.NONE);
        }
        if (!PatientAccess.mayBeGranted(requester)) {
            return nothing(patient);
        }
        AccessRequest request = contract.of(exchange, state);
        Set<String> types = types(requester);
        List<ConsentRecord> consents = Residual.consents(state, request, types);
        return new Said(
                patient,
                consents.stream().map(ConsentRecord::id).toList(),
                consents.isEmpty() ? List.of(policy.uri()) : policies(consents),
                Residual.of(state, request, types, policy));
    }

    private static Said nothing(String patient) {
        return new Said(patient, List.of(), List.of(), Residual.NOTHING_OPEN);
    }

    /**
     * An app's own consent; who lets an app work for a patient is told less if others of the patient forbid anything.
     */
    private Said throughApp(Requester requester, ConsentState state, String consent, String patient, Instant at) {
        boolean restricted =
                requester.user().filter(("Patient/" + patient)::equals).isEmpty()
                        && ThroughApp.isRestricted(state, consent);
        if (!ThroughApp.isInForce(state, consent) || restricted) {
            return nothing(patient);
        }
        return new Said(
                patient,
                List.of(consent),
                policies(state.consent(consent).stream().toList()),
                Residual.of(state, ThroughApp.request(requester, at), types(requester), policy));
    }

    private static List<String> policies(List<ConsentRecord> consents) {
        return consents.stream()
                .map(ConsentRecord::policy)
                .filter(uri -> !uri.isEmpty())
                .distinct()
                .toList();
    }

    /** The types that the token's scopes let be seen; empty for every type. */
    private static Set<String> types(Requester requester) {
        Set<String> types = requester.scopes().scopes().stream()
                .flatMap(scope -> scope
                        .fold(
                                resource -> resource.interactions().contains(Interaction.READ)
                                                || resource.interactions().contains(Interaction.SEARCH)
                                        ? Optional.of(resource.type())
                                        : Optional.<String>empty(),
                                named -> Optional.<String>empty())
                        .stream())
                .collect(Collectors.toSet());
        return types.contains(Scope.Resource.ANY_TYPE) ? Set.of() : types;
    }
}
