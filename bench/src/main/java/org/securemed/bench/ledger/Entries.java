package org.securemed.bench.ledger;

import java.time.Instant;
import java.util.Objects;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;

/** Entries of about 300 bytes, of ten thousand patients. */
final class Entries {
    private static final Bytes SEALED = Bytes.of(new byte[60]);

    private Entries() {}

    static Entry next(long number) {
        Instant now = Instant.now();
        return Entry.builder(EntryIds.next(now), now, "server-1", Op.READ)
                .actor("practitioner-" + number % 500)
                .role("physician")
                .purpose("TREAT")
                .resourceType("Patient")
                .patient(new Pseudonym(number * 0x9E3779B97F4A7C15L % 10_000, 1))
                .outcome(0)
                .status(200)
                .sealed(SEALED)
                .build();
    }

    static byte[] patient(Entry entry) {
        return Objects.requireNonNull(entry.patient()).toByteArray();
    }
}
