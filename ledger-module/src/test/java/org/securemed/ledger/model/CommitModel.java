package org.securemed.ledger.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Two instances that write one log, as {@code Committer} does: under the head lock, or for the head that they left; a
 * read on each, and a revocation that is staged on the second one. An instance crashes at most once, and an answer to a
 * commit is lost at most once, anywhere. Every state that can be reached is looked at.
 */
final class CommitModel {
    /** What must never be. */
    enum Violation {
        ACKNOWLEDGED_AND_NOT_IN_THE_LOG,
        TWICE_IN_THE_LOG,
        READ_BEHIND_THE_REVOCATION_IT_DID_NOT_KNOW,
        COMMITTED_REVOCATION_NEVER_IN_THE_LOG,
        BUILT_ON_ANOTHER_HEAD
    }

    /** A part of the protocol that is left out, to see what it is for. */
    enum LeftOut {
        NOTHING,
        VERSIONS_ARE_COMPARED,
        THE_HEAD_IS_COMPARED,
        A_LOST_OUTCOME_IS_ASKED_FOR,
        THE_OUTBOX_IS_DRAINED_AT_A_START
    }

    private enum Phase {
        IDLE,
        DOWN,
        // A block for the trusted head is on its way.
        APPENDING,
        // Holds the head lock, has read versions.
        LOCKED,
        // Nobody told how the commit of the block ended.
        UNKNOWN
    }

    private static final String REVOCATION = "revocation";
    private static final List<String> READS = List.of("read0", "read1");

    /**
     * One instance.
     *
     * @param trusted number of blocks when it last wrote or read the head
     * @param alone whether it may write for that head without the lock
     * @param seen the consent version it read for its batch
     */
    private record Instance(Phase phase, Set<String> waiting, Set<String> batch, int trusted, boolean alone, int seen) {
        Instance in(Phase next) {
            return new Instance(next, waiting, batch, trusted, alone, seen);
        }
    }

    /**
     * All there is.
     *
     * @param log blocks, each the operations in it
     * @param versions of each read, the consent version that its decision used; -1 before
     */
    private record State(
            List<Instance> instances,
            List<Set<String>> log,
            int version,
            boolean staged,
            List<Integer> versions,
            Set<String> acknowledged,
            int crashes,
            int losses) {

        State with(int i, Instance instance) {
            List<Instance> changed = new ArrayList<>(instances);
            changed.set(i, instance);
            return new State(changed, log, version, staged, versions, acknowledged, crashes, losses);
        }

        boolean holds(String operation) {
            return log.stream().anyMatch(block -> block.contains(operation));
        }
    }

    private final LeftOut leftOut;
    private final Set<Violation> violations = EnumSet.noneOf(Violation.class);
    private final Set<State> seen = new HashSet<>();
    private final ArrayDeque<State> open = new ArrayDeque<>();

    CommitModel(LeftOut leftOut) {
        this.leftOut = leftOut;
    }

    /** Goes through all states; what was violated in any of them. */
    Set<Violation> explore() {
        Instance fresh = new Instance(Phase.IDLE, Set.of(), Set.of(), 0, false, 0);
        reach(new State(List.of(fresh, fresh), List.of(), 0, false, List.of(-1, -1), Set.of(), 0, 0));
        for (State state = open.poll(); state != null; state = open.poll()) {
            int before = seen.size() + open.size();
            judge(state);
            clients(state);
            for (int i = 0; i < 2; i++) {
                instance(state, i);
            }
            if (before == seen.size() + open.size()
                    && isQuiet(state)
                    && state.version == 1
                    && !state.holds(REVOCATION)) {
                violations.add(Violation.COMMITTED_REVOCATION_NEVER_IN_THE_LOG);
            }
        }
        return violations;
    }

    int states() {
        return seen.size();
    }

    private void reach(State state) {
        if (seen.add(state)) {
            open.add(state);
        }
    }

