package org.securemed.ledger.log;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.CosignerCertificate;
import org.securemed.ledger.checkpoint.InstanceCertificate;
import org.securemed.ledger.checkpoint.KeyRevocation;
import org.securemed.ledger.checkpoint.LogKeySuccession;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log what is to be known of its keys: which are new, and which count no more. */
final class KeyAnnouncements {
    private static final Logger log = LoggerFactory.getLogger(KeyAnnouncements.class);

    private final LedgerKeys signers;
    private final VerifyKey logKey;
    private final KeyEntries keys;
    private final Clock clock;
    private final Consumer<Entry> append;
    private final Runnable refresh;

    /**
     * @param append appends an entry and waits until it is durable
     * @param refresh reads the log's keys anew
     */
    KeyAnnouncements(LedgerKeys signers, KeyEntries keys, Clock clock, Consumer<Entry> append, Runnable refresh) {
        this.signers = signers;
        this.logKey = signers.log().verifyKey();
        this.keys = keys;
        this.clock = clock;
        this.append = append;
        this.refresh = refresh;
    }

    /**
     * Announces this instance's key, then the log key if it follows another, then the cosigner: those that are new.
     *
     * @throws IllegalArgumentException if the log does not allow one of them, or needs one that is not here
     */
    void announceNewKeys() {
        certifyInstance();
        succeed();
        certifyCosigner();
    }

    /** @throws IllegalArgumentException if it is this instance's own key */
    void revoke(String vkey) {
        if (vkey.equals(signers.instance().verifyKey().toString())) {
            throw new IllegalArgumentException("an instance does not revoke its own key");
        }
        announce(new KeyRevocation(logKey.name(), vkey).sign(signers.log()));
    }

    private void certifyInstance() {
        VerifyKey instance = signers.instance().verifyKey();
        Optional<VerifyKey> known = keys.instanceKey(instance.fingerprint());
        if (known.isPresent() && !known.get().equals(instance)) {
            throw new IllegalArgumentException("the instance's key is certified for another instance");
        }
        if (known.isPresent() && keys.inForce(instance.fingerprint()).isEmpty()) {
            throw new IllegalArgumentException("the instance's key was revoked");
        }
        if (known.isEmpty()) {
            announce(new InstanceCertificate(logKey.name(), instance).sign(inForce()));
        }
    }

    /** Of the log keys that are here, the one that signs now. */
    private SigningKey inForce() {
        List<VerifyKey> logKeys = keys.logKeys();
        VerifyKey newest = logKeys.get(logKeys.size() - 1);
        SigningKey outgoing = signers.outgoing();
        if (outgoing != null && outgoing.verifyKey().equals(newest)) {
            return outgoing;
        }
        if (!logKey.equals(newest)) {
            throw new IllegalArgumentException("the log's key is %s, which is not here".formatted(newest));
        }
        return signers.log();
    }

    private void succeed() {
        SigningKey inForce = inForce();
        if (!inForce.verifyKey().equals(logKey)) {
            announce(new LogKeySuccession(inForce.verifyKey(), logKey).sign(inForce, signers.log()));
            log.atInfo().addKeyValue("logKey", logKey).log("log key succeeded");
        }
    }

    private void certifyCosigner() {
        refresh.run();
        Set<CosignVerifyKey> known = keys.cosignersAt(Long.MAX_VALUE);
        Set<CosignVerifyKey> here = signers.cosigner() == null
                ? Set.of()
                : Set.of(signers.cosigner().verifyKey());
        for (CosignVerifyKey needed : known) {
            if (!here.contains(needed)) {
                throw new IllegalArgumentException(
                        "checkpoints of this log are cosigned by %s, whose key is not here".formatted(needed.name()));
            }
        }
        for (CosignVerifyKey fresh : here) {
            if (!known.contains(fresh)) {
                announce(new CosignerCertificate(logKey.name(), fresh).sign(signers.log()));
            }
        }
    }

    private void announce(SignedNote statement) {
        String instance = signers.instance().verifyKey().name();
        Entry entry = Entry.builder(EntryIds.next(clock.instant()), clock.instant(), instance, Op.KEY)
                .statement(statement.toString())
                .build();
        append.accept(entry);
    }
}
