package org.securemed.ledger.log;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.securemed.ledger.entry.Pseudonym;

/** Decides what of a batch goes into a block, and what each submission's answer will be once the block is durable. */
final class BlockDraft {
    private final long firstIndex;
    private final Map<UUID, Long> known;
    private final Map<Pseudonym, Long> versions;
    private final List<Leaf> leaves = new ArrayList<>();
    private final List<UUID> staged = new ArrayList<>();
    private final Map<Pending, AppendResult> answers = new LinkedHashMap<>();

    /**
     * @param known indexes of ids that are in the log already
     * @param versions current consent versions
     */
    BlockDraft(long firstIndex, Map<UUID, Long> known, Map<Pseudonym, Long> versions) {
        this.firstIndex = firstIndex;
        this.known = new HashMap<>(known);
        this.versions = versions;
    }

    void add(Pending pending) {
        answers.put(pending, answer(pending));
    }

    List<Leaf> leaves() {
        return leaves;
    }

    List<UUID> staged() {
        return staged;
    }

    Map<Pending, AppendResult> answers() {
        return answers;
    }

    private AppendResult answer(Pending pending) {
        Submission submission = pending.submission();
        Optional<Pseudonym> stale = submission.preconditions().stream()
                .filter(condition -> versions.getOrDefault(condition.subject(), 0L) != condition.consentVersion())
                .map(Precondition::subject)
                .findFirst();
        if (stale.isPresent()) {
            return new AppendResult.Stale(stale.get());
        }
        if (!pending.staged()) {
            Optional<Long> duplicate = submission.leaves().stream()
                    .map(leaf -> Optional.ofNullable(known.get(leaf.entry().id())))
                    .flatMap(Optional::stream)
                    .findFirst();
            if (duplicate.isPresent()) {
                return new AppendResult.Duplicate(duplicate.get());
            }
        }
        return new AppendResult.Appended(submission.leaves().stream()
                .map(leaf -> place(leaf, pending.staged()))
                .toList());
    }

    private long place(Leaf leaf, boolean isStaged) {
        UUID id = leaf.entry().id();
        if (isStaged) {
            staged.add(id);
        }
        Long index = known.get(id);
        if (index != null) {
            return index;
        }
        long fresh = firstIndex + leaves.size();
        leaves.add(leaf);
        known.put(id, fresh);
        return fresh;
    }
}
