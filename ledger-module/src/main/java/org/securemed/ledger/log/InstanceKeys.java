package org.securemed.ledger.log;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.CosignerCertificate;
import org.securemed.ledger.checkpoint.InstanceCertificate;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.merkle.Hash;

/** The instance keys that the log key certified in entries of this log. Thread safe. */
final class InstanceKeys {
    private static final int PAGE = 256;

    private final VerifyKey logKey;
    private final Map<Hash, VerifyKey> certified = new ConcurrentHashMap<>();
    private final Set<CosignVerifyKey> cosigners = ConcurrentHashMap.newKeySet();

    InstanceKeys(VerifyKey logKey) {
        this.logKey = logKey;
    }

    /** The key with this fingerprint; looked for in the log when it is not known yet. */
    Optional<VerifyKey> find(Hash fingerprint, LogStore.Session session) {
        VerifyKey known = certified.get(fingerprint);
        if (known == null) {
            load(session);
            known = certified.get(fingerprint);
        }
        return Optional.ofNullable(known);
    }

    /** The cosigners that must sign every checkpoint, as the log has them now. */
    Set<CosignVerifyKey> cosigners(LogStore.Session session) {
        load(session);
        return Set.copyOf(cosigners);
    }

    private void load(LogStore.Session session) {
        long from = 0;
        while (true) {
            var page = session.entries(Op.KEY, from, PAGE);
            for (StoredEntry stored : page) {
                learn(stored);
                from = stored.index() + 1;
            }
            if (page.size() < PAGE) {
                return;
            }
        }
    }

    private void learn(StoredEntry stored) {
        String statement = stored.entry().statement();
        if (statement == null) {
            return;
        }
        try {
            if (CosignerCertificate.isClaimedBy(statement)) {
                cosigners.add(CosignerCertificate.verify(SignedNote.parse(statement), logKey)
                        .key());
            }
            if (!InstanceCertificate.isClaimedBy(statement)) {
                return;
            }
            InstanceCertificate certificate = InstanceCertificate.verify(SignedNote.parse(statement), logKey);
            certified.put(certificate.key().fingerprint(), certificate.key());
        } catch (NoteException e) {
            throw new LogCorruptException(
                    "ledger_entry " + stored.index() + ", body",
                    "a certificate by the log key",
                    String.valueOf(e.getMessage()));
        }
    }
}
