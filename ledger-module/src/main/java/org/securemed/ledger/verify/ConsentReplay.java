package org.securemed.ledger.verify;

import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.replay.RecordedTransition;
import org.securemed.ledger.replay.ReplayException;

/**
 * Replays the transitions of one patient. They may come in another order than that of their versions, because writes
 * that were committed one after the other come into the log through the outbox: early ones wait. One thread.
 */
final class ConsentReplay {
    private static final String ENTRY = CheckedEntry.TABLE;

    private final PatientKey key;
    private final Findings findings;
    private final TreeMap<Long, Placed> early = new TreeMap<>();
    private ConsentState state;
    // Once a step is wrong nothing is known of those behind it.
    private boolean broken;

    ConsentReplay(PatientKey key, Findings findings) {
        this.key = key;
        this.findings = findings;
        this.state = ConsentState.initial(key.subject());
    }

    /** @param table where the entry is: in the log or on its way there */
    void add(String table, String row, Entry entry) {
        if (broken) {
            return;
        }
        Placed placed = new Placed(table, row, entry);
        try {
            long version = RecordedTransition.version(entry);
            if (version <= state.version() || early.containsKey(version)) {
                wrong(placed, "a transition to another version than " + version, "a second one");
                return;
            }
            early.put(version, placed);
        } catch (ReplayException e) {
            wrong(placed, "a transition", String.valueOf(e.getMessage()));
        }
        for (Placed next = early.remove(state.version() + 1);
                next != null && !broken;
                next = early.remove(state.version() + 1)) {
            apply(next);
        }
    }

    /** The state that the transitions lead to; null when that could not be found out, which is a finding then. */
    @Nullable
    ConsentState finish() {
        if (!broken && !early.isEmpty()) {
            findings.add(
                    ENTRY,
                    "of pseudonym " + key.pseudonym(),
                    "*",
                    "a transition to version " + (state.version() + 1),
                    "only later ones");
            broken = true;
        }
        return broken ? null : state;
    }

    private void apply(Placed placed) {
        try {
            ConsentState after = RecordedTransition.open(placed.entry, key)
                    .applyTo(state)
                    .fold(applied -> applied.state(), refused -> {
                        wrong(placed, "a transition that the contract allows", refused.text());
                        return state;
                    });
            if (broken) {
                return;
            }
            if (!RecordedTransition.commitsTo(placed.entry, key, after)) {
                wrong(placed, "a commitment to the state that the replay leads to", "another one");
                return;
            }
            state = after;
        } catch (ReplayException e) {
            wrong(placed, "a transition sealed with the patient's key", String.valueOf(e.getMessage()));
        }
    }

    private void wrong(Placed placed, String expected, String found) {
        findings.add(placed.table, placed.row, "body", expected, found);
        broken = true;
        early.clear();
    }

    private record Placed(String table, String row, Entry entry) {}
}
