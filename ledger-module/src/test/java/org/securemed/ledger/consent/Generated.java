package org.securemed.ledger.consent;

import static org.securemed.ledger.consent.Consents.NOW;
import static org.securemed.ledger.consent.Consents.PATIENT;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Seeded random policies, requests, resources and transitions out of small alphabets, so that they often meet. */
final class Generated {
    private static final List<String> REFERENCES = List.of(
            "Practitioner/p1",
            "Practitioner/p2",
            "PractitionerRole/r1",
            "Device/app1",
            "Organization/o1",
            "Organization/o2",
            "CareTeam/t1",
            "Group/g1",
            "RelatedPerson/f1");
    private static final List<Coding> ROLES = codings("http://roles", "doctor", "nurse");
    private static final List<Coding> PURPOSES = List.of(
            Purposes.TREAT,
            Purposes.ETREAT,
            Purposes.BTG,
            Purposes.HPAYMT,
            Purposes.HRESCH,
            Purposes.CLINTRCH,
            Purposes.UNDECLARED,
            new Coding("http://other", "FooBar"));
    private static final List<Coding> LABELS = List.of(
            SecurityLabels.NORMAL,
            SecurityLabels.RESTRICTED,
            SecurityLabels.VERY_RESTRICTED,
            SecurityLabels.sensitivity("PSY"),
            SecurityLabels.sensitivity("MH"),
            SecurityLabels.sensitivity("ETHUD"));
    private static final List<Coding> CODES = codings("http://codes", "a", "b", "c");
    private static final List<String> TYPES = List.of("Observation", "Condition", "Patient");
    private static final List<String> DATA =
            List.of("Observation/1", "Condition/1", "Patient/anna", "Encounter/1", "Practitioner/p1");

    private final Random random;

    Generated(long seed) {
        this.random = new Random(seed);
    }

    <T> T oneOf(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    Provision provision() {
        return provision(0, Set.of(ProvisionType.PERMIT, ProvisionType.DENY));
    }

    Provision provision(ProvisionType only) {
        return provision(0, Set.of(only));
    }

    private Provision provision(int depth, Set<ProvisionType> types) {
        Provision.Builder builder = Provision.of(oneOf(types.stream().sorted().toList()));
        if (chance(20)) {
            builder.during(period());
        }
        times(45, 2, () -> builder.actor(actor()));
        times(10, 2, () -> builder.action(oneOf(List.of(Action.values()))));
        times(40, 2, () -> builder.purpose(oneOf(PURPOSES)));
        times(20, 2, () -> builder.resourceType(oneOf(TYPES)));
        times(15, 2, () -> builder.code(oneOf(CODES)));
        times(25, 2, () -> builder.label(oneOf(LABELS)));
        if (chance(10)) {
            builder.dataFrom(period());
        }
        times(
                10,
                2,
                () -> builder.data(new DataReference(oneOf(List.of(DataReference.Meaning.values())), oneOf(DATA))));
        if (depth < 3) {
            times(depth == 0 ? 50 : 25, 3, () -> builder.nested(provision(depth + 1, types)));
        }
        return builder.build();
    }

    private void times(int percent, int most, Runnable action) {
        if (chance(percent)) {
            int count = 1 + below(most);
            for (int i = 0; i < count; i++) {
                action.run();
            }
        }
    }

    private Actor actor() {
        return switch (below(4)) {
            case 0 -> Actor.inRole(oneOf(ROLES));
            case 1 -> new Actor(oneOf(REFERENCES), List.of(oneOf(ROLES)));
            default -> Actor.of(oneOf(REFERENCES));
        };
    }

    Period period() {
        Instant start = instant();
        return switch (below(3)) {
            case 0 -> Period.from(start);
            case 1 -> Period.until(start);
            default -> new Period(start, start.plus(Duration.ofDays(1 + below(10))));
        };
    }

    Instant instant() {
        return NOW.plus(Duration.ofDays(below(11) - 5));
    }

    AccessRequest request() {
        AccessRequest request = AccessRequest.by(
                oneOf(List.of("Practitioner/p1", "Practitioner/p2", "RelatedPerson/f1", "Patient/other")),
                oneOf(PURPOSES),
                instant());
        request = chance(50) ? request.forOrganization(oneOf(List.of("Organization/o1", "Organization/o2"))) : request;
        request = chance(30)
                ? request.inGroup(oneOf(List.of("CareTeam/t1", "Group/g1", "PractitionerRole/r1")))
                : request;
        request = chance(40) ? request.inRole(oneOf(ROLES)) : request;
        request = chance(30) ? request.through("app1") : request;
        request = chance(15) ? request.to(oneOf(List.of(Action.values()))) : request;
        if (chance(10)) {
            List<Coding> purposes = new ArrayList<>(request.purposes());
            purposes.add(oneOf(PURPOSES));
            request = new AccessRequest(
                    request.user(),
                    request.roles(),
                    request.organizations(),
                    request.groups(),
                    request.clientId(),
                    purposes,
                    request.action(),
                    request.at());
        }
        return request;
    }

    ResourceFacts facts(String type) {
        List<Period> dates = new ArrayList<>();
        times(60, 2, () -> dates.add(chance(50) ? Period.at(instant()) : period()));
        return new ResourceFacts(
                type, type + "/1", some(LABELS), some(CODES), some(CODES), dates, some(REFERENCES), some(DATA));
    }

    String type() {
        return oneOf(TYPES);
    }

    private <T> Set<T> some(List<T> values) {
        Set<T> some = new HashSet<>();
        times(40, 2, () -> some.add(oneOf(values)));
        return some;
    }

    ImplicitPolicy policy() {
        return oneOf(List.of(ImplicitPolicy.values()));
    }

    /** A transition that often can be applied to {@code state}, and sometimes can't. */
    Transition transition(ConsentState state, int number) {
        String id = "t" + number;
        String consent = "c" + below(5);
        long version = state.consentVersion(consent) + (chance(85) ? 1 : below(3));
        version = Math.max(version, 1);
        Author author = chance(80)
                ? Author.patient(PATIENT, "s")
                : oneOf(List.of(
                        Author.recorder("Practitioner/p1", "DocumentReference/d"),
                        Author.representative("RelatedPerson/f1", "s"),
                        Author.user("Practitioner/p2", "s"),
                        Author.custodian("Device/server", "job")));
        Instant at = instant();
        return switch (below(9)) {
            case 0, 1, 2 -> new Transition.Grant(id, PATIENT, author, at, consent, version, "", provision());
            case 3 -> new Transition.Amend(id, PATIENT, author, at, consent, version, "http://policy", provision());
            case 4 -> new Transition.Revoke(id, PATIENT, author, at, consent, version);
            case 5 -> new Transition.Expire(id, PATIENT, author, at, consent, version);
            case 6 ->
                new Transition.BreakGlass(
                        id,
                        PATIENT,
                        Author.user("Practitioner/p1", "s"),
                        at,
                        "why: \"\u00e9\u4e2d\"",
                        at.plusSeconds(3600));
            case 7 -> new Transition.Appoint(id, PATIENT, author, at, "RelatedPerson/f1", at.plusSeconds(86400));
            default -> new Transition.Dismiss(id, PATIENT, author, at, "RelatedPerson/f1");
        };
    }

    private static List<Coding> codings(String system, String... codes) {
        List<Coding> codings = new ArrayList<>();
        for (String code : codes) {
            codings.add(new Coding(system, code));
        }
        return codings;
    }
}
