package org.securemed.ledger.consent;

import java.time.Instant;

/** Values that the consent tests share: one patient, some people, transitions made by the patient. */
final class Consents {
    static final String PATIENT = "Patient/anna";
    static final String DOCTOR = "Practitioner/ben";
    static final String OTHER_DOCTOR = "Practitioner/cora";
    static final String HOSPITAL = "Organization/general";
    static final String DOCUMENT = "DocumentReference/form-1";
    static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    static final Author THE_PATIENT = Author.patient(PATIENT, "session-1");
    static final Coding PHYSICIAN = new Coding("http://snomed.info/sct", "309343006");

    private Consents() {}

    static ConsentState none() {
        return ConsentState.initial(PATIENT);
    }

    static Transition.Grant grant(String consent, long version, Provision provision) {
        return new Transition.Grant(
                "t-" + consent + "-" + version, PATIENT, THE_PATIENT, NOW, consent, version, "", provision);
    }

    static Transition.Grant grant(String consent, long version, Provision.Builder provision) {
        return grant(consent, version, provision.build());
    }

    static Transition.Revoke revoke(String consent, long version) {
        return new Transition.Revoke("r-" + consent + "-" + version, PATIENT, THE_PATIENT, NOW, consent, version);
    }

    /** The state after {@code transitions}, each of which must be applied. */
    static ConsentState after(ConsentState state, Transition... transitions) {
        ConsentState at = state;
        for (Transition transition : transitions) {
            at = applied(ConsentContract.apply(at, transition));
        }
        return at;
    }

    static ConsentState granted(Provision.Builder... provisions) {
        ConsentState state = none();
        for (int i = 0; i < provisions.length; i++) {
            state = after(state, grant("c" + (i + 1), 1, provisions[i]));
        }
        return state;
    }

    static ConsentState applied(TransitionResult result) {
        return result.fold(TransitionResult.Applied::state, refused -> {
            throw new AssertionError("refused: " + refused);
        });
    }

    static TransitionResult.Refusal refusal(TransitionResult result) {
        return result.fold(
                applied -> {
                    throw new AssertionError("applied: " + applied);
                },
                TransitionResult.Refused::refusal);
    }

    static AccessRequest doctor(Coding purpose) {
        return AccessRequest.by(DOCTOR, purpose, NOW).forOrganization(HOSPITAL);
    }

    static ResourceFacts observation() {
        return ResourceFacts.of("Observation", "Observation/o1");
    }
}
