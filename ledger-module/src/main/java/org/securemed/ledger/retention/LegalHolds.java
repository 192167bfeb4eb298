package org.securemed.ledger.retention;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;

/**
 * The legal holds of a log, told in the order of its entries: an entry with op {@code hold} about a patient, or about
 * none and then about the whole log, stops pruning until one with op {@code hold.release} names its id. One thread at a
 * time.
 */
public final class LegalHolds {
    private static final String RELEASE = "ledger-hold-release/v1\n";

    private final Map<UUID, Optional<Pseudonym>> active = new LinkedHashMap<>();

    /** What an entry that releases a hold states. */
    public static String release(UUID hold) {
        return RELEASE + hold + "\n";
    }

    /** Takes the next entry with op {@code hold} or {@code hold.release} in. */
    public void add(Entry entry) {
        if (entry.op().equals(Op.HOLD)) {
            active.put(entry.id(), Optional.ofNullable(entry.patient()));
        } else if (entry.op().equals(Op.HOLD_RELEASE)) {
            released(entry.statement()).ifPresent(active::remove);
        }
    }

    /** Whether the whole log is held. */
    public boolean isWhole() {
        return active.containsValue(Optional.<Pseudonym>empty());
    }

    /** Whether entries about this patient, or about none, are held. */
    public boolean covers(@Nullable Pseudonym patient) {
        return isWhole() || patient != null && active.containsValue(Optional.of(patient));
    }

    /** Ids of the entries of holds that are not released. */
    public Map<UUID, Optional<Pseudonym>> active() {
        return Map.copyOf(active);
    }

    private static Optional<UUID> released(@Nullable String statement) {
        if (statement == null || !statement.startsWith(RELEASE)) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    UUID.fromString(statement.substring(RELEASE.length()).strip()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
