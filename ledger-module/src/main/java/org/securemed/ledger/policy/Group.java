package org.securemed.ledger.policy;

import java.util.List;

/**
 * A group of witnesses and groups: it has witnessed what {@code threshold} of its members have.
 *
 * @param threshold 1 to the number of members
 */
record Group(int threshold, List<String> members) {
    Group {
        if (threshold < 1 || threshold > members.size()) {
            throw new IllegalArgumentException(
                    "a threshold of %d is not within the %d members".formatted(threshold, members.size()));
        }
        members = List.copyOf(members);
    }
}
