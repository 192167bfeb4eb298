package org.securemed.fhir.review;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A month of an invented hospital: 48 clinicians in eight departments, 1,200 patients, days and nights, searches,
 * colleagues who cover for each other, consultations that are recorded too late or never, namesakes by chance; and
 * between all that the planted cases. All of it follows from the seed.
 */
final class SeededTraffic implements CareContext {
    private static final int CLINICIANS = 48;
    private static final int PATIENTS = 1_200;
    private static final int DEPARTMENTS = 8;
    private static final int DAYS = 30;
    private static final int PLANTED = 12;
    private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");

    private final Random random;
    private final Map<String, Identity> people = new HashMap<>();
    private final Map<String, Set<String>> departments = new HashMap<>();
    private final Set<String> care = new HashSet<>();
    private final Set<String> vips = new HashSet<>();
    private final List<Observed> stream = new ArrayList<>();
    private final Map<String, String> planted = new HashMap<>();
    private int number;

    SeededTraffic(long seed) {
        random = new Random(seed);
        people();
        normal();
        plant();
        stream.sort(Comparator.comparing(Observed::at));
    }

    /** All interactions in their order. */
    List<Observed> stream() {
        return stream;
    }

    /** The case to which an event belongs; empty if it is normal. */
    Optional<String> planted(String event) {
        return Optional.ofNullable(planted.get(event));
    }

    /** The names of all planted cases. */
    Set<String> cases() {
        return new HashSet<>(planted.values());
    }

    private void people() {
        for (int i = 0; i < CLINICIANS; i++) {
            String user = "Practitioner/" + i;
            people.put(user, person(i, "c"));
            departments.put(user, Set.of("Organization/" + i % DEPARTMENTS));
        }
        for (int i = 0; i < PATIENTS; i++) {
            String patient = "Patient/" + i;
            people.put(patient, person(i, "p"));
            int department = random.nextInt(DEPARTMENTS);
            Set<String> treated = new HashSet<>(Set.of("Organization/" + department));
            if (random.nextInt(4) == 0) {
                treated.add("Organization/" + random.nextInt(DEPARTMENTS));
            }
            departments.put(patient, treated);
            for (int carer = 0; carer < 3; carer++) {
                care.add(colleague(department) + "|" + patient);
            }
            if (random.nextInt(100) == 0) {
                vips.add(patient);
            }
        }
    }

    /** Family names as they are: some are frequent. */
    private Identity person(int i, String kind) {
        String surname = "name" + (int) (400 * Math.pow(random.nextDouble(), 2));
        return new Identity(
                Set.of(surname),
                Set.of(kind + i + " " + surname + " 1980-01-01"),
                Set.of(kind + i + " street"),
                Set.of(),
                Set.of());
    }

    private String colleague(int department) {
        return "Practitioner/" + (department + DEPARTMENTS * random.nextInt(CLINICIANS / DEPARTMENTS));
    }

    private void normal() {
        for (int day = 0; day < DAYS; day++) {
            for (int i = 0; i < CLINICIANS; i++) {
                boolean night = random.nextInt(6) == 0;
                int hour = night ? 21 : 7;
                for (int access = 0; access < 12; access++) {
                    Instant at = START.plus(Duration.ofDays(day))
                            .plus(Duration.ofMinutes(hour * 60L + random.nextInt(night ? 480 : 600)));
                    String user = "Practitioner/" + i;
                    String patient = patientOf(user);
                    if (random.nextInt(3) == 0) {
                        add(user, null, at.minusSeconds(40), Observed.Kind.SEARCHED, "ward", null);
                    }
                    add(user, patient, at, Observed.Kind.OPENED, "ward", null);
                    if (random.nextInt(40) == 0) {
                        add(user, patientOf(user), at.plusSeconds(60), Observed.Kind.DENIED, "ward", null);
                    }
                }
                add(
                        "Practitioner/" + i,
                        null,
                        START.plus(Duration.ofDays(day)).plus(Duration.ofHours(hour)),
                        Observed.Kind.CARD,
                        "ward" + random.nextInt(3),
                        null);
            }
        }
    }

    /** Nearly always one of their own; sometimes a colleague's, rarely of another department. */
    private String patientOf(String user) {
        int chance = random.nextInt(200);
        String department = departments(user).iterator().next();
        while (true) {
            String patient = "Patient/" + random.nextInt(PATIENTS);
            boolean here = departmentsOf(patient).contains(department);
            boolean fits = chance == 0 ? !here : chance < 6 ? here : cares(user, patient);
            if (fits) {
                return patient;
            }
        }
    }

    private void plant() {
        for (int i = 0; i < PLANTED; i++) {
            ownRecord(i);
            relative(i, true);
            relative(i, false);
            vip(i);
            curious(i);
            nightly(i);
            many(i);
            refused(i);
            card(i);
            quietColleague(i);
        }
    }

