package org.securemed.fhir.consent;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What a patient wanted, one change after the other, and what others saw meanwhile; checked afterwards for being
 * linearizable: as if each change and each look had happened at one moment between its beginning and its end. Times are
 * {@link System#nanoTime()}. Many may look at once, one changes.
 *
 * @see <a href="https://doi.org/10.1145/78969.78972">Herlihy, Wing: Linearizability</a>
 */
public final class WillHistory {
    /** A change of will, from when it was asked for until it was acknowledged. */
    private record Change(long begin, long end, boolean granted) {}

    /**
     * One look.
     *
     * @param late whether what was granted may be seen a while later here; what was ended may not
     */
    private record Look(String what, long begin, long end, boolean saw, boolean late) {}

    private final List<Change> changes = new CopyOnWriteArrayList<>();
    private final Queue<Look> looks = new ConcurrentLinkedQueue<>();

    /** Nothing is granted to begin with. */
    public WillHistory() {
        changes.add(new Change(Long.MIN_VALUE, Long.MIN_VALUE, false));
    }

    /** Notes a change. */
    public void changed(long begin, long end, boolean granted) {
        changes.add(new Change(begin, end, granted));
    }

    /** Notes a look. */
    public void saw(String what, long begin, long end, boolean saw, boolean late) {
        looks.add(new Look(what, begin, end, saw, late));
    }

    /** How many looks saw it, or didn't. */
    public long count(boolean saw) {
        return looks.stream().filter(look -> look.saw() == saw).count();
    }

    /** Looks that no order of moments explains. */
    public List<String> violations() {
        List<Look> inOrder = looks.stream()
                .filter(look -> look.saw() || !look.late())
                .sorted(Comparator.comparingLong(Look::begin))
                .toList();
        List<Look> ended = new ArrayList<>(inOrder);
        ended.sort(Comparator.comparingLong(Look::end));
        List<String> violations = new ArrayList<>();
        // The latest state that a look that had ended before must have seen.
        int least = 0;
        int next = 0;
        Map<Look, Integer> states = new IdentityHashMap<>();
        for (Look look : inOrder) {
            while (next < ended.size() && ended.get(next).end() < look.begin()) {
                least = Math.max(least, states.getOrDefault(ended.get(next++), 0));
            }
            int state = Math.max(least, first(look));
            while (state <= last(look) && changes.get(state).granted() != look.saw()) {
                state++;
            }
            if (state > last(look)) {
                violations.add(look.toString());
            } else {
                states.put(look, state);
            }
        }
        return violations;
    }

    /** The change that was acknowledged last before a look began. */
    private int first(Look look) {
        int first = 0;
        while (first + 1 < changes.size() && changes.get(first + 1).end() < look.begin()) {
            first++;
        }
        return first;
    }

    /** The change that was asked for last before a look ended. */
    private int last(Look look) {
        int last = 0;
        while (last + 1 < changes.size() && changes.get(last + 1).begin() < look.end()) {
            last++;
        }
        return last;
    }
}
