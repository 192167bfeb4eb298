package org.securemed.ledger.entry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The consent decision an entry rests on.
 *
 * @param outcome such as {@code permit} or {@code deny}, at most 16 characters
 * @param reason code of the rule that decided, at most 64 characters; null when the outcome says all
 * @param policy policy and engine version, at most 64 characters; null when the entry needed no policy
 * @param basis log indexes of the entries that carry the consents it rests on, at most 64
 */
public record Decision(
        String outcome, @Nullable String reason, @Nullable String policy, List<Long> basis) {
    public Decision {
        Limits.text("d.outcome", outcome, 16);
        Limits.optionalText("d.reason", reason, 64);
        Limits.optionalText("d.policy", policy, 64);
        if (basis.size() > 64) {
            throw new IllegalArgumentException("d.basis has %d indexes, more than 64".formatted(basis.size()));
        }
        basis = List.copyOf(basis);
        basis.forEach(index -> Limits.index("d.basis", index));
    }
}
