package org.securemed.ledger.fuzz;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** A trust policy by the letter of C2SP tlog-policy, for text that is one: to compare with. */
final class NaivePolicy {
    private static final int SUBSETS = 24;

    private final List<String> witnesses = new ArrayList<>();
    private final Map<String, List<String>> groups = new HashMap<>();
    private String quorum = "";

    NaivePolicy(String text) {
        for (String line : text.split("\n")) {
            List<String> words = new ArrayList<>(List.of(line.strip().split("[ \t]+")));
            switch (words.get(0)) {
                case "witness" -> witnesses.add(words.get(1));
                case "group" -> groups.put(words.get(1), words.subList(2, words.size()));
                case "quorum" -> quorum = words.get(1);
                default -> {
                    // A log, a comment, or nothing: no matter for who must cosign.
                }
            }
        }
    }

    List<String> witnesses() {
        return witnesses;
    }

    boolean isMetBy(Set<String> cosigners) {
        return quorum.equals("none") || holds(quorum, cosigners);
    }

    /** None, all, and some in between, the same each time. */
    List<Set<String>> someSubsets() {
        SplittableRandom random = new SplittableRandom(witnesses.size());
        List<Set<String>> subsets = new ArrayList<>(List.of(Set.of(), Set.copyOf(witnesses)));
        for (int i = 0; i < SUBSETS; i++) {
            Set<String> subset = new HashSet<>();
            witnesses.stream().filter(witness -> random.nextBoolean()).forEach(subset::add);
            subsets.add(subset);
        }
        return subsets;
    }

    private boolean holds(String name, Set<String> cosigners) {
        List<String> group = groups.get(name);
        if (group == null) {
            return cosigners.contains(name);
        }
        List<String> members = group.subList(1, group.size());
        long holding =
                members.stream().filter(member -> holds(member, cosigners)).count();
        return switch (group.get(0)) {
            case "any" -> holding >= 1;
            case "all" -> holding == members.size();
            default -> holding >= Long.parseLong(group.get(0));
        };
    }
}
