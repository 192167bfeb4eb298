package org.securemed.fhir.review;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.review.Suspicion.Rule;

/**
 * Looks at what people did, in its order, and says of what of it somebody should look at it and why. Every rule can be
 * explained to the person whom it is about; nothing is learnt from data. One thread.
 */
final class AnomalyDetector {
    /** What the rules remember of a person. */
    static final Duration MEMORY = Duration.ofHours(1);

    private static final int MOST_REMEMBERED = 5_000;
    private static final int MOST_OPENINGS = 100_000;

    private final CareContext context;
    private final ReviewProperties settings;
    private final Map<String, Deque<Observed>> recent = new HashMap<>();
    /** What was looked at already: most accesses repeat one of the same day, and looking costs several queries. */
    private final Map<String, Boolean> openings = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > MOST_OPENINGS;
        }
    };

    AnomalyDetector(CareContext context, ReviewProperties settings) {
        this.context = context;
        this.settings = settings;
    }

    /**
     * What somebody should look at.
     *
     * @param observed the interaction that made it one
     * @param score of all reasons together: one minus the product of what each leaves over
     * @param reasons at least one
     * @param events ids of the AuditEvents that show it, the last one the newest
     */
    record Finding(Observed observed, double score, List<Suspicion> reasons, List<String> events) {
        Finding {
            reasons = List.copyOf(reasons);
            events = List.copyOf(events);
        }
    }

    /** Takes in the next interaction; a finding if there is reason enough. */
    Optional<Finding> observe(Observed now) {
        Deque<Observed> own = recent.computeIfAbsent(now.user(), key -> new ArrayDeque<>());
        Instant since = now.at().minus(MEMORY);
        while (!own.isEmpty() && (own.peekFirst().at().isBefore(since) || own.size() >= MOST_REMEMBERED)) {
            own.pollFirst();
        }
        Set<String> events = new LinkedHashSet<>();
        List<Suspicion> reasons = new ArrayList<>();
        switch (now.kind()) {
            case OPENED -> opened(now, own, reasons, events);
            case DENIED -> denied(now, own, reasons, events);
            case CARD -> card(now, own, reasons, events);
            case BLOCKED_CARD -> add(reasons, Rule.BLOCKED_CARD, "A card of theirs was used that is blocked.");
            case CARD_TOO_OFTEN ->
                add(reasons, Rule.CARD_TOO_OFTEN, "A card of theirs is used more often than hands can.");
            default -> {}
        }
        own.addLast(now);
        forget(since);
        reasons.removeIf(reason -> reason.score() <= 0);
        double score = score(reasons);
        if (reasons.isEmpty() || score < settings.threshold()) {
            return Optional.empty();
        }
        events.add(now.event());
        return Optional.of(new Finding(now, score, reasons, List.copyOf(events)));
    }

    private void opened(Observed now, Deque<Observed> own, List<Suspicion> reasons, Set<String> events) {
        String patient = now.patient();
        if (patient == null || !isFirst(now, patient)) {
            return;
        }
        Optional<Identity> user = context.identity(now.user());
        Optional<Identity> subject = context.identity(patient);
        if (user.isPresent() && subject.isPresent() && user.get().isSamePerson(subject.get())) {
            add(reasons, Rule.OWN_RECORD, "The record is most likely their own.");
            return;
        }
        if (context.cares(now.user(), patient)) {
            return;
        }
        add(reasons, Rule.NO_CARE_RELATIONSHIP, "No record of care names both.");
        if (user.isPresent() && subject.isPresent()) {
            if (user.get().sharesSurname(subject.get())) {
                add(reasons, Rule.SAME_SURNAME, "Both have the same family name.");
            }
            if (user.get().sharesHome(subject.get())) {
                add(reasons, Rule.SAME_ADDRESS, "Both have the same address or telephone number.");
            }
        }
        if (isOffHours(now.at())) {
            add(reasons, Rule.OFF_HOURS, "It was outside of the working hours.");
        }
        if (context.isVip(patient)) {
            add(reasons, Rule.VIP, "The patient is labelled VIP.");
        }
        Set<String> departments = context.departments(now.user());
        Set<String> treated = context.departmentsOf(patient);
        if (!departments.isEmpty() && !treated.isEmpty() && departments.stream().noneMatch(treated::contains)) {
            add(reasons, Rule.DEPARTMENT_MISMATCH, "The patient was never treated where they work.");
        }
        searched(now, own, reasons, events);
        volume(now, own, reasons, events);
    }

    private void searched(Observed now, Deque<Observed> own, List<Suspicion> reasons, Set<String> events) {
        Instant since = now.at().minus(settings.searchWindow());
        boolean openedBefore = own.stream()
                .anyMatch(before -> before.kind() == Observed.Kind.OPENED
                        && before.patient() != null
                        && before.patient().equals(now.patient()));
        own.stream()
                .filter(before ->
                        before.kind() == Observed.Kind.SEARCHED && !before.at().isBefore(since))
                .reduce((one, later) -> later)
                .filter(search -> !openedBefore)
                .ifPresent(search -> {
                    add(reasons, Rule.SEARCH_THEN_OPEN, "They had searched for patients right before.");
                    events.add(search.event());
                });
    }

    private void volume(Observed now, Deque<Observed> own, List<Suspicion> reasons, Set<String> events) {
        Map<String, String> strangers = new HashMap<>();
        for (Observed before : own) {
            String patient = before.patient();
            if (before.kind() == Observed.Kind.OPENED && patient != null && !strangers.containsKey(patient)) {
                strangers.put(patient, before.event());
            }
        }
        if (strangers.size() + 1 < settings.patientsPerHour()) {
            return;
        }
        strangers.keySet().removeIf(patient -> context.cares(now.user(), patient));
        strangers.put(String.valueOf(now.patient()), now.event());
        if (strangers.size() >= settings.patientsPerHour()) {
            add(
                    reasons,
                    Rule.VOLUME,
                    "%d patients without a care relationship within an hour.".formatted(strangers.size()));
            strangers.values().stream().sorted().limit(50).forEach(events::add);
        }
    }

    private void denied(Observed now, Deque<Observed> own, List<Suspicion> reasons, Set<String> events) {
        List<Observed> refused = new ArrayList<>(own.stream()
                .filter(before -> before.kind() == Observed.Kind.DENIED)
                .toList());
        refused.add(now);
        Set<@Nullable String> patients = refused.stream().map(Observed::patient).collect(Collectors.toSet());
        if (patients.size() >= settings.denialsPerHour()) {
            add(
                    reasons,
                    Rule.REPEATED_DENIALS,
                    "%d patients within an hour who do not let them in.".formatted(patients.size()));
            refused.stream().limit(50).forEach(one -> events.add(one.event()));
        }
    }

    private void card(Observed now, Deque<Observed> own, List<Suspicion> reasons, Set<String> events) {
        Instant since = now.at().minus(settings.cardWindow());
        own.stream()
                .filter(before -> before.kind() == Observed.Kind.CARD
                        && !before.at().isBefore(since)
                        && before.address() != null
                        && now.address() != null
                        && !before.address().equals(now.address()))
                .findFirst()
                .ifPresent(elsewhere -> {
                    add(reasons, Rule.CARD_IN_TWO_PLACES, "The same card was used at another place right before.");
                    events.add(elsewhere.event());
                });
    }

    /**
     * Whether nothing of this patient was opened by this person on this day before, in or outside the working hours.
     */
    private boolean isFirst(Observed now, String patient) {
        String opening = now.user() + "|" + patient + "|" + LocalDate.ofInstant(now.at(), settings.zone()) + "|"
                + isOffHours(now.at());
        return openings.put(opening, true) == null;
    }

    private boolean isOffHours(Instant at) {
        LocalTime time = at.atZone(settings.zone()).toLocalTime();
        return time.isBefore(settings.dayBegins()) || !time.isBefore(settings.dayEnds());
    }

    private void add(List<Suspicion> reasons, Rule rule, String evidence) {
        reasons.add(new Suspicion(rule, settings.weight(rule), evidence));
    }

    private static double score(List<Suspicion> reasons) {
        double left = 1;
        for (Suspicion reason : reasons) {
            left *= 1 - reason.score();
        }
        return 1 - left;
    }

    /** Whoever has done nothing for a while is not remembered. */
    private void forget(Instant since) {
        if (recent.size() > 10_000) {
            recent.values().removeIf(own -> own.isEmpty() || own.peekLast().at().isBefore(since));
        }
    }
}
