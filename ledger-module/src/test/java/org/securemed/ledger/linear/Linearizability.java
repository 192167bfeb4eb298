package org.securemed.ledger.linear;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Whether a history of overlapping calls can be explained by calls one after the other, each at some moment between its
 * start and its end: the search of Wing and Gong (1993), with Lowe's memory of states already tried.
 */
public final class Linearizability {
    private Linearizability() {}

    /**
     * Searches for an order.
     *
     * @return the order, or empty if there is none
     */
    public static <S> Optional<List<Operation<S>>> order(S initial, List<Operation<S>> history) {
        List<Operation<S>> calls = new ArrayList<>(history);
        calls.sort(Comparator.comparingLong(Operation::start));
        Set<Tried<S>> tried = new HashSet<>();
        Deque<Step<S>> path = new ArrayDeque<>();
        BitSet done = new BitSet(calls.size());
        S state = initial;
        int next = 0;
        while (!isComplete(calls, done)) {
            int candidate = candidate(calls, done, next);
            if (candidate < 0) {
                if (path.isEmpty()) {
                    return Optional.empty();
                }
                Step<S> back = path.pop();
                done.clear(back.index);
                state = back.before;
                next = back.index + 1;
                continue;
            }
            Optional<S> after = calls.get(candidate).effect().apply(state);
            next = candidate + 1;
            if (after.isPresent()) {
                done.set(candidate);
                if (tried.add(new Tried<>((BitSet) done.clone(), after.get()))) {
                    path.push(new Step<>(candidate, state));
                    state = after.get();
                    next = 0;
                } else {
                    done.clear(candidate);
                }
            }
        }
        List<Operation<S>> order = new ArrayList<>();
        path.descendingIterator().forEachRemaining(step -> order.add(calls.get(step.index)));
        return Optional.of(order);
    }

    /** The next call from {@code from} on that no other undone call precedes in real time; -1 if there is none. */
    private static <S> int candidate(List<Operation<S>> calls, BitSet done, int from) {
        long firstEnd = Long.MAX_VALUE;
        for (int i = done.nextClearBit(0); i < calls.size(); i = done.nextClearBit(i + 1)) {
            firstEnd = Math.min(firstEnd, calls.get(i).end());
        }
        for (int i = done.nextClearBit(from); i < calls.size(); i = done.nextClearBit(i + 1)) {
            if (calls.get(i).start() > firstEnd) {
                return -1;
            }
            return i;
        }
        return -1;
    }

    /** Whether only calls are left that never answered. */
    private static <S> boolean isComplete(List<Operation<S>> calls, BitSet done) {
        for (int i = done.nextClearBit(0); i < calls.size(); i = done.nextClearBit(i + 1)) {
            if (calls.get(i).end() != Long.MAX_VALUE) {
                return false;
            }
        }
        return true;
    }

    private record Step<S>(int index, S before) {}

    private record Tried<S>(BitSet done, S state) {}
}
