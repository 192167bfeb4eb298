package org.securemed.ledger.erasure;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.securemed.ledger.entry.Pseudonym;

/**
 * A bounded number of unwrapped keys, the least recently used goes first, each for a bounded time: another instance may
 * erase a patient. All state is guarded by this object's monitor.
 */
final class KeyCache {
    private final int capacity;
    private final Duration maxAge;
    private final Clock clock;
    private final LinkedHashMap<Pseudonym, Cached> byPseudonym = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, Pseudonym> bySubject = new HashMap<>();

    KeyCache(int capacity, Duration maxAge, Clock clock) {
        this.capacity = capacity;
        this.maxAge = maxAge;
        this.clock = clock;
    }

    synchronized Optional<PatientKey> get(Pseudonym pseudonym) {
        Cached cached = byPseudonym.get(pseudonym);
        if (cached == null) {
            return Optional.empty();
        }
        if (clock.instant().isAfter(cached.until)) {
            evict(pseudonym);
            return Optional.empty();
        }
        return Optional.of(cached.key);
    }

    synchronized Optional<PatientKey> get(String subject) {
        Pseudonym pseudonym = bySubject.get(subject);
        return pseudonym == null ? Optional.empty() : get(pseudonym);
    }

    synchronized void put(PatientKey key) {
        byPseudonym.put(key.pseudonym(), new Cached(key, clock.instant().plus(maxAge)));
        bySubject.put(key.subject(), key.pseudonym());
        if (byPseudonym.size() > capacity) {
            evict(byPseudonym.keySet().iterator().next());
        }
    }

    synchronized void evict(Pseudonym pseudonym) {
        Cached gone = byPseudonym.remove(pseudonym);
        if (gone != null) {
            bySubject.remove(gone.key.subject(), pseudonym);
        }
    }

    private record Cached(PatientKey key, Instant until) {}
}