    private static boolean isQuiet(State state) {
        return state.instances.stream()
                .allMatch(instance -> instance.phase == Phase.IDLE && instance.waiting.isEmpty());
    }

    private void judge(State state) {
        List<String> order = new ArrayList<>();
        state.log.forEach(order::addAll);
        if (new HashSet<>(order).size() < order.size()) {
            violations.add(Violation.TWICE_IN_THE_LOG);
        }
        if (!order.containsAll(state.acknowledged)) {
            violations.add(Violation.ACKNOWLEDGED_AND_NOT_IN_THE_LOG);
        }
        for (int block = 0; block < state.log.size(); block++) {
            for (int r = 0; r < 2; r++) {
                boolean behind = state.log.subList(0, block).stream().anyMatch(b -> b.contains(REVOCATION));
                if (behind && state.log.get(block).contains(READS.get(r)) && state.versions.get(r) == 0) {
                    violations.add(Violation.READ_BEHIND_THE_REVOCATION_IT_DID_NOT_KNOW);
                }
            }
        }
    }

    /** A read is decided by the version of now; the revocation's transaction commits with its row in the outbox. */
    private void clients(State state) {
        for (int r = 0; r < 2; r++) {
            if (state.versions.get(r) < 0 && state.instances.get(r).phase != Phase.DOWN) {
                List<Integer> versions = new ArrayList<>(state.versions);
                versions.set(r, state.version);
                State decided = new State(
                        state.instances,
                        state.log,
                        state.version,
                        state.staged,
                        versions,
                        state.acknowledged,
                        state.crashes,
                        state.losses);
                reach(decided.with(r, waits(decided.instances.get(r), READS.get(r))));
            }
        }
        if (state.version == 0 && state.instances.get(1).phase != Phase.DOWN) {
            State revoked = new State(
                    state.instances,
                    state.log,
                    1,
                    true,
                    state.versions,
                    state.acknowledged,
                    state.crashes,
                    state.losses);
            reach(revoked.with(1, waits(revoked.instances.get(1), REVOCATION)));
        }
    }

    private static Instance waits(Instance instance, String operation) {
        Set<String> waiting = new TreeSet<>(instance.waiting);
        waiting.add(operation);
        return new Instance(instance.phase, waiting, instance.batch, instance.trusted, instance.alone, instance.seen);
    }

    private void instance(State state, int i) {
        Instance me = state.instances.get(i);
        boolean lockIsFree = state.instances.stream().noneMatch(other -> other.phase == Phase.LOCKED);
        switch (me.phase) {
            case IDLE -> {
                if (!me.waiting.isEmpty()) {
                    Instance taken = new Instance(me.phase, Set.of(), me.waiting, me.trusted, me.alone, me.seen);
                    if (me.alone) {
                        reach(state.with(i, taken.in(Phase.APPENDING)));
                    } else if (lockIsFree) {
                        reach(state.with(i, locked(state, taken)));
                    }
                }
            }
            case APPENDING -> {
                if (lockIsFree) {
                    append(state, i, me);
                }
            }
            case LOCKED -> write(state, i, me, admitted(state, me.batch, me.seen));
            case UNKNOWN -> {
                if (lockIsFree) {
                    askOrTryAgain(state, i, me);
                }
            }
            case DOWN -> {
                if (lockIsFree) {
                    start(state, i);
                }
            }
        }
        if (me.phase != Phase.DOWN && state.crashes == 0) {
            Instance gone = new Instance(Phase.DOWN, Set.of(), Set.of(), 0, false, 0);
            State crashed = state.with(i, gone);
            reach(new State(
                    crashed.instances,
                    crashed.log,
                    crashed.version,
                    crashed.staged,
                    crashed.versions,
                    crashed.acknowledged,
                    1,
                    crashed.losses));
        }
    }

    private static Instance locked(State state, Instance taken) {
        return new Instance(Phase.LOCKED, taken.waiting, taken.batch, state.log.size(), taken.alone, state.version);
    }

