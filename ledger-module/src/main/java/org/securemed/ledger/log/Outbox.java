package org.securemed.ledger.log;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.securemed.ledger.checkpoint.SigningException;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.merkle.Hash;

/** Entries between the caller's commit and their block. */
final class Outbox {
    static final UUID BEFORE_ALL = new UUID(0, 0);
    private static final int PAGE = 512;

    private final LogStore store;
    private final String origin;
    private final SigningKey instanceKey;
    private final Hash instanceKeyId;
    private final KeyEntries keys;
    private final Alarm alarm;
    private final Set<UUID> alarmed = new HashSet<>();

    Outbox(LogStore store, String origin, SigningKey instanceKey, KeyEntries keys, Alarm alarm) {
        this.store = store;
        this.origin = origin;
        this.instanceKey = instanceKey;
        this.instanceKeyId = instanceKey.verifyKey().fingerprint();
        this.keys = keys;
        this.alarm = alarm;
    }

    void stage(Connection connection, List<Leaf> leaves) {
        try {
            store.stage(
                    connection,
                    leaves.stream()
                            .map(leaf -> StagedEntry.sign(origin, leaf, instanceKey, instanceKeyId))
                            .toList());
        } catch (SigningException e) {
            throw new LedgerUnavailableException("staged entries are not signed", e);
        }
    }

    /**
     * A page of staged entries that an instance signed whose key is in force, in the order of their ids. Forged rows
     * are reported, once each, and left where they are. One thread at a time.
     */
    Page genuine(LogStore.Session session, UUID after) {
        List<StagedEntry> rows = session.staged(after, PAGE);
        keys.refresh(session);
        List<Leaf> leaves = new ArrayList<>();
        for (StagedEntry row : rows) {
            verified(row)
                    .ifPresentOrElse(
                            leaves::add,
                            () -> raise("outbox-forged", row.id(), "is not signed by a certified instance"));
        }
        boolean last = rows.size() < PAGE;
        return new Page(
                leaves,
                last ? Optional.empty() : Optional.of(rows.get(rows.size() - 1).id()));
    }

    /** Reports rows that were taken away, once each, and says how many are missing. One thread at a time. */
    int reportLost(LogStore.Session session) {
        List<UUID> lost = session.lost(PAGE);
        lost.forEach(id -> raise("outbox-lost", id, "was staged and is gone"));
        return lost.size();
    }

    private Optional<Leaf> verified(StagedEntry row) {
        Optional<VerifyKey> key = keys.inForce(row.keyId());
        if (key.isEmpty() || !row.signedBy(key.get(), origin)) {
            return Optional.empty();
        }
        try {
            byte[] body = row.body().toByteArray();
            Entry entry = Entry.parse(body);
            return entry.id().equals(row.id()) ? Optional.of(Leaf.of(entry, body)) : Optional.empty();
        } catch (EntryException e) {
            return Optional.empty();
        }
    }

    private void raise(String code, UUID id, String what) {
        if (alarmed.size() < 10_000 && alarmed.add(id)) {
            alarm.raise(code, "ledger_outbox " + id + " " + what);
        }
    }

    /**
     * @param leaves in order
     * @param next where the next page starts; empty after the last
     */
    record Page(List<Leaf> leaves, Optional<UUID> next) {}
}