    private void ownRecord(int i) {
        String user = someUser();
        String patient = stranger(user, false);
        Identity own = identity(user).orElseThrow();
        people.put(patient, new Identity(own.surnames(), own.names(), own.addresses(), Set.of(), Set.of()));
        add(user, patient, daytime(), Observed.Kind.OPENED, "ward", "own-record " + i);
    }

    private void relative(int i, boolean surname) {
        String user = someUser();
        String patient = stranger(user, false);
        Identity own = identity(user).orElseThrow();
        people.put(
                patient,
                new Identity(
                        surname ? own.surnames() : Set.of("other" + i),
                        Set.of("relative" + i),
                        surname ? Set.of("elsewhere" + i) : own.addresses(),
                        Set.of(),
                        Set.of()));
        String name = (surname ? "same-surname " : "same-address ") + i;
        add(user, patient, daytime(), Observed.Kind.OPENED, "ward", name);
    }

    private void vip(int i) {
        String user = someUser();
        String patient = stranger(user, false);
        vips.add(patient);
        add(user, patient, daytime(), Observed.Kind.OPENED, "ward", "vip " + i);
    }

    private void curious(int i) {
        String user = someUser();
        Instant at = daytime();
        add(user, null, at, Observed.Kind.SEARCHED, "ward", null);
        add(user, stranger(user, true), at.plusSeconds(30), Observed.Kind.OPENED, "ward", "search-then-open " + i);
    }

    private void nightly(int i) {
        String user = someUser();
        Instant at = START.plus(Duration.ofDays(random.nextInt(DAYS))).plus(Duration.ofHours(2));
        add(user, stranger(user, true), at, Observed.Kind.OPENED, "ward", "department-mismatch at night " + i);
    }

    private void many(int i) {
        String user = someUser();
        Instant at = daytime();
        Set<String> seen = new HashSet<>();
        while (seen.size() < 25) {
            String patient = stranger(user, false);
            if (seen.add(patient)) {
                add(user, patient, at.plusSeconds(60L * seen.size()), Observed.Kind.OPENED, "ward", "volume " + i);
            }
        }
    }

    private void refused(int i) {
        String user = someUser();
        Instant at = daytime();
        Set<String> seen = new HashSet<>();
        while (seen.size() < 7) {
            String patient = stranger(user, false);
            if (seen.add(patient)) {
                add(
                        user,
                        patient,
                        at.plusSeconds(120L * seen.size()),
                        Observed.Kind.DENIED,
                        "ward",
                        "repeated-denials " + i);
            }
        }
    }

    private void card(int i) {
        String user = someUser();
        Instant at = daytime();
        add(user, null, at, Observed.Kind.CARD, "here", "card-in-two-places " + i);
        add(user, null, at.plusSeconds(90), Observed.Kind.CARD, "there", "card-in-two-places " + i);
    }

    /** A colleague's patient in the same department, by day, without a sign: as covering for somebody looks. */
    private void quietColleague(int i) {
        String user = someUser();
        add(user, stranger(user, false), daytime(), Observed.Kind.OPENED, "ward", "no sign at all " + i);
    }

    private String someUser() {
        return "Practitioner/" + random.nextInt(CLINICIANS);
    }

    private String stranger(String user, boolean elsewhere) {
        String department = departments(user).iterator().next();
        while (true) {
            String patient = "Patient/" + random.nextInt(PATIENTS);
            boolean away = !departmentsOf(patient).contains(department);
            if (!cares(user, patient) && away == elsewhere && !vips.contains(patient)) {
                return patient;
            }
        }
    }

    private Instant daytime() {
        return START.plus(Duration.ofDays(random.nextInt(DAYS)))
                .plus(Duration.ofHours(8))
                .plusSeconds(random.nextInt(30_000));
    }

    private void add(
            String user,
            @Nullable String patient,
            Instant at,
            Observed.Kind kind,
            String address,
            @Nullable String plantedAs) {
        String event = "e" + number++;
        stream.add(new Observed(event, at, user, "physician", patient, kind, address));
        if (plantedAs != null) {
            planted.put(event, plantedAs);
        }
    }

    @Override
    public Optional<Identity> identity(String reference) {
        return Optional.ofNullable(people.get(reference));
    }

    @Override
    public boolean cares(String user, String patient) {
        return care.contains(user + "|" + patient);
    }

    @Override
    public boolean isVip(String patient) {
        return vips.contains(patient);
    }

    @Override
    public Set<String> departments(String user) {
        return departments.getOrDefault(user, Set.of());
    }

    @Override
    public Set<String> departmentsOf(String patient) {
        return departments.getOrDefault(patient, Set.of());
    }
}
