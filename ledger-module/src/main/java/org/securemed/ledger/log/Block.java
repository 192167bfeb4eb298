package org.securemed.ledger.log;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.TreeHash;

/**
 * One group commit. What is signed is
 *
 * <pre>
 * "ledger-block/v1\n" origin "\n" u64be(number) previous32 u64be(tree size) root32 u64be(time)
 * </pre>
 *
 * and the block's hash is the SHA-256 of that.
 *
 * @param number zero-based
 * @param firstIndex log index of its first entry
 * @param count number of entries, at least 1
 * @param previous hash of the block before; 32 zero bytes for block 0
 * @param root root of the tree that ends with this block
 * @param instance who wrote it
 * @param keyId fingerprint of the instance's key
 * @param signature by that key: 64 bytes of Ed25519, up to 72 of ECDSA
 * @param timeMillis POSIX time; never less than that of the block before
 */
public record Block(
        long number,
        long firstIndex,
        int count,
        Hash previous,
        Hash root,
        String instance,
        Hash keyId,
        Bytes signature,
        long timeMillis) {

    private static final byte[] TYPE = "ledger-block/v1\n".getBytes(StandardCharsets.US_ASCII);

    /** Signs the block that follows {@code head}. */
    static Block sign(
            String origin, LogHead head, int count, Hash root, long timeMillis, SigningKey instanceKey, Hash keyId) {
        long number = head.blockNumber() + 1;
        byte[] message = message(origin, number, head.blockHash(), head.size() + count, root, timeMillis);
        return new Block(
                number,
                head.size(),
                count,
                head.blockHash(),
                root,
                instanceKey.verifyKey().name(),
                keyId,
                Bytes.of(instanceKey.sign(message)),
                timeMillis);
    }

    /** Number of leaves after this block. */
    public long treeSize() {
        return firstIndex + count;
    }

    /** The hash that the next block names as its previous. */
    public Hash hash(String origin) {
        return TreeHash.sha256(message(origin, number, previous, treeSize(), root, timeMillis));
    }

    /** Whether {@code key} signed this block as part of the log {@code origin}. */
    public boolean signedBy(VerifyKey key, String origin) {
        return key.signed(message(origin, number, previous, treeSize(), root, timeMillis), signature.toByteArray());
    }

    private static byte[] message(String origin, long number, Hash previous, long size, Hash root, long timeMillis) {
        ByteArrayOutputStream message = new ByteArrayOutputStream(192);
        message.writeBytes(TYPE);
        message.writeBytes((origin + "\n").getBytes(StandardCharsets.UTF_8));
        message.writeBytes(u64(number));
        message.writeBytes(previous.toByteArray());
        message.writeBytes(u64(size));
        message.writeBytes(root.toByteArray());
        message.writeBytes(u64(timeMillis));
        return message.toByteArray();
    }

    private static byte[] u64(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }
}
