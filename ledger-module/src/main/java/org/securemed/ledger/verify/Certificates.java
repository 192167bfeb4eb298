package org.securemed.ledger.verify;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.CosignerCertificate;
import org.securemed.ledger.checkpoint.InstanceCertificate;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.merkle.Hash;

/** The instance and cosigner keys that the log key certified in the entries read so far. One thread. */
final class Certificates {
    private final VerifyKey logKey;
    private final Map<Hash, VerifyKey> keys = new HashMap<>();
    private final Set<CosignVerifyKey> cosigners = new LinkedHashSet<>();

    Certificates(VerifyKey logKey) {
        this.logKey = logKey;
    }

    /** @throws NoteException if the text is no certificate by the log key */
    void learn(String text) throws NoteException {
        if (CosignerCertificate.isClaimedBy(text)) {
            cosigners.add(
                    CosignerCertificate.verify(SignedNote.parse(text), logKey).key());
            return;
        }
        InstanceCertificate certificate = InstanceCertificate.verify(SignedNote.parse(text), logKey);
        keys.put(certificate.key().fingerprint(), certificate.key());
    }

    @Nullable
    VerifyKey find(Hash fingerprint) {
        return keys.get(fingerprint);
    }

    /** Who must have signed every checkpoint that contains their certificate. */
    Set<CosignVerifyKey> cosigners() {
        return cosigners;
    }

    Collection<VerifyKey> all() {
        return keys.values();
    }
}
