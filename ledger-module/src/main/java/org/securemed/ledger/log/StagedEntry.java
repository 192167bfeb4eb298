package org.securemed.ledger.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.TreeHash;

/**
 * An entry in the outbox. Its instance signed {@code "ledger-outbox/v1\n" origin "\n"}, the id's 16 bytes and the leaf
 * hash, so that a row that somebody put there does not get into the log. What is signed stands a second time, without
 * the body, in {@code ledger_staged}: the evidence that finds a row that somebody took away.
 *
 * @param id the entry's id
 * @param instance who staged it
 * @param body the entry's canonical form
 * @param keyId fingerprint of the instance's key
 * @param signature of that key
 */
public record StagedEntry(UUID id, String instance, Bytes body, Hash keyId, Bytes signature) {
    static StagedEntry sign(String origin, Leaf leaf, SigningKey key, Hash keyId) {
        byte[] signature = key.sign(message(origin, leaf.entry().id(), leaf.hash()));
        return new StagedEntry(
                leaf.entry().id(), key.verifyKey().name(), Bytes.of(leaf.borrowBody()), keyId, Bytes.of(signature));
    }

    /** Whether {@code key} signed this row for the log {@code origin}. */
    public boolean signedBy(VerifyKey key, String origin) {
        return key.name().equals(instance)
                && key.fingerprint().equals(keyId)
                && signed(key, origin, id, leaf(), signature.toByteArray());
    }

    /** The body's leaf hash. */
    public Hash leaf() {
        return TreeHash.leaf(body.toByteArray());
    }

    /** Whether {@code key} signed that an entry with this id and leaf hash was staged for the log {@code origin}. */
    public static boolean signed(VerifyKey key, String origin, UUID id, Hash leaf, byte[] signature) {
        return key.signed(message(origin, id, leaf), signature);
    }

    private static byte[] message(String origin, UUID id, Hash leaf) {
        byte[] head = ("ledger-outbox/v1\n" + origin + "\n").getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(head.length + 2 * Long.BYTES + Hash.LENGTH)
                .put(head)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .put(leaf.toByteArray())
                .array();
    }
}
