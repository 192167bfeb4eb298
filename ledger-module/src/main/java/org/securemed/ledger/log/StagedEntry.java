package org.securemed.ledger.log;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.merkle.Hash;

/**
 * An entry in the outbox. Its instance signed {@code "ledger-outbox/v1\n" origin "\n" body}, so that a row that
 * somebody put there does not get into the log.
 *
 * @param id the entry's id
 * @param instance who staged it
 * @param body the entry's canonical form
 * @param keyId fingerprint of the instance's key
 * @param signature 64 bytes
 */
public record StagedEntry(UUID id, String instance, Bytes body, Hash keyId, Bytes signature) {
    static StagedEntry sign(String origin, Leaf leaf, SigningKey key, Hash keyId) {
        byte[] signature = key.sign(message(origin, leaf.borrowBody()));
        return new StagedEntry(
                leaf.entry().id(), key.verifyKey().name(), Bytes.of(leaf.borrowBody()), keyId, Bytes.of(signature));
    }

    /** Whether {@code key} signed this row for the log {@code origin}. */
    public boolean signedBy(VerifyKey key, String origin) {
        return key.name().equals(instance)
                && key.fingerprint().equals(keyId)
                && key.signed(message(origin, body.toByteArray()), signature.toByteArray());
    }

    private static byte[] message(String origin, byte[] body) {
        ByteArrayOutputStream message = new ByteArrayOutputStream(body.length + 64);
        message.writeBytes(("ledger-outbox/v1\n" + origin + "\n").getBytes(StandardCharsets.UTF_8));
        message.writeBytes(body);
        return message.toByteArray();
    }
}