    /** One statement: only for the head it was made for, and the versions it relies on. */
    private void append(State state, int i, Instance me) {
        boolean sameHead = leftOut == LeftOut.THE_HEAD_IS_COMPARED || state.log.size() == me.trusted;
        boolean sameVersions = leftOut == LeftOut.VERSIONS_ARE_COMPARED
                || admitted(state, me.batch, state.version).equals(me.batch);
        // A unique index.
        boolean fresh = me.batch.stream().noneMatch(state::holds);
        if (sameHead && fresh && sameVersions) {
            if (state.log.size() != me.trusted) {
                violations.add(Violation.BUILT_ON_ANOTHER_HEAD);
            }
            write(state, i, me, me.batch);
        } else {
            reach(state.with(i, locked(state, me)));
        }
    }

    /** Without those whose decision another version has overtaken, and those that are in the log. */
    private Set<String> admitted(State state, Set<String> batch, int version) {
        Set<String> admitted = new TreeSet<>();
        for (String operation : batch) {
            int read = READS.indexOf(operation);
            boolean stale = read >= 0 && state.versions.get(read) != version;
            boolean there = state.holds(operation);
            if (!there && (!stale || leftOut == LeftOut.VERSIONS_ARE_COMPARED)) {
                admitted.add(operation);
            }
        }
        return admitted;
    }

    /** Commits; the answer comes, or it is lost. */
    private void write(State state, int i, Instance me, Set<String> block) {
        List<Set<String>> log = new ArrayList<>(state.log);
        if (!block.isEmpty()) {
            log.add(block);
        }
        boolean staged = state.staged && !block.contains(REVOCATION);
        State written = new State(
                state.instances,
                log,
                state.version,
                staged,
                state.versions,
                state.acknowledged,
                state.crashes,
                state.losses);
        reach(answered(written, i, me, block));
        if (state.losses == 0) {
            State lost = new State(
                    written.instances,
                    log,
                    state.version,
                    staged,
                    state.versions,
                    state.acknowledged,
                    state.crashes,
                    1);
            Instance unsure = new Instance(Phase.UNKNOWN, me.waiting, block, log.size(), me.alone, me.seen);
            reach(lost.with(i, unsure));
            // Or the transaction itself was lost.
            State undone = new State(
                    state.instances,
                    state.log,
                    state.version,
                    state.staged,
                    state.versions,
                    state.acknowledged,
                    state.crashes,
                    1);
            reach(undone.with(i, unsure));
        }
    }

    private static State answered(State state, int i, Instance me, Set<String> block) {
        Set<String> acknowledged = new TreeSet<>(state.acknowledged);
        acknowledged.addAll(block);
        State done = new State(
                state.instances,
                state.log,
                state.version,
                state.staged,
                state.versions,
                acknowledged,
                state.crashes,
                state.losses);
        return done.with(i, new Instance(Phase.IDLE, me.waiting, Set.of(), state.log.size(), true, 0));
    }

    private void askOrTryAgain(State state, int i, Instance me) {
        if (leftOut == LeftOut.A_LOST_OUTCOME_IS_ASKED_FOR) {
            write(state, i, me, me.batch);
            return;
        }
        boolean committed = !me.batch.isEmpty() && state.log.contains(me.batch);
        reach(committed ? answered(state, i, me, me.batch) : state.with(i, locked(state, me)));
    }

    /** Under the lock: what the outbox holds goes into the log. */
    private void start(State state, int i) {
        List<Set<String>> log = new ArrayList<>(state.log);
        boolean drain = state.staged && leftOut != LeftOut.THE_OUTBOX_IS_DRAINED_AT_A_START;
        if (drain && !state.holds(REVOCATION)) {
            log.add(Set.of(REVOCATION));
        }
        State drained = new State(
                state.instances,
                log,
                state.version,
                state.staged && !drain,
                state.versions,
                state.acknowledged,
                state.crashes,
                state.losses);
        reach(drained.with(i, new Instance(Phase.IDLE, Set.of(), Set.of(), log.size(), false, 0)));
    }
}
