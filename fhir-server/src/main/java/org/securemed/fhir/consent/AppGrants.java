package org.securemed.fhir.consent;

import java.time.Instant;
import java.util.Optional;
import org.hl7.fhir.r4.model.Consent;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.AppAuthorizations;
import org.securemed.fhir.smart.AppConsents;
import org.securemed.fhir.smart.AppUser;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;

/**
 * Writes what patients, and those who act for them, grant to apps as FHIR Consents, and with them the transitions of
 * the contract, in the transaction that stores the authorization.
 */
final class AppGrants implements AppConsents {
    private final HouseRequests requests;
    private final AppAuthorizations apps;
    private final OwnerIndex index;
    private final Representation representation;
    private final GrantEntries granted;
    private final String issuer;

    AppGrants(
            HouseRequests requests,
            AppAuthorizations apps,
            OwnerIndex index,
            Representation representation,
            GrantEntries granted,
            String issuer) {
        this.requests = requests;
        this.granted = granted;
        this.representation = representation;
        this.apps = apps;
        this.index = index;
        this.issuer = issuer;
    }

    @Override
    public void prepare(App app, AppUser user) {
        boolean known = index.find(AppConsent.device(app.clientId(), user.fhirUser()))
                .filter(ownership -> !ownership.deleted())
                .isPresent();
        if (!known) {
            requests.put(Requester.custodian(issuer), AppConsent.device(app, user.fhirUser(), issuer));
        }
    }

    @Override
    public Optional<Written> granted(Granted granted) {
        Optional<String> patient = patient(granted);
        if (patient.isEmpty() || !AppConsent.opensData(granted.scopes())) {
            return Optional.empty();
        }
        for (String before :
                apps.inForce(granted.user().username(), granted.app().clientId(), patient.get())) {
            end(granted.person(), before);
        }
        return Optional.of(
                new Written(requests.create(granted.person(), AppConsent.of(granted, patient.get())), patient.get()));
    }

    @Override
    public void ended(Written consent, @Nullable Requester person) {
        boolean own = person != null
                && (person.user()
                                .filter(("Patient/" + consent.patient())::equals)
                                .isPresent()
                        || representation.is(person, consent.patient(), Instant.now()));
        end(own && person != null ? person : Requester.custodian(issuer), consent.id());
    }

    @Override
    public Optional<Long> position(Written consent) {
        return granted.position(consent.patient(), consent.id());
    }

    private void end(Requester requester, String consent) {
        requests.change(requester, Consent.class, consent, stored -> {
            stored.setStatus(Consent.ConsentState.INACTIVE);
            return stored;
        });
    }

    /**
     * Whose consent it is: a patient's, about their own record, or that of the patient for whom somebody acts. What
     * others let an app do is their own right.
     */
    private Optional<String> patient(Granted granted) {
        String user = granted.user().fhirUser();
        String chosen = granted.patient();
        if (chosen != null && representation.is(granted.person(), chosen, Instant.now())) {
            return Optional.of(chosen);
        }
        return granted.user().roles().contains(Role.PATIENT) && user != null && user.startsWith("Patient/")
                ? Optional.of(user.substring("Patient/".length()))
                : Optional.empty();
    }
}
